import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Fact } from '../../src/events/codec.ts';
import { quarantineStream } from '../../src/events/streams.ts';
import { type Connection, connect } from '../../src/postgres/connection.ts';
import {
  findOperation,
  type Operation,
  type OperationKind,
  requestOperation,
} from '../../src/projections/engine/operations.ts';
import { type RunningProjections, startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import * as controls from './controls.ts';
import { inTenant, minute, placed, placementFailed, requested, type Said, TENANT, textPart } from './controls.ts';
import { logger, type Stores, startStores } from './stores.ts';
import { inbound, mailFailed, mailSent, outbound, staffSays } from './tickets-controls.ts';

// Nothing in a read model may depend on anything but the log: not on when it was applied, nor on where batches were cut.

let stores: Stores;
let connection: Connection;
beforeAll(async () => {
  stores = await startStores();
  connection = await connect(stores.databaseUrl, 'operator');
});
afterAll(async () => {
  await connection[Symbol.asyncDispose]();
  await stores.stop();
});

const some = fc.constantFrom;
const calls = some('call_1', 'call_2', 'call_3', 'call_4');
const claims = fc.record(
  {
    callSessionId: some('cs_1', 'cs_2', 'cs_7'),
    appointmentId: some('apt_1', 'apt_2', 'apt_3'),
    direction: some('outbound', 'inbound', 'web'),
    disconnectionReason: some('user_hangup', 'dial_busy', 'call_transfer', 'voicemail_reached'),
    startedAt: some(minute(0), minute(5)),
    endedAt: some(minute(6), minute(7)),
    durationMs: some(1000, 1234.5),
    analysed: some(true),
    agentName: some('Ada', 'Bo'),
    tenantMismatch: some(true),
    flags: some(
      { appointment_confirmed: true },
      { appointment_cancelled: 'yes' },
      { appointment_rescheduled: 1, action_required: 'no' },
      { action_required: true },
      { qualified: 'on' },
    ),
    personal: fc.record({
      fromNumber: some('+4930123456', '030 123456', 'anonymous'),
      toNumber: some('+442079460018', '+4930123457'),
      transcript: some('Hello \0 there', 'Jane \ud800 Roe', 'é 😀 \\u0000'),
      custom: some(
        {},
        { new_datetime: '2026-05-01T10:00', customer_name: 'Jane' },
        { new_datetime: 'soon', deep: [1] },
      ),
    }),
  },
  { requiredKeys: ['personal'] },
);
const callFact = fc
  .tuple(
    some(
      ...[controls.started, controls.ended, controls.analyzed, controls.unrecognized],
      ...[controls.transferStarted, controls.transferBridged],
    ),
    claims,
    some(inbound, outbound, {}),
    some({}, { occurredAt: minute(2) }, { occurredAt: minute(1) }),
    some({}, { defaultRegion: 'DE' }, { timeZone: 'Europe/Berlin' }),
    calls,
  )
  .map(([about, what, endpoint, at, settings, callId]) => about(what, { ...endpoint, ...at, ...settings }, callId));
const digest = 'd'.repeat(64);
const quarantined = (event: object): Said => ({
  stream: quarantineStream(TENANT, digest),
  event: event as Said['event'],
});
const others = some<Said>(
  requested({ toNumber: '+442079460018', appointmentId: 'apt_1' }, 'cs_1'),
  requested({ toNumber: '+4930123457' }, 'cs_2'),
  requested({ toNumber: '+4930123457', appointmentId: 'apt_3' }, 'cs_3'),
  placed('call_1', 'cs_2'),
  placed('call_9', 'cs_3'),
  placementFailed('refused', 'cs_1'),
  controls.registered({ startsAt: '2026-04-01T10:00:00Z' }, 'apt_1'),
  controls.changed({ status: 'cancelled', note: 'phoned' }, 'apt_2'),
  controls.archived('call_2'),
  controls.unarchived('call_2'),
  staffSays('resolved', 'called back', 'call_1'),
  mailSent(1, 'call_2'),
  mailFailed(1, 'call_3'),
  textPart('3f0e8f6e-3c56-4be5-9f5e-3f2c0f1d7a11', 0, '{"summary":', 'call_4'),
  quarantined({
    type: 'DeliveryQuarantined',
    data: { reason: 'untranslatable', endpoint: 'retell', receivedAt: minute(0), size: 17 },
  }),
  quarantined({ type: 'DeliveryReleased', data: { callId: 'call_1', factId: '3f0e8f6e-3c56-4be5-9f5e-3f2c0f1d7a11' } }),
);
const world = fc.uniqueArray(fc.oneof({ weight: 3, arbitrary: callFact }, { weight: 2, arbitrary: others }), {
  minLength: 15,
  maxLength: 30,
  selector: controls.idOf,
});

const all = projections;
const start = (maxBatch: number, some = all): Promise<RunningProjections> => {
  const { log, databaseUrl } = stores;
  const shared = { log, databaseUrl, projections: some, logger };
  return startProjections({ ...shared, options: { maxBatch, standbyMs: 50 }, operations: { pollMs: 20 } });
};
const request = async (kind: OperationKind, name: string): Promise<string> =>
  ((await requestOperation(connection.db, kind, name)) as { queued: string }).queued;
const over = (id: string): Promise<Operation> =>
  vi.waitFor(
    async () => {
      const operation = (await findOperation(connection.db, id))!;
      expect(operation.finishedAt).toBeDefined();
      return operation;
    },
    { timeout: 30_000, interval: 20 },
  );

/** `TEST_WORLDS=30` looks longer. */
const WORLDS = Number(process.env.TEST_WORLDS ?? 6);

test('every projection verifies after any facts, however its batches were cut', { timeout: 120_000 }, async () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000_000);
  // Each world is a tenant of its own, told fact by fact while the projections run, with batches of every size.
  const worlds = fc
    .sample(world, { numRuns: WORLDS, seed })
    .map((said, index) => said.map((one) => inTenant(one, `t${index}`)));
  const facts = Array.from({ length: 30 }, (_, round) => worlds.flatMap((said) => said.slice(round, round + 1))).flat();
  let position = 0n;
  for (const [i, maxBatch] of [3, 2000, 7].entries()) {
    const third = facts.slice((i * facts.length) / 3, ((i + 1) * facts.length) / 3);
    const running = await start(maxBatch);
    for (const fact of third) position = await stores.say(fact);
    expect(await running.waitUntilCaughtUp(position, 30_000)).toBe(true);
    await running.stop();
  }
  for (const maxBatch of [2000, 5]) {
    const running = await start(maxBatch);
    try {
      for (const { name } of all) {
        const { state, result } = await over(await request('verify', name));
        const where = `TEST_SEED=${seed}, maxBatch ${maxBatch}, ${name}: ${JSON.stringify(result?.differences)}`;
        expect([state, result?.equal, result?.parkedStreams], where).toEqual(['succeeded', true, 0]);
        expect(result!.rowsCompared, where).toBeGreaterThan(0);
      }
    } finally {
      await running.stop();
    }
  }
});

