import { Kysely, PostgresDialect, sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { callStream } from '../../src/events/streams.ts';
import { findParked, listParked, requestRedrive } from '../../src/projections/engine/parked.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { type RunningProjections, startProjections } from '../../src/projections/engine/start.ts';
import { appendAnyhow } from '../support/append-anyhow.ts';
import { analyzed, ended, type Said, started, TENANT, textPart } from './controls.ts';
import { BREAKS_THE_REDUCER, BREAKS_THE_ROWS, REFUSED_BY_POSTGRES, type Scene, spoken } from './parking.ts';
import { type Stores, startStores } from './stores.ts';
import { tally } from './tally.ts';

// A12: a fact that breaks a projection sets its stream aside, and nothing else.

let stores: Stores;
let db: Kysely<unknown>;
beforeAll(async () => {
  stores = await startStores();
  db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: stores.pool }) });
});
afterAll(() => stores.stop());

const running = new Set<RunningProjections>();
/** Each test has streams of its own. */
let scene: Scene;
let tests = 0;
let logs: Record<string, unknown>[];
let call = 0;

beforeEach(async () => {
  await stores.pool.query('drop schema if exists projection cascade');
  scene = { tenantId: `t${tests++}`, mended: false };
  logs = [];
});
afterEach(async () => {
  await Promise.all([...running].map((projections) => projections.stop()));
  running.clear();
});

async function start(...projections: readonly Projection[]): Promise<RunningProjections> {
  const made = await startProjections({
    log: stores.log,
    databaseUrl: stores.databaseUrl,
    projections,
    logger: pino({ level: 'warn' }, { write: (line: string) => logs.push(JSON.parse(line)) }),
    options: { standbyMs: 100 },
  });
  running.add(made);
  return made;
}

/** In the test's own streams. */
const here = (said: Said): Said => ({ ...said, stream: said.stream.replace(`-${TENANT}.`, `-${scene.tenantId}.`) });
const streamOf = (callId: string) => callStream(scene.tenantId, callId);
const says = (callId: string, ...agents: readonly string[]): Said[] =>
  agents.map((agentName, i) => here([started, ended, analyzed][i % 3]!({ agentName, durationMs: i }, {}, callId)));
const newCall = () => `call_${call++}`;
const caughtUp = async (projections: RunningProjections, position: bigint) =>
  expect(await projections.waitUntilCaughtUp(position, 30_000)).toBe(true);

async function agentsOf(callId: string, view = 'spoken'): Promise<string | undefined> {
  const { rows } = await stores.pool.query(`select agents from ${view} where stream = $1`, [streamOf(callId)]);
  return rows[0]?.agents;
}
const parked = () => listParked(db, { limit: 10 });
const told = (event: string) => logs.filter(({ msg }) => msg === event);

async function redriven(id: string) {
  const before = await requestRedrive(db, id);
  await vi.waitFor(
    async () => {
      const now = await findParked(db, id);
      expect(now === undefined || now.attempts > before!.attempts).toBe(true);
    },
    { timeout: 30_000 },
  );
  return findParked(db, id);
}

test.each([
  ['the reducer breaks', BREAKS_THE_REDUCER, /^Error at projections\/parking\.ts:\d+$/],
  ['no row can be made of it', BREAKS_THE_ROWS, /^TypeError at projections\/parking\.ts:\d+$/],
  ['Postgres refuses its row', REFUSED_BY_POSTGRES, /^Postgres 22003$/],
])('a fact parks its stream when %s, and everything else moves on', async (_, breaking, reason) => {
  const [sick, well, other] = [newCall(), newCall(), newCall()];
  const [first, poison, third] = says(sick, 'a', breaking, 'c');
  const position = await stores.say(...says(well, 'a'), first!, ...says(other, 'a', 'b'), poison!);
  const last = await stores.say(third!, ...says(well, 'a', 'b').slice(1));
  const one = await start(spoken(scene));
  await caughtUp(one, last);
  expect(await Promise.all([sick, well, other].map((id) => agentsOf(id)))).toEqual(['a', 'a b', 'a b']);
  expect(await parked()).toMatchObject([
    {
      ...{ projection: 'spoken', stream: streamOf(sick), position, revision: 1n, type: 'CallEnded' },
      ...{ error: expect.stringMatching(reason), waiting: 1, attempts: 0 },
    },
  ]);
  expect(one.status()).toMatchObject([{ parked: 1, caughtUp: true, lagEvents: 0 }]);
});

