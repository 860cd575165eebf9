import { callStream, sessionStream } from '../events/streams.ts';
import { findNamed } from '../model/entries.ts';
import { ownSessionId, type Parts, sessionsEverOf } from '../model/session.ts';
import type { CallFields, StreamState } from '../model/stream-state.ts';
import type { TenantReads } from '../read-api/tenant-reads.ts';

/** A call, and the session that placed it, which its own facts do not name. */
export type RelatedCall = {
  readonly callId: string;
  /** The first session that placed it. */
  readonly placedBy: string | null;
};

// Which streams may ever have been related. The read model only adds to this, so its current state answers for the
// past; the facts decide what held then.

export async function relatedCalls(reads: TenantReads, callIds: readonly string[]): Promise<RelatedCall[]> {
  if (callIds.length === 0) return [];
  return relatedCallsOf(await links(reads).where('call_id', 'in', callIds).execute());
}

/** Every call that may ever have belonged to one of these sessions. */
export async function callsEverIn(reads: TenantReads, sessionIds: readonly string[]): Promise<RelatedCall[]> {
  if (sessionIds.length === 0) return [];
  const formerCalls = reads.callSessionFormerCalls().select('call_id').where('session_id', 'in', sessionIds);
  const ownName = sessionIds.flatMap((id) => (id.startsWith('call:') ? [id.slice('call:'.length)] : []));
  const found = await Promise.all([
    links(reads).where('session_id', 'in', sessionIds).execute(),
    links(reads).where('call_id', 'in', formerCalls).execute(),
    ownName.length > 0 ? links(reads).where('call_id', 'in', ownName).execute() : [],
  ]);
  return relatedCallsOf(found.flat());
}

/** Every session that may ever have been about an appointment, by its own facts or those of calls that are in it now. */
async function sessionsEverAbout(reads: TenantReads, appointmentId: string): Promise<string[]> {
  const [current, others] = await Promise.all([
    reads.callSessions().select('id').where('appointment_id', '=', appointmentId).execute(),
    reads.callSessionOtherAppointments().select('session_id').where('appointment_id', '=', appointmentId).execute(),
  ]);
  return [...new Set([...current.map(({ id }) => id), ...others.map(({ session_id }) => session_id)])];
}

const links = (reads: TenantReads) => reads.callSessionCalls().select(['call_id', 'placed_session_id']);

type Link = { call_id: string; placed_session_id: string | null };

const relatedCallsOf = (rows: readonly Link[]): RelatedCall[] =>
  [...new Map(rows.map((row) => [row.call_id, row])).values()].map((row) => ({
    callId: row.call_id,
    placedBy: row.placed_session_id,
  }));

/** Every session of the calls that named an appointment. */
const sessionsOfNaming = (appointmentId: string, related: readonly RelatedCall[], { calls }: Parts<CallFields>) =>
  calls
    .filter(({ appointmentsNamed }) => findNamed(appointmentsNamed, appointmentId))
    .flatMap((call) => [
      ...sessionsEverOf(call, related.find(({ callId }) => callId === call.callId)!.placedBy),
      ownSessionId(call.callId),
    ]);

/**
 * The sessions and streams that may ever have been about an appointment, and what they hold by these states. A call that
 * named it may have done so in another session, and for its other calls too.
 */
export async function everAbout(
  reads: TenantReads,
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
  statesOf: (streams: readonly string[]) => Promise<Iterable<StreamState>>,
) {
  const about = await sessionsEverAbout(reads, id);
  const calls = await callsEverIn(reads, about);
  const naming = sessionsOfNaming(id, calls, partsOf(tenantId, await statesOf(streamsOf(tenantId, about, calls))));
  const sessionIds = [...new Set([...about, ...naming])];
  const streams = streamsOf(tenantId, sessionIds, await callsEverIn(reads, sessionIds));
  return { sessionIds, streams, parts: partsOf(tenantId, await statesOf(streams)) };
}

/** The streams of sessions, of calls, and of the sessions that placed these. */
export function streamsOf(tenantId: string, sessionIds: readonly string[], calls: readonly RelatedCall[]): string[] {
  const requesters = new Set([...sessionIds, ...calls.flatMap(({ placedBy }) => placedBy ?? [])]);
  return [
    ...[...requesters].map((id) => sessionStream(tenantId, id)),
    ...calls.map(({ callId }) => callStream(tenantId, callId)),
  ];
}

/** The states of calls and requests among these. */
export function partsOf(tenantId: string, states: Iterable<StreamState>): Parts<CallFields> {
  const found = [...states];
  return {
    tenantId,
    calls: found.filter((state) => 'callId' in state),
    requests: found.filter((state) => 'sessionId' in state),
  };
}
