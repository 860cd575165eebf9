import { callStream, sessionStream } from '../../events/streams.ts';
import { formerCalls } from '../call-sessions/formerly.ts';
import type { NamedAppointment } from '../calls/named.ts';
import { earlier, type Place } from '../calls/position.ts';
import type { RequestState } from '../calls/request-state.ts';
import { sessionsEverOf } from '../calls/session.ts';
import { linksOfCalls, linksOfSessions } from '../calls/session-calls.ts';
import type { ChangedCalls } from '../calls/view.ts';
import { selectBy, type TableName, type Tx } from '../runtime/table.ts';
import { type Link, later, type Naming } from './changes.ts';
import type { CallOutcomes } from './reached.ts';

/** A call with every session that it has ever belonged to and every appointment that one of them has ever concerned. */
export type Concerned = {
  readonly call: CallOutcomes;
  readonly links: readonly Link[];
  readonly namings: readonly Naming[];
};

type SessionId = { readonly tenantId: string; readonly sessionId: string };
type Ever = {
  readonly sessionId: string;
  readonly request: RequestState | undefined;
  readonly calls: readonly CallOutcomes[];
};

/** The calls that have ever belonged to a session which the batch has changed: their outcomes may follow. */
export async function concerned(trx: Tx, table: TableName, batch: ChangedCalls): Promise<readonly Concerned[]> {
  const rows = new Map(batch.membership.links);
  const sessions = new Map<string, Ever>();

  async function look(some: readonly SessionId[]): Promise<void> {
    const keys = some.map(({ tenantId, sessionId }) => ({ tenant_id: tenantId, session_id: sessionId }));
    type Former = { readonly tenant_id: string; readonly session_id: string; readonly call_id: string };
    const former = await selectBy<Former>(trx, table(formerCalls), formerCalls, ['tenant_id', 'session_id'], keys);
    const isUnknown = (row: Former) => !rows.has(callStream(row.tenant_id, row.call_id));
    const unknown = former.filter(isUnknown).map((row) => ({ tenantId: row.tenant_id, callId: row.call_id }));
    for (const row of await linksOfCalls(trx, table, unknown)) rows.set(callStream(row.tenant_id, row.call_id), row);
    const now = Map.groupBy(rows.values(), (row) => sessionStream(row.tenant_id, row.session_id));
    const then = Map.groupBy(former, (row) => sessionStream(row.tenant_id, row.session_id));
    const members = some.map(({ tenantId, sessionId }) => {
      const stream = sessionStream(tenantId, sessionId);
      const itsRows = [...(now.get(stream) ?? []), ...(then.get(stream) ?? [])];
      return { sessionId, stream, calls: [...new Set(itsRows.map((row) => callStream(row.tenant_id, row.call_id)))] };
    });
    const states = await batch.statesOf(members.flatMap(({ stream, calls }) => [stream, ...calls]));
    for (const { sessionId, stream, calls } of members)
      sessions.set(stream, {
        sessionId,
        request: states.get(stream) as RequestState | undefined,
        calls: calls.map((call) => states.get(call) as CallOutcomes).filter((call) => call?.first),
      });
  }

  await look(batch.membership.touched.map(({ tenantId, id }) => ({ tenantId, sessionId: id })));
  const all = [...sessions.values()].flatMap(({ calls }) => calls);
  const calls = [...new Map(all.map((call) => [callStream(call.tenantId, call.callId), call])).values()];
  const placedBy = (call: CallOutcomes) => rows.get(callStream(call.tenantId, call.callId))?.placed_session_id;
  const theirs = calls.flatMap((call) =>
    sessionsEverOf(call, placedBy(call)).map((sessionId) => ({ tenantId: call.tenantId, sessionId })),
  );
  const others = new Map(theirs.map((id) => [sessionStream(id.tenantId, id.sessionId), id]));
  for (const stream of sessions.keys()) others.delete(stream);
  if (others.size > 0) {
    const found = await linksOfSessions(trx, table, [...others.values()]);
    for (const row of found) rows.set(callStream(row.tenant_id, row.call_id), row);
    await look([...others.values()]);
  }

  const linksOf = (call: CallOutcomes): Link[] => {
    const placer = placedBy(call);
    const placed = placer && sessions.get(sessionStream(call.tenantId, placer))?.request?.placed[call.callId];
    return [
      ...call.sessionsNamed.map(({ id, ...place }): Link => ({ ...place, sessionId: id, way: 'named' })),
      ...(placer && placed ? [{ ...placed, sessionId: placer, way: 'placed' } as const] : []),
      ...[call.linked].flatMap((link) => (link ? [{ ...link, sessionId: link.id, way: 'linked' } as const] : [])),
    ];
  };
  const namings = new Map([...sessions].map(([stream, ever]) => [stream, namingsIn(ever, linksOf)]));
  return calls.map((call) => {
    const links = linksOf(call);
    const streams = new Set(links.map(({ sessionId }) => sessionStream(call.tenantId, sessionId)));
    return { call, links, namings: [...streams].flatMap((stream) => namings.get(stream) ?? []) };
  });
}

/** The appointments that a session has ever concerned, each as old as the first fact that told of it there. */
function namingsIn({ sessionId, request, calls }: Ever, linksOf: (call: CallOutcomes) => readonly Link[]): Naming[] {
  const first = new Map<string, Naming>();
  const name = (named: NamedAppointment, since: Place) => {
    const naming = { sessionId, appointmentId: named.id, occurredAt: named.occurredAt, ...later(named, since) };
    first.set(named.id, earlier(first.get(named.id), naming));
  };
  for (const named of request?.appointmentsNamed ?? []) name(named, named);
  for (const call of calls)
    for (const link of call.appointmentsNamed.length > 0 ? linksOf(call) : [])
      if (link.sessionId === sessionId) for (const named of call.appointmentsNamed) name(named, link);
  return [...first.values()];
}
