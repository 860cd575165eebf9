import { createServer, type Socket } from 'node:net';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { EventStoreUnavailable } from '../../src/events/event-log.ts';
import { createReadPool } from '../../src/postgres/pool.ts';
import type { ReadModel } from '../../src/projections/tables.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { queryApi } from './callers.ts';
import { analysedCall, readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();
beforeEach(async () => {
  await readModel.clear();
  await readModel.sessions(analysedCall);
});

/** A query API over this address, with limits that a test can wait for. */
function apiOver(url: string, limits: { timeoutMs?: number; max?: number } = {}) {
  const pool = createReadPool(url, { timeoutMs: 300, ...limits });
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) });
  onTestFinished(() => db.destroy());
  return { ...queryApi(db), db, pool };
}

async function isUnavailable(get: ReturnType<typeof queryApi>['get']) {
  const begin = performance.now();
  for (const path of ['/api/call-sessions', '/api/call-sessions/analysed', '/api/appointments/a']) {
    const { status, headers, body } = await get(path);
    expect([status, body.code, headers.get('content-type')]).toEqual([
      503,
      'database_unavailable',
      'application/problem+json',
    ]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(body).not.toHaveProperty('stack');
  }
  expect(performance.now() - begin).toBeLessThan(30_000);
}

/** A busy machine may take longer than these limits, once. */
const answers = (get: ReturnType<typeof queryApi>['get']) =>
  expect.poll(async () => (await get('/api/call-sessions')).status).toBe(200);

/** A server that takes connections and never says a word. */
async function silentServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  };
  return { port, close };
}

describe('503 with Retry-After, soon, is the answer', () => {
  test('when nobody listens', async () => {
    const { port, close } = await silentServer();
    await close();
    const { get, log } = apiOver(`postgres://nobody:secret@127.0.0.1:${port}/none`);
    await isUnavailable(get);
    expect(log, 'an outage is no unexpected error').toEqual([]);
  });

  test('when Postgres takes the connection and says nothing', async () => {
    const { port, close } = await silentServer();
    onTestFinished(close);
    await isUnavailable(apiOver(`postgres://nobody:secret@127.0.0.1:${port}/none`).get);
  });

  test('when a query takes too long', async () => {
    const { get } = apiOver(readModel.url);
    await answers(get);
    await readModel.writer.transaction().execute(async (trx) => {
      await sql`lock table call_sessions, appointments in access exclusive mode`.execute(trx);
      await isUnavailable(get);
    });
    await answers(get);
  });

  test('when every connection is taken', async () => {
    const { get, pool } = apiOver(readModel.url, { max: 1 });
    const taken = await pool.connect();
    await isUnavailable(get).finally(() => taken.release());
    await answers(get);
  });

  test('when no projection has made its tables yet', async () => {
    const empty = await createTestDatabase();
    const pool = createReadPool(empty.url, { timeoutMs: 300 });
    const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) });
    await isUnavailable(queryApi(db).get).finally(() => db.destroy());
    await empty.drop();
  });

  test('when the database is gone', async () => {
    const url = new URL(inject('postgresUrl'));
    url.pathname = '/never_made';
    await isUnavailable(apiOver(url.href).get);
  });
});

test('a broken idle connection is replaced and ends no process', async () => {
  const lost: unknown[] = [];
  const pool = createReadPool(readModel.url, { logger: { warn: (entry: unknown) => void lost.push(entry) } });
  const db = new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) });
  onTestFinished(() => db.destroy());
  const { get } = queryApi(db);
  expect((await get('/api/call-sessions')).status).toBe(200);
  const { rows } = await sql<{ ended: number }>`
    select count(pg_terminate_backend(pid))::integer as ended from pg_stat_activity
    where datname = current_database() and application_name = 'call-ledger read-api'`.execute(readModel.writer);
  expect(rows[0]!.ended).toBeGreaterThan(0);
  await expect.poll(() => lost).toContainEqual({ code: '57P01' });
  expect((await get('/api/call-sessions')).status).toBe(200);
});

test('the event store being away is told apart', async () => {
  const { get } = queryApi(readModel.db, async () => {
    throw new EventStoreUnavailable('read call-acme.call_1: no answer in 3000 ms');
  });
  const { status, headers, body } = await get('/api/call-sessions/analysed/history');
  expect([status, body.code]).toEqual([503, 'event_store_unavailable']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a defect of ours is not taken for an outage', async () => {
  const { get, log } = queryApi(readModel.db, async () => {
    throw new TypeError('cannot read Jane Doe, +4930111');
  });
  const { status, body } = await get('/api/call-sessions/analysed/history');
  expect([status, body.code]).toEqual([500, 'internal_error']);
  expect(log).toHaveLength(1);
  // A query that is wrong is a defect too.
  const wrong = readModel.db.withSchema('public').withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async () => sql`select no_such_column`.execute(readModel.db) as never,
  });
  expect((await queryApi(wrong).get('/api/call-sessions')).status).toBe(500);
});

test('what goes through the pool cannot write', async () => {
  const writing = readModel.db.deleteFrom('call_sessions').execute();
  await expect(writing).rejects.toMatchObject({ code: '25006' });
  expect(await readModel.writer.selectFrom('call_sessions').select('id').execute()).toHaveLength(1);
});
