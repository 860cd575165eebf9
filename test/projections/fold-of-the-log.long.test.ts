import fc from 'fast-check';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { decode, type Fact } from '../../src/events/codec.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import * as controls from './controls.ts';
import {
  changed,
  inTenant,
  linked,
  minute,
  placed,
  placementFailed,
  registered,
  requested,
  type Said,
  TENANT,
} from './controls.ts';
import { changesOfAppointments, readModelOf } from './fold-in-memory.ts';
import { logger, storesOfFile } from './stores.ts';

// Invariant 2: the read model is a fold of the log, however the log came about and wherever the batches were cut.

const stores = await storesOfFile();

const some = <T>(...values: T[]) => fc.constantFrom(...values);
/** A key that is undefined is not there once it is in the log. */
const rarely = (...values: string[]) => fc.option(some(...values), { freq: 1, nil: undefined as unknown as string });
const claims = fc.record(
  {
    direction: some('outbound' as const, 'outbound' as const, 'inbound' as const),
    callSessionId: rarely('cs_1', 'cs_2', 'cs_3'),
    appointmentId: rarely('apt_1', 'apt_2'),
    disconnectionReason: some('user_hangup', 'dial_busy'),
    startedAt: some(minute(0), minute(5)),
    flags: some(
      { appointment_confirmed: true },
      { appointment_cancelled: true },
      { appointment_rescheduled: true },
      {},
    ),
    personal: fc.record({
      toNumber: some('+1', '+2'),
      custom: some({}, { new_datetime: '2026-05-01T10:00' }, { new_datetime: 'soon' }),
    }),
  },
  { requiredKeys: ['direction', 'personal'] },
);
const callFact = fc
  .tuple(
    some(controls.started, controls.ended, controls.analyzed, controls.unrecognized),
    claims,
    some({}, { occurredAt: minute(2) }, { occurredAt: minute(1) }),
    some('call_1', 'call_2', 'call_3', 'call_4', 'call_5', 'call_6'),
  )
  .map(([about, what, metadata, callId]) => about(what, metadata, callId));
const others = some<Said>(
  requested({ toNumber: '+1', appointmentId: 'apt_1' }, 'cs_1'),
  requested({ toNumber: '+1' }, 'cs_2'),
  requested({ toNumber: '+2', appointmentId: 'apt_3' }, 'cs_3'),
  requested({ toNumber: '+2' }, 'cs_4'),
  placed('call_1', 'cs_2'),
  placed('call_9', 'cs_3'),
  linked('cs_2', 'call_2'),
  linked('cs_3', 'call_3'),
  linked('cs_1', 'call_1'),
  placementFailed('refused', 'cs_1'),
  registered({ startsAt: '2026-04-01T10:00:00Z' }, 'apt_1'),
  changed({ status: 'cancelled', note: 'phoned' }, 'apt_2'),
);
const world = fc.uniqueArray(fc.oneof({ weight: 3, arbitrary: callFact }, { weight: 2, arbitrary: others }), {
  minLength: 8,
  maxLength: 25,
  selector: controls.idOf,
});

const iso = (at: Date | null) => at?.toISOString();
const byPosition = (a: { position: string; id: string }, b: { position: string; id: string }) =>
  Number(BigInt(a.position) - BigInt(b.position)) || byId(a, b);
const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

/** What the views show, by tenant; all of it is read at once. */
async function allShown() {
  const views = ['call_sessions', 'appointments', 'call_session_calls', 'appointment_changes'] as const;
  const read = async (view: string) =>
    [view, Map.groupBy((await stores.pool.query(`select * from ${view}`)).rows, (row) => row.tenant_id)] as const;
  const byView = new Map(await Promise.all(views.map(read)));
  return (tenantId: string) => shown((view) => byView.get(view)?.get(tenantId) ?? []);
}

function shown(rows: (view: string) => pg.QueryResult['rows']) {
  const sessions = rows('call_sessions').map((row) => ({
    id: row.id,
    status: row.status,
    statusReason: row.status_reason,
    direction: row.direction ?? undefined,
    appointmentId: row.appointment_id ?? undefined,
    retellCallIds: row.retell_call_ids,
    matchedByPhoneNumber: row.matched_by_phone_number ?? undefined,
    toNumber: row.to_number ?? undefined,
    customerPhone: row.customer_phone ?? undefined,
    startedAt: iso(row.started_at),
    analysis: row.analysis_json ?? undefined,
    createdAt: iso(row.created_at),
    lastEventAt: iso(row.last_event_at),
    revision: row.revision,
  }));
  const decisionOf = (row: ReturnType<typeof rows>[number]) => ({
    status: row.status,
    startsAt: iso(row.starts_at),
    rescheduleText: row.reschedule_text ?? undefined,
    cancellationReason: row.cancellation_reason ?? undefined,
    needsReview: row.needs_review,
    decidedByCallId: row.decided_by_call_id ?? undefined,
    decidedBy: row.decided_by_json ?? undefined,
    statusReason: row.status_reason ?? undefined,
  });
  const appointments = rows('appointments').map((row) => ({ id: row.id, ...decisionOf(row), notes: row.notes_json }));
  const links = rows('call_session_calls').map((row) => [row.call_id, row.session_id]);
  const changes = rows('appointment_changes').map((row) => ({
    ...{ position: row.position, id: row.appointment_id },
    ...decisionOf(row),
  }));
  return {
    sessions: sessions.sort(byId),
    links: links.sort(),
    appointments: appointments.sort(byId),
    changes: changes.sort(byPosition),
  };
}

