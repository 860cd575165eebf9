import type { TenantReads } from './read-api/tenant-reads.ts';

/** A call, and the session that no fact of its own says. */
export type RelatedCall = {
  readonly callId: string;
  /** The first session that says it has placed the call. */
  readonly placedBy: string | null;
};

// What may ever have had to do with what. The read model only adds to it, so who looks back may ask as it is now;
// what was so at the time is for the facts to say.

export async function relatedCalls(reads: TenantReads, callIds: readonly string[]): Promise<RelatedCall[]> {
  if (callIds.length === 0) return [];
  return shown(await links(reads).where('call_id', 'in', callIds).execute());
}

/** Every call that may ever have belonged to one of these sessions. */
export async function callsEverIn(reads: TenantReads, sessionIds: readonly string[]): Promise<RelatedCall[]> {
  if (sessionIds.length === 0) return [];
  const formerly = reads.callSessionFormerCalls().select('call_id').where('session_id', 'in', sessionIds);
  const ownName = sessionIds.flatMap((id) => (id.startsWith('call:') ? [id.slice('call:'.length)] : []));
  const found = await Promise.all([
    links(reads).where('session_id', 'in', sessionIds).execute(),
    links(reads).where('call_id', 'in', formerly).execute(),
    ownName.length > 0 ? links(reads).where('call_id', 'in', ownName).execute() : [],
  ]);
  return shown(found.flat());
}

/** Every session that may ever have been about an appointment, by its own facts or those of calls that are in it now. */
export async function sessionsEverAbout(reads: TenantReads, appointmentId: string): Promise<string[]> {
  const [now, besides] = await Promise.all([
    reads.callSessions().select('id').where('appointment_id', '=', appointmentId).execute(),
    reads.callSessionOtherAppointments().select('session_id').where('appointment_id', '=', appointmentId).execute(),
  ]);
  return [...new Set([...now.map(({ id }) => id), ...besides.map(({ session_id }) => session_id)])];
}

const links = (reads: TenantReads) => reads.callSessionCalls().select(['call_id', 'placed_session_id']);

type Link = { call_id: string; placed_session_id: string | null };

const shown = (rows: readonly Link[]): RelatedCall[] =>
  [...new Map(rows.map((row) => [row.call_id, row])).values()].map((row) => ({
    callId: row.call_id,
    placedBy: row.placed_session_id,
  }));
