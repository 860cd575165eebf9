import { callStream, sessionStream } from '../../events/streams.ts';
import type { ChangedCalls, View } from '../calls/view.ts';
import { type Row, type Table, upsert } from '../runtime/table.ts';
import type { OutcomeChangeRow } from '../tables.ts';
import { changesOf, type OutcomeChange } from './changes.ts';
import {
  addLinks,
  addNamings,
  type CallId,
  callsOf,
  distinctCalls,
  linksBy,
  linksOf,
  linksTable,
  namingsOf,
  namingsTable,
} from './links.ts';
import type { CallOutcomes } from './reached.ts';

const columns: Readonly<Record<keyof OutcomeChangeRow, string>> = {
  position: 'bigint not null',
  tenant_id: 'text not null',
  call_id: 'text not null',
  session_id: 'text not null',
  appointment_id: 'text',
  outcome: 'text not null',
  changed_at: 'timestamptz not null',
};

/** One fact may change several calls: a request whose appointment becomes known late. */
const rows: Table = {
  name: 'outcome_changes',
  columns,
  key: ['position', 'call_id'],
  queryIndexes: ['(tenant_id, position, call_id)'],
  view: Object.keys(columns),
};

/** One row per change of a call's outcome (A10); that a call is pending at first is none. */
export const outcomeChanges: View = {
  tables: [rows, linksTable, namingsTable],
  async save(trx, table, batch) {
    const states = [...batch.changed.values()].map(({ after }) => after);
    const requests = states.filter((state) => 'sessionId' in state);
    const placed = requests.flatMap(({ tenantId, placed }) =>
      Object.keys(placed).map((callId) => ({ tenantId, callId })),
    );
    const told = states.filter((state) => 'callId' in state);
    const calls = await statesOf(batch, distinctCalls([...told, ...placed]));

    // What was made by earlier facts stands already.
    const recordedAt = new Map(batch.facts.map((fact) => [`${fact.position}`, fact.recordedAt]));
    await addLinks(
      trx,
      table,
      linksBy(calls, requests, batch.membership.links).filter((link) => recordedAt.has(link.position)),
    );
    const links = await linksOf(trx, table, calls);
    const sessions = await addNamings(trx, table, calls, requests, links);
    const ids = distinctCalls([...calls, ...(await callsOf(trx, table, sessions))]);
    const others = ids.filter(({ tenantId, callId }) => !links.has(callStream(tenantId, callId)));
    for (const [stream, theirs] of await linksOf(trx, table, others)) links.set(stream, theirs);
    const namings = await namingsOf(trx, table, sessionsOf(ids, links));
    const changes = (await statesOf(batch, ids)).flatMap((call) => {
      const theirs = links.get(callStream(call.tenantId, call.callId)) ?? [];
      const named = theirs.flatMap(({ sessionId }) => namings.get(sessionStream(call.tenantId, sessionId)) ?? []);
      return changesOf(call, theirs, named)
        .filter(({ position }) => recordedAt.has(position))
        .map((change) => rowOf(call, change, recordedAt.get(change.position)!));
    });
    await upsert(trx, table(rows), rows, changes);
    return undefined;
  },
};

/** Those of the calls that a fact tells of. */
async function statesOf(batch: ChangedCalls, ids: readonly CallId[]): Promise<CallOutcomes[]> {
  const streams = ids.map(({ tenantId, callId }) => callStream(tenantId, callId));
  const states = await batch.statesOf(streams);
  return streams.flatMap((stream) => {
    const call = states.get(stream) as CallOutcomes | undefined;
    return call?.first ? [call] : [];
  });
}

const sessionsOf = (ids: readonly CallId[], links: Awaited<ReturnType<typeof linksOf>>) => [
  ...new Map(
    ids.flatMap(({ tenantId, callId }) =>
      (links.get(callStream(tenantId, callId)) ?? []).map(
        ({ sessionId }) => [sessionStream(tenantId, sessionId), { tenantId, sessionId }] as const,
      ),
    ),
  ).values(),
];

function rowOf(call: CallOutcomes, change: OutcomeChange, changedAt: string): Row {
  const row: { readonly [K in keyof OutcomeChangeRow]: unknown } = {
    position: change.position,
    tenant_id: call.tenantId,
    call_id: call.callId,
    session_id: change.sessionId,
    appointment_id: change.appointmentId,
    outcome: change.outcome,
    changed_at: changedAt,
  };
  return row;
}
