import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { decode } from '../../src/events/codec.ts';
import { BrokenFact, isFactsFault } from '../../src/projections/engine/faults.ts';

const refusedWith = (code: string) => Object.assign(new pg.DatabaseError('Jane Roe', 1, 'error'), { code });
const withCode = (code: string) => Object.assign(new Error('once'), { code });

describe('an error is the fault of the facts', () => {
  test.each<[string, unknown]>([
    ['a reducer that throws', new TypeError('x is undefined')],
    ['a time that is none', new RangeError('Invalid time value')],
    ['what node refuses to convert', withCode('ERR_INVALID_ARG_TYPE')],
    ['something thrown that is no error', 'Jane Roe'],
    ['a value that Postgres refuses', refusedWith('22P02')],
    ['a column that may not be null', refusedWith('23502')],
    ['a key that an index cannot hold', refusedWith('54000')],
    ['two rows with one key', refusedWith('21000')],
  ])('%s', (_, error) => expect(isFactsFault(error)).toBe(true));
});

describe('an error is not the fault of the facts', () => {
  test.each<[string, unknown]>([
    ['a deadlock', refusedWith('40P01')],
    ['a serialization failure', refusedWith('40001')],
    ['a full disk', refusedWith('53100')],
    ['a lock that is not to be had', refusedWith('55P03')],
    ['a query that is broken off', refusedWith('57014')],
    ['a server that stops', refusedWith('57P01')],
    ['a table that is gone', refusedWith('42P01')],
    ['a transaction that is broken', refusedWith('25P02')],
    ['a connection that is refused', withCode('ECONNREFUSED')],
    ['a connection that is reset', withCode('ECONNRESET')],
    ['a stream that is cut', withCode('ERR_STREAM_PREMATURE_CLOSE')],
    ['a connection that ends', new Error('Connection terminated unexpectedly')],
    ['a query without an answer', new Error('Query read timeout')],
    ['a connection that cannot be used', new Error('Client was closed and is not queryable')],
    ['one of several addresses that does not answer', new AggregateError([withCode('ECONNREFUSED')])],
    ['the end of the service', AbortSignal.abort().reason],
  ])('%s', (_, error) => expect(isFactsFault(error)).toBe(false));

  test('whatever it is, once the connection is lost', () =>
    expect(isFactsFault(new TypeError(), { lost: AbortSignal.abort() })).toBe(false));
});

describe('what is told of a broken fact', () => {
  const fact = { stream: 'call-acme.call_1', revision: 2n, position: 77n, type: 'CallEnded' };
  const said = (error: unknown) => new BrokenFact(fact, error).message;
  const thrownBy = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };

  test('names it, and the place in the code', () =>
    expect(said(thrownBy(() => JSON.parse('Jane Roe')))).toMatch(
      /^CallEnded at position 77 \(call-acme\.call_1@2\) cannot be applied: SyntaxError at projections\/broken-fact\.test\.ts\S*:\d+$/,
    ));

  test.each<[string, unknown]>([
    ['a parser that quotes', thrownBy(() => JSON.parse('Jane Roe'))],
    ['a conversion that quotes', thrownBy(() => BigInt('Jane Roe'))],
    ['a message that looks like a stack', new Error('x\n    at file:///Jane Roe/x.ts:1:2')],
    ['a text that is thrown', 'Jane Roe'],
    ['Postgres', refusedWith('22P02')],
    [
      'broken content',
      thrownBy(() =>
        decode({
          ...{ ...fact, id: 'x', recordedAt: '', metadata: { source: 'Jane Roe' } },
          data: { callId: { name: 'Jane Roe' }, endedAt: 'Jane Roe', direction: 'Jane Roe' },
        }),
      ),
    ],
  ])('quotes nothing of what it says: %s', (_, error) => {
    const broken = new BrokenFact(fact, error);
    expect([broken.message, broken.reason, broken.stack].join()).not.toContain('Jane');
    expect(broken.cause).toBeUndefined();
  });
});