test('what comes later queues behind it, and the log says so once', async () => {
  const sick = newCall();
  const [first, poison, third, fourth] = says(sick, BREAKS_THE_REDUCER, 'b', 'c', 'd');
  const one = await start(spoken(scene), tally());
  await caughtUp(one, await stores.say(first!));
  await caughtUp(one, await stores.say(poison!, third!, ...says(newCall(), 'a')));
  await caughtUp(one, await stores.say(fourth!));
  expect(await parked()).toMatchObject([{ revision: 0n, waiting: 3 }]);
  expect(await agentsOf(sick)).toBeUndefined();
  expect(told('projection_parked')).toMatchObject([{ level: 50, projection: 'spoken', stream: streamOf(sick) }]);
  expect(JSON.stringify(logs)).not.toContain('Jane');
  // It is none of another projection's.
  expect(one.status()).toMatchObject([
    { parked: 1, events: { parked: 4 } },
    { parked: 0, events: { parked: 0 } },
  ]);
  const { rows } = await stores.pool.query('select facts from tally where stream = $1', [streamOf(sick)]);
  expect(rows).toEqual([{ facts: 4 }]);
});

test('a batch that breaks although none of its facts does parks nothing, and the log says so', async () => {
  const calls = [newCall(), newCall()];
  const position = await stores.say(...calls.flatMap((id) => says(id, 'a', 'b')));
  const sound = spoken(scene);
  const one = await start({
    ...sound,
    async save(tables, batch) {
      if (batch.changed.size > 1) throw new TypeError('Jane Roe and another');
      return sound.save(tables, batch);
    },
  } satisfies typeof sound);
  await caughtUp(one, position);
  expect(await Promise.all(calls.map((id) => agentsOf(id)))).toEqual(['a b', 'a b']);
  expect(await parked()).toEqual([]);
  const error = expect.stringMatching(/^TypeError at projections\/parking\.test\.ts\S*:\d+$/);
  expect(told('projection_batch_in_pieces')).toMatchObject([{ level: 40, projection: 'spoken', error }]);
  expect(JSON.stringify(logs)).not.toContain('Jane');
});

test('a fact whose stored content is broken parks its stream, and what is told quotes nothing of it', async () => {
  const [sick, parts] = [newCall(), newCall()];
  const stream = streamOf(sick);
  const metadata = { tenantId: TENANT, source: 'webhook', receivedAt: '2026-01-01T10:00:00.000Z', $correlationId: 'c' };
  const personal = { transcript: { who: 'Jane Roe' } };
  await appendAnyhow(stores.eventStoreUrl, stream, 'no_stream', [
    { id: crypto.randomUUID(), type: 'CallEnded', data: { callId: sick, endedAt: 5, personal }, metadata },
    { id: crypto.randomUUID(), type: 'CallAnalyzed', data: { callId: sick, endedAt: 'Jane Roe' }, metadata },
  ]);
  const part = here(textPart('f', 0, '{"transcript":"Jane Roe', parts));
  const whole = here(analyzed({ personalParts: 2 }, {}, parts));
  const one = await start(spoken(scene));
  await caughtUp(one, await stores.say(part, whole, ...says(newCall(), 'a')));
  const errors = (await parked()).map(({ error, waiting }) => [error, waiting]);
  expect(errors.sort()).toEqual([
    [expect.stringMatching(/^CallAnalyzed at .*@1 announces 2 parts of its text; 0 stand before it$/), 0],
    [`CallEnded at ${stream}@0 is broken: data.endedAt invalid_type, data.personal.transcript invalid_type`, 1],
  ]);
  expect(JSON.stringify([errors, logs])).not.toContain('Jane');
});

