import pg from 'pg';
import { expect, test } from 'vitest';
import { isDatabaseUnavailable, safeErrorMessage } from '../../src/postgres/errors.ts';
import { createTestDatabase } from '../support/postgres.ts';

/** As pg-boss emits what has broken. */
const copyOf = (error: Error) => ({ ...error, message: error.message, stack: error.stack, queue: 'q' });

test('what Postgres refuses is told by its code, also of a copy of the error: the message quotes values', async () => {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const refused: Error = await client.query(`select 'Jane Roe'::integer`).catch((error) => error);
  await client.end();
  await database.drop();
  expect(refused.message).toContain('Jane Roe');
  expect([safeErrorMessage(refused), safeErrorMessage(copyOf(refused))]).toEqual(['Postgres 22P02', 'Postgres 22P02']);
});

test.each([
  ['08P01', 'unsupported startup parameter: options', 'Postgres 08P01: unsupported startup parameter: options'],
  [
    '25006',
    'cannot execute INSERT in a read-only transaction',
    'Postgres 25006: it is read-only here, as a replica is',
  ],
])('what a pooler or a replica refuses is told in words: %s', (code, message, words) => {
  const error = Object.assign(new pg.DatabaseError(message, 8, 'error'), { code, severity: 'FATAL' });
  expect([safeErrorMessage(error), safeErrorMessage(copyOf(error))]).toEqual([words, words]);
});

const coded = (message: string) => Object.assign(new Error(message), { code: 'ECONNRESET' });
const both = () => new AggregateError([coded('connect ECONNRESET'), coded('connect ECONNRESET')]);

const parseError = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
};

test.each<[string, unknown, string]>([
  ['an error', new Error('no answer'), 'no answer'],
  ['a copy of one', copyOf(new Error('no answer')), 'no answer'],
  ['one with a code', coded('socket hang up'), 'ECONNRESET socket hang up'],
  ['a copy with a code', copyOf(coded('socket hang up')), 'ECONNRESET socket hang up'],
  ['one whose message has the code', coded('read ECONNRESET'), 'read ECONNRESET'],
  ['one with a code alone', coded(''), 'ECONNRESET'],
  ['one without words', new TypeError(), 'TypeError'],
  ['one for each address', both(), 'connect ECONNRESET'],
  ['an object', { half: 'way' }, 'an object was thrown'],
  ['an object that is no text', { message: { of: 1 } }, 'an object was thrown'],
  ['an object that cannot be text', { toString: 1 }, 'an object was thrown'],
  ['text', 'stopped', 'stopped'],
  ['JSON that does not parse', parseError('Jane Roe'), 'SyntaxError'],
  ['an address', new Error('cannot use postgres://me:s/e@c?ret@db.example/x'), 'cannot use postgres://…@db.example/x'],
  ['an address that is text', 'esdb://admin:secret@:x is none', 'esdb://…@:x is none'],
  ['nothing', undefined, 'undefined was thrown'],
  ['null', null, 'object was thrown'],
])('%s is described in words, never as [object Object]', (_, thrown, words) => {
  expect(safeErrorMessage(thrown)).toBe(words);
});

test.each(['ECONNREFUSED', 'EPIPE', 'EAI_AGAIN', 'EIO', 'ERR_STREAM_PREMATURE_CLOSE'])(
  'whatever keeps an answer of Postgres away counts as an outage: %s',
  (code) => expect(isDatabaseUnavailable(Object.assign(new Error('no'), { code }))).toBe(true),
);

test.each<[string, unknown]>([
  ['a mistake of the code', new TypeError('x is undefined')],
  ['what node refuses', Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' })],
  ['a statement that is wrong', Object.assign(new pg.DatabaseError('no', 1, 'error'), { code: '42601' })],
])('%s is no outage', (_, error) => expect(isDatabaseUnavailable(error)).toBe(false));