test('what rests on a call that only a rebuild parks is told of apart, in every projection', async () => {
  const sick = `call-${TENANT}.call_sick`;
  const outcome = { appointmentId: 'apt_sick', flags: { appointment_confirmed: true, action_required: true } };
  const talk = { callSessionId: 'cs_sick', direction: 'outbound', personal: { toNumber: '+4915199999999' } } as const;
  const position = await stores.say(
    requested({ toNumber: '+4915199999999', appointmentId: 'apt_sick' }, 'cs_sick'),
    controls.started(talk, outbound, 'call_sick'),
    controls.ended({ ...talk, endedAt: minute(7), durationMs: 1000 }, outbound, 'call_sick'),
    controls.analyzed({ ...talk, ...outcome }, outbound, 'call_sick'),
    controls.started({ ...talk, callSessionId: 'cs_well' }, outbound, 'call_well'),
  );
  for (const breaking of ['CallStarted', 'CallEnded', 'CallAnalyzed']) {
    let broken = false;
    const refuse = (fact: Fact) => {
      if (broken && fact.stream === sick && fact.type === breaking) throw new TypeError('no');
    };
    const running = await start(
      2000,
      all.map((projection) => ({
        ...projection,
        ...(projection.reduce && { reduce: (state, fact) => refuse(fact) ?? projection.reduce!(state, fact) }),
        save: (tables, batch) => {
          batch.facts.forEach(refuse);
          return projection.save(tables, batch);
        },
      })),
    );
    try {
      expect(await running.waitUntilCaughtUp(position, 30_000)).toBe(true);
      broken = true;
      for (const { name, prefixes } of all) {
        const { result } = await over(await request('verify', name));
        const parkedByRebuild = prefixes.includes('call-') ? 1 : 0;
        const where = `${name} at ${breaking}: ${JSON.stringify(result)}`;
        expect(result, where).toMatchObject({ equal: true, differencesTotal: 0, parkedByRebuild });
        expect(Number(result!.notCompared) > 0, where).toBe(parkedByRebuild === 1);
      }
    } finally {
      await running.stop();
    }
  }
});