test('a deadlock, a query that is broken off and a lost connection are no fault of the facts', async () => {
  const breaks = [
    `do $$ begin raise 'once' using errcode = '40P01'; end $$`,
    `do $$ begin raise 'once' using errcode = '57014'; end $$`,
    'select pg_terminate_backend(pg_backend_pid())',
  ];
  const position = await stores.say(...says(newCall(), 'a'));
  const one = await start({
    ...tally(1, async (trx) => {
      const next = breaks.shift();
      if (next) await sql.raw(next).execute(trx);
    }),
    prefixes: [`call-${scene.tenantId}.`],
  });
  await caughtUp(one, position);
  expect(breaks).toEqual([]);
  expect(await parked()).toEqual([]);
  expect(one.status()).toMatchObject([{ parked: 0 }]);
});

test('a redrive applies what has waited, in order; what breaks again stays parked at the fact that does', async () => {
  const sick = newCall();
  const facts = says(sick, 'a', BREAKS_THE_REDUCER, 'c', REFUSED_BY_POSTGRES, 'e');
  const one = await start(spoken(scene));
  await caughtUp(one, await stores.say(...facts, ...says(newCall(), 'a')));
  const { id } = (await parked())[0]!;

  const still = await redriven(id);
  expect(still).toMatchObject({ id, attempts: 1, revision: 1n, waiting: 3, redriveRequested: false });
  expect(await agentsOf(sick)).toBe('a');

  scene.mended = true;
  expect(await redriven(id)).toBeUndefined();
  expect(await agentsOf(sick)).toBe(`a ${BREAKS_THE_REDUCER} c ${REFUSED_BY_POSTGRES} e`);
  await vi.waitFor(() => expect(one.status()).toMatchObject([{ parked: 0 }]), 30_000);
  await caughtUp(one, await stores.say(...says(sick, ...Array(6).fill('f')).slice(5)));
  expect(await agentsOf(sick)).toMatch(/ e f$/);
});

test('what stands before the next broken fact is applied by a redrive that does not get further', async () => {
  const sick = newCall();
  const facts = says(sick, 'a', BREAKS_THE_REDUCER, 'c', BREAKS_THE_ROWS, 'e');
  const half = { ...scene, mended: false };
  const { reduce } = spoken(half);
  const one = await start({ ...spoken(scene), reduce: reduce! });
  await caughtUp(one, await stores.say(...facts));
  const { id } = (await parked())[0]!;
  half.mended = true;
  expect(await redriven(id)).toMatchObject({ revision: 3n, waiting: 1, error: expect.stringMatching(/^TypeError/) });
  expect(await agentsOf(sick)).toBe(`a ${BREAKS_THE_REDUCER} c`);
});

