import type { CallSessionRow } from '../../projections/tables.ts';
import type { TenantReads } from '../tenant-reads.ts';

const CALL = 'call:';

/**
 * The session with this id, or the one that holds the call of `call:<Retell call id>`: that name keeps answering
 * after the session's own id became known (docs/rules.md, "Session"). An id that is taken by a session means that one.
 * Indexes: call_sessions (tenant_id, id), call_session_calls (tenant_id, call_id).
 */
export async function findCallSession(reads: TenantReads, id: string): Promise<CallSessionRow | undefined> {
  const named = await reads.callSessions().selectAll().where('id', '=', id).executeTakeFirst();
  if (named !== undefined || !id.startsWith(CALL)) return named;
  return reads
    .callSessions()
    .selectAll()
    .where('id', '=', reads.callSessionCalls().select('session_id').where('call_id', '=', id.slice(CALL.length)))
    .executeTakeFirst();
}