test('what stands behind a row is read from the log, by what each projection knows of it', async () => {
  await stores.say(
    requested({ toNumber: '+1', appointmentId: 'apt_behind' }, 'cs_behind'),
    controls.started(
      { callSessionId: 'cs_behind', direction: 'outbound', personal: { toNumber: '+4915112345678' } },
      outbound,
      'call_b',
    ),
    controls.analyzed(
      { callSessionId: 'cs_behind', appointmentId: 'apt_behind', flags: { appointment_confirmed: true } },
      outbound,
      'call_b',
    ),
    controls.registered({ startsAt: '2026-04-01T10:00:00Z' }, 'apt_behind'),
    staffSays('resolved', '', 'call_b'),
  );
  const position = await stores.say({
    stream: quarantineStream(TENANT, 'e'.repeat(64)),
    event: {
      type: 'DeliveryQuarantined',
      data: { reason: 'untranslatable', endpoint: 'retell', receivedAt: minute(0), size: 17 },
    },
  });
  const running = await start(2000);
  const [call, session] = [`call-${TENANT}.call_b`, `session-${TENANT}.cs_behind`];
  const appointment = `appointment-${TENANT}.apt_behind`;
  const cases: [table: string, corruption: string, where: string, streams: string[]][] = [
    ['call_sessions', `status = 'busy'`, `id = 'cs_behind'`, [session, call, appointment]],
    ['appointments', `status = 'cancelled'`, `id = 'apt_behind'`, [session, call, appointment]],
    ['deliveries', `event = 'CallEnded'`, `call_id = 'call_b' and event = 'CallStarted'`, [call]],
    ['tickets', 'active = not active', `call_id = 'call_b'`, [session, call, 'ticket-']],
    ['customers', 'calls = 5', `phone = '+4915112345678'`, [call]],
    ['outcome_changes', `outcome = 'busy'`, `call_id = 'call_b'`, [session, call, appointment]],
    ['quarantine', 'size = 18', `id like '%eee'`, [`quarantine-${TENANT}.${'e'.repeat(64)}`]],
  ];
  try {
    expect(await running.waitUntilCaughtUp(position, 30_000)).toBe(true);
    for (const [table, corruption, where] of cases) {
      const projection = table === 'quarantine' ? table : 'calls';
      const sql = `update projection.${projection}_1_${table} set ${corruption} where ${where}`;
      expect((await stores.pool.query(sql)).rowCount, table).toBe(1);
    }
    type Difference = { table: string; facts: { stream: string; position: string }[] };
    const found: Difference[] = [];
    for (const projection of ['calls', 'quarantine']) {
      const { result } = await over(await request('verify', projection));
      found.push(...(result!.differences as unknown as Difference[]));
    }
    expect(found.map(({ table }) => table).sort()).toEqual(cases.map(([table]) => table).sort());
    for (const [name, , , streams] of cases) {
      const { facts } = found.find(({ table }) => table === name)!;
      const behind = [...new Set(facts.map(({ stream }) => (stream.startsWith('ticket-') ? 'ticket-' : stream)))];
      expect(behind.sort(), name).toEqual([...streams].sort());
      const positions = facts.map((fact) => BigInt(fact.position));
      expect(positions, name).toEqual([...positions].sort((a, b) => Number(a - b)));
    }
  } finally {
    await running.stop();
  }
});