test('whoever takes over knows what is parked, and can redrive it', async () => {
  const sick = newCall();
  const facts = says(sick, BREAKS_THE_REDUCER, 'b', 'c');
  const one = await start(spoken(scene));
  await caughtUp(one, await stores.say(facts[0]!));
  const other = await start(spoken(scene));
  await vi.waitFor(() => expect(other.status()).toMatchObject([{ leader: false, parked: 1 }]), 30_000);
  await stores.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'call-ledger spoken'`,
  );
  await one.stop();
  await caughtUp(other, await stores.say(facts[1]!, facts[2]!));
  expect(await parked()).toMatchObject([{ waiting: 2, attempts: 0 }]);
  scene.mended = true;
  expect(await redriven((await parked())[0]!.id)).toBeUndefined();
  expect(await agentsOf(sick)).toBe(`${BREAKS_THE_REDUCER} b c`);
});

test('a generation that is being built parks what breaks, and logs where; shown, it can be redriven', async () => {
  const [sick, unreadable, well] = [newCall(), newCall(), newCall()];
  scene.mended = true;
  const one = await start(spoken(scene));
  const place = await stores.say(...says(sick, 'a', BREAKS_THE_ROWS));
  const position = await stores.say(
    ...says(well, 'a'),
    ...says(sick, 'a', 'b', 'c').slice(2),
    ...says(unreadable, 'a'),
  );
  await caughtUp(one, position);
  await one.stop();
  const metadata = { tenantId: TENANT, source: 'webhook', receivedAt: '2026-01-01T10:00:00.000Z', $correlationId: 'c' };
  const data = { callId: unreadable, endedAt: 5, personal: { transcript: 'Jane Roe' } };
  const broken = { id: crypto.randomUUID(), type: 'CallEnded', data, metadata };
  await appendAnyhow(stores.eventStoreUrl, streamOf(unreadable), 0n, [broken]);

  scene.mended = false;
  const two = await start(spoken(scene, 2));
  await vi.waitFor(() => expect(two.status()).toMatchObject([{ version: 2, caughtUp: true, parked: 2 }]), 30_000);
  expect(await Promise.all([sick, unreadable, well].map((id) => agentsOf(id)))).toEqual(['a', 'a', 'a']);
  expect(told('projection_parked')).toMatchObject([
    { level: 50, generation: 2, stream: streamOf(sick), position: `${place}`, type: 'CallEnded' },
    { level: 50, generation: 2, stream: streamOf(unreadable), error: expect.stringContaining('data.endedAt') },
  ]);
  expect(JSON.stringify(logs)).not.toContain('Jane');
  scene.mended = true;
  expect(await redriven(`spoken.2.${place}`)).toBeUndefined();
  expect(await agentsOf(sick)).toBe(`a ${BREAKS_THE_ROWS} c`);
  expect(await parked()).toMatchObject([{ stream: streamOf(unreadable), revision: 1n }]);
});

test('what is parked goes with its generation', async () => {
  const sick = newCall();
  const one = await start(spoken(scene));
  const position = await stores.say(...says(sick, BREAKS_THE_REDUCER));
  await caughtUp(one, position);
  expect(await parked()).toHaveLength(1);
  await one.stop();
  scene.mended = true;
  const two = await start(spoken(scene, 2));
  await vi.waitFor(() => expect(two.status()).toMatchObject([{ version: 2, caughtUp: true, parked: 0 }]), 30_000);
  expect(await parked()).toEqual([]);
  expect(await agentsOf(sick)).toBe(BREAKS_THE_REDUCER);
  await two.stop();
  await caughtUp(await start(spoken(scene, 3)), position);
  const { rows } = await stores.pool.query('select id from projection.parked');
  expect(rows).toEqual([]);
});

test('redriving while facts arrive loses nothing, doubles nothing and keeps their order', async () => {
  const calls = Array.from({ length: 20 }, newCall);
  const facts = calls.map((callId) => says(callId, BREAKS_THE_REDUCER, 'b', 'c', 'd', 'e', 'f'));
  const one = await start(spoken(scene));
  await caughtUp(one, await stores.say(...facts.map((its) => its[0]!)));
  scene.mended = true;
  await stores.pool.query('update projection.parked set redrive_requested_at = now()');
  let position = 0n;
  for (let i = 1; i < 6; i++) for (const its of facts) position = await stores.say(its[i]!);
  await caughtUp(one, position);
  await vi.waitFor(async () => expect(await parked()).toEqual([]), { timeout: 30_000 });
  for (const callId of calls) expect(await agentsOf(callId)).toBe(`${BREAKS_THE_REDUCER} b c d e f`);
});
