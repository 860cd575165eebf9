import { callStream, sessionStream } from '../../events/streams.ts';
import { isBefore, type Position } from '../calls/position.ts';
import type { RequestState } from '../calls/request-state.ts';
import type { LinkRow as MemberRow } from '../calls/session-calls.ts';
import { insert, selectBy, type Table, type TableName, type Tx, upsert } from '../runtime/table.ts';
import type { Link, Naming, Way } from './changes.ts';
import type { CallOutcomes } from './reached.ts';

// Every session that a call has ever belonged to, and every appointment that a session has ever concerned, with the
// place in the log where that began. Rows are added and never change.

export const linksTable: Table = {
  name: 'links',
  columns: {
    tenant_id: 'text not null',
    call_id: 'text not null',
    session_id: 'text not null',
    way: 'text not null',
    position: 'text not null',
  },
  key: ['tenant_id', 'call_id', 'session_id', 'way'],
  indexes: ['(tenant_id, session_id)'],
};

export const namingsTable: Table = {
  name: 'namings',
  columns: {
    tenant_id: 'text not null',
    session_id: 'text not null',
    appointment_id: 'text not null',
    position: 'text not null',
    occurred_at: 'double precision not null',
  },
  key: ['tenant_id', 'session_id', 'appointment_id'],
};

export type CallId = { readonly tenantId: string; readonly callId: string };
type SessionId = { readonly tenantId: string; readonly sessionId: string };
type LinkRow = { tenant_id: string; call_id: string; session_id: string; way: Way; position: Position };
type NamingRow = {
  tenant_id: string;
  session_id: string;
  appointment_id: string;
  position: Position;
  occurred_at: number;
};

const linkOf = (row: LinkRow): Link => ({ sessionId: row.session_id, way: row.way, position: row.position });
const namingOf = (row: NamingRow): Naming => ({
  sessionId: row.session_id,
  appointmentId: row.appointment_id,
  position: row.position,
  occurredAt: row.occurred_at,
});

/** By call stream. */
export async function linksOf(trx: Tx, table: TableName, calls: readonly CallId[]): Promise<Map<string, Link[]>> {
  const keys = calls.map(({ tenantId, callId }) => ({ tenant_id: tenantId, call_id: callId }));
  const rows = await selectBy<LinkRow>(trx, table(linksTable), linksTable, ['tenant_id', 'call_id'], keys);
  const byCall = Map.groupBy(rows, (row) => callStream(row.tenant_id, row.call_id));
  return new Map([...byCall].map(([stream, some]) => [stream, some.map(linkOf)]));
}

/** By session stream. */
export async function namingsOf(
  trx: Tx,
  table: TableName,
  sessions: readonly SessionId[],
): Promise<Map<string, Naming[]>> {
  const keys = sessions.map(({ tenantId, sessionId }) => ({ tenant_id: tenantId, session_id: sessionId }));
  const rows = await selectBy<NamingRow>(trx, table(namingsTable), namingsTable, ['tenant_id', 'session_id'], keys);
  const bySession = Map.groupBy(rows, (row) => sessionStream(row.tenant_id, row.session_id));
  return new Map([...bySession].map(([stream, some]) => [stream, some.map(namingOf)]));
}

/** The calls that have ever belonged to these sessions. */
export async function callsOf(trx: Tx, table: TableName, sessions: readonly SessionId[]): Promise<CallId[]> {
  const keys = sessions.map(({ tenantId, sessionId }) => ({ tenant_id: tenantId, session_id: sessionId }));
  const rows = await selectBy<LinkRow>(trx, table(linksTable), linksTable, ['tenant_id', 'session_id'], keys);
  return rows.map((row) => ({ tenantId: row.tenant_id, callId: row.call_id }));
}

/**
 * The links that calls and requests tell of, and those that the membership has decided by number. Each is as old as the
 * first fact that tells of it.
 */
export function linksBy(
  calls: readonly CallOutcomes[],
  requests: readonly RequestState[],
  members: ReadonlyMap<string, MemberRow>,
): readonly (Link & CallId)[] {
  const named = calls.flatMap(({ tenantId, callId, sessionsNamed }) =>
    sessionsNamed.map(({ id, position }) => ({
      tenantId,
      callId,
      sessionId: id,
      position,
      way: 'named' as const,
    })),
  );
  const placed = requests.flatMap(({ tenantId, sessionId, placed }) =>
    Object.entries(placed).map(([callId, { position }]) => ({
      tenantId,
      callId,
      sessionId,
      position,
      way: 'placed' as const,
    })),
  );
  return [...named, ...placed, ...matchesOf(calls, members)];
}

export async function addLinks(trx: Tx, table: TableName, links: readonly (Link & CallId)[]): Promise<void> {
  const rows = links.map((link) => ({
    tenant_id: link.tenantId,
    call_id: link.callId,
    session_id: link.sessionId,
    way: link.way,
    position: link.position,
  }));
  await upsert(trx, table(linksTable), linksTable, rows);
}

/** A call is matched at its first fact or never. */
const matchesOf = (calls: readonly CallOutcomes[], members: ReadonlyMap<string, MemberRow>) =>
  calls.flatMap(({ tenantId, callId, first }) => {
    const sessionId = members.get(callStream(tenantId, callId))?.matched_session_id;
    return sessionId ? [{ tenantId, callId, sessionId, position: first!.position, way: 'matched' as const }] : [];
  });

/** Adds the appointments that requests name, and those that calls do for all their sessions; answers whose are new. */
export async function addNamings(
  trx: Tx,
  table: TableName,
  calls: readonly CallOutcomes[],
  requests: readonly RequestState[],
  links: ReadonlyMap<string, readonly Link[]>,
): Promise<SessionId[]> {
  const candidates = [
    ...requests.map(({ tenantId, sessionId, appointmentsNamed }) => ({
      tenantId,
      sessionId,
      since: '',
      appointmentsNamed,
    })),
    ...calls.flatMap(({ tenantId, callId, appointmentsNamed }) =>
      (links.get(callStream(tenantId, callId)) ?? []).map(({ sessionId, position }) => ({
        tenantId,
        sessionId,
        since: position,
        appointmentsNamed,
      })),
    ),
  ];
  const fresh = new Map<string, NamingRow>();
  for (const { tenantId, sessionId, since, appointmentsNamed } of candidates) {
    for (const named of appointmentsNamed) {
      const key = `${sessionStream(tenantId, sessionId)} ${named.id}`;
      const position = isBefore(named.position, since) ? since : named.position;
      const before = fresh.get(key);
      if (before && !isBefore(position, before.position)) continue;
      fresh.set(key, {
        tenant_id: tenantId,
        session_id: sessionId,
        appointment_id: named.id,
        position,
        occurred_at: named.occurredAt,
      });
    }
  }
  const known = await selectBy<NamingRow>(trx, table(namingsTable), namingsTable, namingsTable.key, [
    ...fresh.values(),
  ]);
  for (const row of known) fresh.delete(`${sessionStream(row.tenant_id, row.session_id)} ${row.appointment_id}`);
  await insert(trx, table(namingsTable), namingsTable, [...fresh.values()]);
  return [...fresh.values()].map((row) => ({ tenantId: row.tenant_id, sessionId: row.session_id }));
}

export const distinctCalls = (calls: readonly CallId[]): CallId[] => [
  ...new Map(calls.map(({ tenantId, callId }) => [callStream(tenantId, callId), { tenantId, callId }])).values(),
];
