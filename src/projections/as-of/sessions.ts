import type { CallState, Correlation } from '../../model/call.ts';
import { told } from '../../model/latest.ts';
import type { RequestState } from '../../model/session.ts';
import { isBefore, type Position } from '../calls/position.ts';
import { ownSessionId, type Session } from '../calls/session.ts';

/** What the streams that may have had to do with some sessions come to, by a moment. */
export type Parts<Fields extends Correlation> = {
  readonly tenantId: string;
  readonly calls: readonly CallState<Fields>[];
  /** Those of all sessions that have ever placed one of the calls are among them. */
  readonly requests: readonly RequestState[];
};

/**
 * The session that a call belonged to; undefined: nobody had heard of it. The order is that of `calls/membership.ts`,
 * which decides the same for the read model.
 */
export function sessionIdOf(callId: string, { calls, requests }: Parts<Correlation>): string | undefined {
  const call = calls.find((one) => one.callId === callId && one.first);
  const placedBy = firstToPlace(callId, requests);
  if (!call) return placedBy;
  return told(call.known, 'callSessionId') ?? placedBy ?? call.linked?.id ?? ownSessionId(callId);
}

function firstToPlace(callId: string, requests: readonly RequestState[]): string | undefined {
  let first: { readonly sessionId: string; readonly position: Position } | undefined;
  for (const { sessionId, placed } of requests) {
    const position = Object.hasOwn(placed, callId) ? placed[callId]!.position : undefined;
    if (position !== undefined && (!first || isBefore(position, first.position))) first = { sessionId, position };
  }
  return first?.sessionId;
}

/** These sessions as they were; one that nothing was known of is left out. */
export function sessionsOf<Fields extends Correlation>(
  ids: readonly string[],
  parts: Parts<Fields>,
): Session<Fields>[] {
  const { tenantId, requests } = parts;
  const heardOf = parts.calls.filter(({ first }) => first !== undefined);
  const bySession = Map.groupBy(heardOf, ({ callId }) => sessionIdOf(callId, parts)!);
  return ids.flatMap((id) => {
    const request = requests.find(({ sessionId }) => sessionId === id);
    const calls = bySession.get(id) ?? [];
    return request || calls.length > 0 ? [{ tenantId, id, request, calls }] : [];
  });
}
