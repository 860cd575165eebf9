import { selectBy, type Table, type TableName, type Tx } from '../engine/table.ts';

/** The session of each call, and what each way of telling says of it. */
export const sessionCalls: Table = {
  name: 'call_session_calls',
  columns: {
    tenant_id: 'text not null',
    call_id: 'text not null',
    session_id: 'text not null',
    own_session_id: 'text',
    placed_session_id: 'text',
    matched_session_id: 'text',
  },
  key: ['tenant_id', 'call_id'],
  indexes: ['(tenant_id, session_id)'],
};

export type LinkRow = {
  readonly tenant_id: string;
  readonly call_id: string;
  readonly session_id: string;
  /** The session that the call names itself. */
  readonly own_session_id: string | null;
  /** The first session that says it has placed the call. */
  readonly placed_session_id: string | null;
  /** The session that the phone number led to; never changes. */
  readonly matched_session_id: string | null;
};

export const linksOfCalls = (
  trx: Tx,
  table: TableName,
  calls: readonly { readonly tenantId: string; readonly callId: string }[],
): Promise<readonly LinkRow[]> => {
  const keys = calls.map(({ tenantId, callId }) => ({ tenant_id: tenantId, call_id: callId }));
  return selectBy<LinkRow>(trx, table(sessionCalls), sessionCalls, ['tenant_id', 'call_id'], distinct(keys));
};

export const linksOfSessions = (
  trx: Tx,
  table: TableName,
  sessions: readonly { readonly tenantId: string; readonly sessionId: string }[],
): Promise<readonly LinkRow[]> => {
  const keys = sessions.map(({ tenantId, sessionId }) => ({ tenant_id: tenantId, session_id: sessionId }));
  return selectBy<LinkRow>(trx, table(sessionCalls), sessionCalls, ['tenant_id', 'session_id'], distinct(keys));
};

/** A join finds a row as often as its key is given. */
export function distinct<K extends Readonly<Record<string, string>>>(keys: readonly K[]): K[] {
  return [...new Map(keys.map((key) => [JSON.stringify(Object.values(key)), key])).values()];
}
