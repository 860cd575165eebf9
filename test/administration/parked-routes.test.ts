import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openOperationsDatabase } from '../../src/administration/answers.ts';
import { parkedRoutes } from '../../src/administration/parked-routes.ts';
import { type EventLog, EventStoreUnavailable } from '../../src/events/event-log.ts';
import { BrokenFact } from '../../src/projections/engine/faults.ts';
import { park, parkAgain, unpark } from '../../src/projections/engine/parked.ts';
import { accessWith } from '../support/admin-access.ts';
import { createTestDatabase } from '../support/postgres.ts';

const ADMIN_KEY = 'admin-key-of-the-tests';
const fact = { stream: 'call-acme.call_1', revision: 2n, position: 77n, type: 'CallEnded' };
const silent = { read: () => Promise.reject(new EventStoreUnavailable('no answer')) } as unknown as EventLog;

const cleanUp: (() => Promise<unknown>)[] = [];
let database: ReturnType<typeof openOperationsDatabase>;
beforeAll(async () => {
  const made = await createTestDatabase();
  database = openOperationsDatabase(made.url);
  cleanUp.push(database.close, made.drop);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

/** A live generation with one parked stream, which no process leads. */
async function parkedIn(name: string) {
  const db = await database.ready();
  await sql`insert into projection.projections (name, generation, version, state) values (${name}, 1, 1, 'live')`.execute(
    db,
  );
  const made = await park(db, { name, generation: 1 }, [{ broken: new BrokenFact(fact, 'x'), waiting: 3 }]);
  const { id } = made[0]!;
  return { db, id };
}

async function ask(method: string, path: string, { within = 30_000, postgres = true } = {}) {
  const routes = parkedRoutes({
    ...{ access: accessWith(ADMIN_KEY), log: silent, logger: pino({ level: 'silent' }), redriveWithinMs: within },
    database: postgres ? database : undefined,
    projections: [],
  });
  const response = await routes.request(path, { method, headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const isRequested = async (id: string) =>
  ((await ask('GET', '/api/parked?limit=200')).body.items as { id: string; redriveRequested: boolean }[]).some(
    (item) => item.id === id && item.redriveRequested,
  );

test('a redrive that nobody carries out is requested, and stays so', async () => {
  const { id } = await parkedIn('idle');
  const { status, body } = await ask('POST', `/api/parked/${id}/redrive`, { within: 0 });
  expect([status, body]).toMatchObject([202, { id, outcome: 'requested', redriveRequested: true, attempts: 0 }]);
  expect(await isRequested(id)).toBe(true);
});

test('a redrive that succeeds says so', async () => {
  const { db, id } = await parkedIn('mended');
  const answer = ask('POST', `/api/parked/${id}/redrive`);
  await vi.waitFor(async () => expect(await isRequested(id)).toBe(true), 30_000);
  await unpark(db, id);
  expect(await answer).toMatchObject({ status: 200, body: { id, outcome: 'redriven' } });
});

test('a redrive that fails says where it breaks now', async () => {
  const { db, id } = await parkedIn('breaks');
  const answer = ask('POST', `/api/parked/${id}/redrive`);
  await vi.waitFor(async () => expect(await isRequested(id)).toBe(true), 30_000);
  const later = { ...fact, revision: 4n, position: 99n };
  await parkAgain(db, id, { broken: new BrokenFact(later, 'x'), waiting: 1 });
  expect(await answer).toMatchObject({
    status: 200,
    body: {
      id,
      outcome: 'still_parked',
      position: '99',
      revision: 4,
      waiting: 1,
      attempts: 1,
      redriveRequested: false,
    },
  });
});

test('one that a rebuild has parked anew meanwhile is not taken for redriven, and is tried there', async () => {
  const { db, id } = await parkedIn('swapped');
  const answer = ask('POST', `/api/parked/${id}/redrive`);
  await vi.waitFor(async () => expect(await isRequested(id)).toBe(true), 30_000);
  const made = await db.transaction().execute(async (trx) => {
    await sql`update projection.projections set state = 'previous' where name = 'swapped'`.execute(trx);
    await sql`insert into projection.projections (name, generation, version, state) values ('swapped', 2, 1, 'live')`.execute(
      trx,
    );
    return park(trx, { name: 'swapped', generation: 2 }, [{ broken: new BrokenFact(fact, 'x'), waiting: 3 }]);
  });
  await vi.waitFor(async () => expect(await isRequested(made[0]!.id)).toBe(true), 30_000);
  await parkAgain(db, made[0]!.id, { broken: new BrokenFact(fact, 'x'), waiting: 4 });
  expect(await answer).toMatchObject({
    status: 200,
    body: { id: 'swapped.2.77', outcome: 'still_parked', waiting: 4 },
  });
});

test('a generation that nobody is shown has nothing parked that anybody should look at', async () => {
  const { db, id } = await parkedIn('replaced');
  await sql`update projection.projections set state = 'previous' where name = 'replaced'`.execute(db);
  expect((await ask('GET', `/api/parked/${id}`)).status).toBe(404);
});

test('what Postgres cannot hold is no id and no name of anything', async () => {
  for (const id of ['%00', 'tickets.1.1%00', 'a%00b'])
    for (const [method, path] of [
      ['GET', `/api/parked/${id}`],
      ['POST', `/api/parked/${id}/redrive`],
    ] as const)
      expect(await ask(method, path), `${method} ${path}`).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect(await ask('GET', '/api/parked?projection=%00')).toEqual({
    status: 200,
    body: { items: [], nextCursor: null },
  });
});

test('a store that does not answer is 503, and says which', async () => {
  const { id } = await parkedIn('unread');
  expect(await ask('GET', `/api/parked/${id}`)).toMatchObject({
    status: 503,
    body: { code: 'event_store_unavailable' },
  });
  const none = { postgres: false };
  expect(await ask('GET', '/api/parked', none)).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
});
