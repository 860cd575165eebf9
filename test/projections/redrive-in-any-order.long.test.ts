import fc from 'fast-check';
import { Kysely, PostgresDialect } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { CallFacts } from '../../src/events/call-facts.ts';
import type { Fact } from '../../src/events/codec.ts';
import { listParked } from '../../src/projections/engine/parked.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import * as controls from './controls.ts';
import { changed, inTenant, linked, minute, placed, registered, requested, type Said } from './controls.ts';
import { logger, type Stores, startStores } from './stores.ts';

// A12 and invariant 2: once what was parked is redriven, the read model is the fold of the whole log.

let stores: Stores;
let db: Kysely<unknown>;
beforeAll(async () => {
  stores = await startStores();
  db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: stores.pool }) });
});
afterAll(() => stores.stop());

/** Breaks on the facts with these ids until it is mended: in its reducer, or where it has none in its rows. */
const breakingOn = (ids: ReadonlySet<string>, scene: { mended: boolean }, projection: Projection): Projection => {
  const refuse = (fact: Fact) => {
    if (!scene.mended && ids.has(fact.id)) throw new Error('not yet');
  };
  const { reduce } = projection;
  return {
    ...projection,
    ...(reduce && {
      reduce(state, fact) {
        refuse(fact);
        return reduce(state, fact);
      },
    }),
    async save(tables, batch) {
      batch.facts.forEach(refuse);
      return projection.save(tables, batch);
    },
  };
};

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const claims: fc.Arbitrary<Partial<CallFacts>> = fc.record(
  {
    direction: some('outbound' as const, 'inbound' as const),
    callSessionId: some('cs_1', 'cs_2', 'cs_3'),
    appointmentId: some('apt_1', 'apt_2'),
    disconnectionReason: some('user_hangup', 'dial_busy', 'call_transfer'),
    startedAt: some(minute(0), minute(5)),
    flags: some({ appointment_confirmed: true }, { appointment_cancelled: true }, { action_required: true }, {}),
    personal: fc.record({ toNumber: some('+4930111111', '+4930222222'), fromNumber: some('+4930333333') }),
  },
  { requiredKeys: [] },
);
const callFact = fc
  .tuple(
    some(controls.started, controls.ended, controls.analyzed),
    claims,
    some({ occurredAt: minute(2) }, { occurredAt: minute(1), endpoint: 'retell-inbound-ticket' as const }),
    some('call_1', 'call_2', 'call_3', 'call_4'),
  )
  .map(([about, what, metadata, callId]) => about(what, metadata, callId));
const others = some<Said>(
  requested({ appointmentId: 'apt_1' }, 'cs_1'),
  requested({ appointmentId: 'apt_3' }, 'cs_2'),
  placed('call_1', 'cs_2'),
  placed('call_4', 'cs_3'),
  linked('cs_2', 'call_2'),
  linked('cs_3', 'call_3'),
  registered({ startsAt: '2026-04-01T10:00:00Z' }, 'apt_1'),
  changed({ status: 'cancelled', note: 'phoned' }, 'apt_2'),
);
/** Facts, and which of them break. */
const world = fc.uniqueArray(
  fc.tuple(fc.oneof({ weight: 3, arbitrary: callFact }, { weight: 1, arbitrary: others }), some(false, false, true)),
  { minLength: 6, maxLength: 20, selector: ([said]) => controls.idOf(said) },
);

const VIEWS = [
  'call_sessions',
  'call_session_calls',
  'appointments',
  'deliveries',
  'tickets',
  'customers',
  'outcome_changes',
  'appointment_changes',
  'ticket_changes',
] as const;

async function shown() {
  const read = async (view: string) => {
    const { rows } = await stores.pool.query(`select to_jsonb(v) as row from ${view} v`);
    return [view, rows.map(({ row }) => JSON.stringify(row)).sort()] as const;
  };
  return Object.fromEntries(await Promise.all(VIEWS.map(read)));
}

async function afterRunning(
  some: readonly Projection[],
  position: bigint,
  maxBatch: number,
  then: () => Promise<void>,
) {
  await stores.pool.query('drop schema if exists projection cascade');
  const { log, databaseUrl } = stores;
  const running = await startProjections({ log, databaseUrl, projections: some, logger, options: { maxBatch } });
  try {
    expect(await running.waitUntilCaughtUp(position, 60_000)).toBe(true);
    await then();
    return await shown();
  } finally {
    await running.stop();
  }
}

/** `TEST_WORLDS=30` looks longer. */
const WORLDS = Number(process.env.TEST_WORLDS ?? 8);

test('what is redriven is as if it had never been parked', { timeout: 120_000 }, async () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000_000);
  const worlds = fc
    .sample(world, { numRuns: WORLDS, seed })
    .map((facts, index) => facts.map(([one, breaks]) => ({ said: inTenant(one, `t${index}`), breaks })));
  const inOrder = Array.from({ length: 20 }, (_, round) =>
    worlds.flatMap((facts) => facts.slice(round, round + 1)),
  ).flat();
  const position = await stores.say(...inOrder.map(({ said }) => said));
  const ids = new Set(inOrder.filter(({ breaks }) => breaks).map(({ said }) => controls.idOf(said)));

  const whole = await afterRunning(projections, position, 2000, async () => {});
  for (const maxBatch of [3, 2000]) {
    const scene = { mended: false };
    const sick = projections.map((projection) => breakingOn(ids, scene, projection));
    const mended = await afterRunning(sick, position, maxBatch, async () => {
      const parked = await listParked(db, { limit: 10_000 });
      expect(parked.length).toBeGreaterThan(5);
      scene.mended = true;
      await stores.pool.query('update projection.parked set redrive_requested_at = now()');
      await vi.waitFor(async () => expect(await listParked(db, { limit: 1 })).toEqual([]), { timeout: 30_000 });
    });
    for (const view of VIEWS) {
      const others = mended[view]!.filter((row) => !whole[view]!.includes(row));
      expect(others, `TEST_SEED=${seed}, maxBatch ${maxBatch}, ${view}`).toEqual([]);
      expect(mended[view], view).toHaveLength(whole[view]!.length);
    }
  }
});