/** Keeps why a batch could not be written: it would be tried in pieces. */
const withFailures = (projection: Projection, failures: unknown[]): Projection => ({
  ...projection,
  async save(tables, batch) {
    try {
      await projection.save(tables, batch);
    } catch (error) {
      failures.push(error);
      throw error;
    }
  },
});

/** What the reference says, of the fields that are compared. */
function expected(facts: readonly Fact[]) {
  const { sessions, links, appointments } = readModelOf(facts);
  const fields = sessions.map(
    ({ id, status, statusReason, direction, appointmentId, retellCallIds, toNumber, customerPhone, ...rest }) => {
      const { matchedByPhoneNumber, startedAt, analysis, createdAt, lastEventAt, revision } = rest;
      const shown = { id, status, statusReason, direction, appointmentId, retellCallIds, toNumber, customerPhone };
      return { ...shown, matchedByPhoneNumber, startedAt, analysis, createdAt, lastEventAt, revision };
    },
  );
  const starts = appointments.map((one) => ({
    ...one,
    startsAt: one.startsAt && new Date(one.startsAt).toISOString(),
  }));
  return {
    sessions: fields.sort(byId),
    links: links.sort(),
    appointments: starts.sort(byId),
    changes: changesOfAppointments(facts).sort(byPosition),
  };
}

async function wholeLog(): Promise<Fact[]> {
  const facts: Fact[] = [];
  const prefixes = ['call-', 'session-', 'appointment-'];
  for await (const { events, caughtUp } of stores.log.subscribe({ prefixes, signal: new AbortController().signal })) {
    facts.push(...events.map(decode).filter((fact) => fact !== undefined));
    if (caughtUp) break;
  }
  return facts;
}

/** `TEST_WORLDS=200` looks longer. */
const WORLDS = Number(process.env.TEST_WORLDS ?? 40);

test('the read model is a fold of the log, wherever its batches are cut', { timeout: 120_000 }, async () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000_000);
  // Each world is a tenant of its own; all of them go on at the same time, in one log.
  const worlds = fc
    .sample(world, { numRuns: WORLDS, seed })
    .map((said, index) => said.map((one) => inTenant(one, `t${index}`)));
  for (let round = 0; round < 25; round++) await stores.say(...worlds.flatMap((said) => said.slice(round, round + 1)));
  const facts = await wholeLog();
  const wanted = [...Map.groupBy(facts, (fact) => fact.metadata.tenantId)].map(([tenantId, its]) => {
    const asOne = its.map((fact) => ({ ...fact, stream: fact.stream.replace(`-${tenantId}.`, `-${TENANT}.`) }) as Fact);
    return [tenantId, expected(asOne)] as const;
  });

  // From 100 rows on new ones are copied straight into their table: none of them may be there already.
  for (const maxBatch of [3, 50, 250, 2000]) {
    await stores.pool.query('drop schema if exists projection cascade');
    const { log, databaseUrl } = stores;
    const failures: unknown[] = [];
    const running = await startProjections({
      log,
      databaseUrl,
      projections: projections.map((projection) => withFailures(projection, failures)),
      logger,
      options: { maxBatch },
    });
    try {
      expect(await running.waitUntilCaughtUp(facts.at(-1)!.position, 60_000)).toBe(true);
      const shownOf = await allShown();
      for (const [tenantId, fold] of wanted)
        expect(shownOf(tenantId), `TEST_SEED=${seed}, maxBatch ${maxBatch}, ${tenantId}`).toEqual(fold);
      expect(failures).toEqual([]);
      const { rows } = await stores.pool.query(
        'select count(*)::int as n, count(distinct id)::int as ids from deliveries',
      );
      const told = facts.filter(({ stream }) => stream.startsWith('call-')).length;
      expect(rows).toEqual([{ n: told, ids: told }]);
    } finally {
      await running.stop();
    }
  }
});
