import { Kysely as Database, type Kysely, PostgresDialect } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectEventLog, EventStoreUnavailable } from '../../src/events/event-log.ts';
import { createReadPool } from '../../src/postgres/pool.ts';
import type { AppointmentRow, CallSessionRow, ReadModel, TicketRow } from '../../src/projections/tables.ts';
import { type AsOf, type Moment, ReadModelBehind } from '../../src/read-api/as-of.ts';
import { asOf } from '../../src/time-travel/as-of.ts';
import { queryApi } from './callers.ts';
import { analysedCall, at, readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();

const resources = ['/api/call-sessions/analysed', '/api/appointments/analysed', '/api/tickets/tkt_analysed'];

/** A query API whose past is as told, and what it was asked. */
function apiWith(answer: (moment: Moment) => Promise<unknown>) {
  const asked: unknown[][] = [];
  const read = async (tenantId: string, id: string, moment: Moment) => {
    asked.push([tenantId, id, moment]);
    return answer(moment);
  };
  const past = { callSession: read, appointment: read, ticket: read } as unknown as AsOf;
  return { ...queryApi(readModel.db, undefined, past), asked };
}
const unknown = async () => undefined;

describe('`at`', () => {
  test.each([
    ['0', { position: 0n }],
    ['2026', { position: 2026n }],
    ['20260301', { position: 20_260_301n }],
    ['007', { position: 7n }],
    ['18446744073709551616000', { position: 18_446_744_073_709_551_616_000n }],
    ['2026-03-01T10:00:00Z', { time: at('10:00:00').getTime() }],
    ['2026-03-01T10:00:00.0009Z', { time: at('10:00:00').getTime() }],
    ['2026-03-01T11:00:00%2B01:00', { time: at('10:00:00').getTime() }],
    ['2026-03-01T11:00:00+01:00', { time: at('10:00:00').getTime() }],
    ['9999-12-31T23:59:59Z', { time: Date.UTC(9999, 11, 31, 23, 59, 59) }],
  ])('of %s is understood', async (text, moment) => {
    const { get, asked } = apiWith(unknown);
    for (const path of resources) expect((await get(`${path}?at=${text}`)).status, path).toBe(404);
    expect(asked).toEqual(resources.map((path) => ['acme', path.split('/').at(-1), moment]));
  });

  test.each([
    '',
    'now',
    '-1',
    '%2B5',
    '1.5',
    '1e3',
    '0x10',
    '12n',
    '1%202',
    '٣',
    '2026-03-01',
    '2026-03',
    '10:00',
    '2026-03-01T10:00:00',
    '2026-02-30T10:00:00Z',
    '2026-03-01T25:00:00Z',
    '20260301T100000Z',
    '2026-03-01T10:00:00Z%00',
    '1&at=2',
  ])('of "%s" is refused, with the reason', async (text) => {
    const { get, asked } = apiWith(unknown);
    for (const path of resources) {
      const { status, body } = await get(`${path}?at=${text}`);
      expect([status, body.code], path).toEqual([400, 'invalid_request']);
      expect(body.errors).toEqual([{ path: 'at', message: expect.any(String) }]);
    }
    expect(asked).toEqual([]);
  });

  test('is no parameter of a list or a history', async () => {
    const { get } = apiWith(unknown);
    for (const path of ['/api/call-sessions', '/api/tickets', '/api/call-sessions/analysed/history'])
      expect((await get(`${path}?at=1`)).status, path).toBe(400);
  });
});

test('what was known then is shown as what is known now, with an ETag of what it says', async () => {
  await readModel.sessions(analysedCall);
  const { get } = apiWith(() => readModel.db.selectFrom('call_sessions').selectAll().executeTakeFirst());
  const [now, then] = [await get('/api/call-sessions/analysed'), await get('/api/call-sessions/analysed?at=7')];
  expect([then.status, then.text]).toEqual([200, now.text]);
  expect(then.headers.get('etag')).toBe(now.headers.get('etag'));
  expect(then.headers.get('cache-control')).toBe('private, no-cache');
  const again = await get('/api/call-sessions/analysed?at=8', 'acme-reads', {
    'if-none-match': String(then.headers.get('etag')),
  });
  expect([again.status, again.text]).toEqual([304, '']);
});

test('each kind of resource answers from its own past, and as the tenant who asks', async () => {
  const row = { id: 'x', created_at: at('10:00:00'), last_event_at: at('10:00:00'), notes_json: [] };
  const { app: _, get, asked } = apiWith(async () => row as unknown as CallSessionRow & AppointmentRow & TicketRow);
  for (const path of resources) expect((await get(`${path}?at=1`, 'other-reads')).body.id).toBe('x');
  expect(asked.map(([tenantId]) => tenantId)).toEqual(['other', 'other', 'other']);
  expect((await get(`${resources[0]}?at=1`, null)).status).toBe(401);
  expect((await get(`${resources[0]}?at=1`, 'acme-idles')).status).toBe(403);
});

describe('503 with Retry-After is the answer', () => {
  test.each([
    ['while the read model is behind', new ReadModelBehind('not yet'), 'read_model_unavailable'],
    ['when the event store does not answer', new EventStoreUnavailable('no answer'), 'event_store_unavailable'],
  ])('%s', async (_, error, code) => {
    const { get, log } = apiWith(() => Promise.reject(error));
    for (const path of resources) {
      const { status, headers, body } = await get(`${path}?at=1`);
      expect([status, body.code, Number(headers.get('retry-after'))], path).toEqual([503, code, 2]);
    }
    expect(log).toEqual([]);
  });

  test('when the event store is gone', async () => {
    const log = connectEventLog('esdb://127.0.0.1:1?tls=false', { timeoutMs: 500 });
    onTestFinished(() => log.close());
    await expectGone(asOf({ log, db: readModel.db }), 'event_store_unavailable');
  });

  test('when Postgres is gone: which facts belong to what stands there', async () => {
    const pool = createReadPool('postgres://nobody:secret@127.0.0.1:1/none', { timeoutMs: 300 });
    const db: Kysely<ReadModel> = new Database({ dialect: new PostgresDialect({ pool }) });
    onTestFinished(() => db.destroy());
    const log = { head: async () => 7n } as ReturnType<typeof connectEventLog>;
    await expectGone(asOf({ log, db }), 'database_unavailable');
  });

  async function expectGone(past: AsOf, code: string) {
    const { get } = queryApi(readModel.db, undefined, past);
    for (const path of resources) {
      const { status, body } = await get(`${path}?at=1`);
      expect([status, body.code], path).toEqual([503, code]);
    }
  }
});
