import { OpenAPIHono } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import pg from 'pg';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { UnreadableFact, UnrecordableEvent } from '../../src/events/codec.ts';
import { EventStoreOverloaded, EventStoreUnavailable, StreamDeleted } from '../../src/events/event-log.ts';
import { DatabaseUnavailable, failures } from '../../src/http/failures.ts';

const ofPostgres = (code: string) => Object.assign(new pg.DatabaseError('Jane Roe', 8, 'error'), { code });
const place = { type: 'CallEnded', position: 7n, stream: 'call-acme.call_1', revision: 2n };

/** What a route answers whose handler throws, and what is logged of it. */
async function answerTo(error: unknown, method = 'POST') {
  const lines: string[] = [];
  const routes = new OpenAPIHono();
  routes.onError(failures(pino({ base: null, timestamp: false }, { write: (line) => void lines.push(line) })));
  routes.on(method, '/', () => {
    throw error;
  });
  const response = await routes.request('/', { method });
  const { code, detail } = (await response.json()) as { code: string; detail: string };
  return {
    status: response.status,
    code,
    detail,
    retryAfter: response.headers.get('retry-after'),
    log: lines.join(''),
  };
}

test.each([
  ['event_store_unavailable', new EventStoreUnavailable('call-acme.call_1: no answer')],
  ['event_store_unavailable', new EventStoreOverloaded('64 wait already')],
  ['database_unavailable', new DatabaseUnavailable('This process has no Postgres.')],
  ['database_unavailable', ofPostgres('57P01')],
  ['database_unavailable', new Error('Connection terminated unexpectedly')],
])('an outage is 503 %s whatever the route, with a time to come again', async (code, error) => {
  expect(await answerTo(error)).toMatchObject({ status: 503, code, retryAfter: '1' });
  expect(await answerTo(error, 'GET')).toMatchObject({ status: 503, code, retryAfter: '2' });
});

test('who writes to a replica is told to ask elsewhere', async () => {
  expect(await answerTo(ofPostgres('25006'))).toMatchObject({
    ...{ status: 503, code: 'database_unavailable' },
    detail: expect.stringContaining('it is a replica'),
  });
});

test('a command is told that it was not confirmed, a query that the store does not answer', async () => {
  const gone = new EventStoreUnavailable('no answer');
  expect((await answerTo(gone)).detail).toBe('The event store did not confirm the change. Repeat the request.');
  expect((await answerTo(gone, 'GET')).detail).toBe('The event store does not answer.');
});

test.each([
  [409, 'fact_unreadable', new UnreadableFact(place, 'data.endedAt invalid_type')],
  [410, 'stream_deleted', new StreamDeleted('call-acme.call_1')],
  [400, 'unrecordable', new UnrecordableEvent('CallEnded', [{ path: 'data.endedAt', code: 'invalid_type' }])],
  [415, 'unsupported_media_type', new HTTPException(415)],
  [400, 'invalid_request', new HTTPException(400, { message: 'Malformed JSON' })],
])('%d %s: what will not pass by waiting has no time to come again', async (status, code, error) => {
  expect(await answerTo(error)).toMatchObject({ status, code, retryAfter: null });
});

test('the log of an outage holds nothing of what Postgres quotes', async () => {
  expect((await answerTo(ofPostgres('57P01'))).log).not.toContain('Jane');
});

test('what is a fault of the code is left to the root application', async () => {
  const root = new OpenAPIHono();
  const routes = new OpenAPIHono();
  routes.onError(failures());
  routes.get('/', () => {
    throw new TypeError('x is not a function');
  });
  root.onError((error, c) => c.text(error.name, 500));
  root.route('/', routes);
  expect(await (await root.request('/')).text()).toBe('TypeError');
});
