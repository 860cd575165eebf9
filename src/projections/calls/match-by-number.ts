import { isBefore, type Position } from './position.ts';

/** A request that waits for its call. */
export type Opening = {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly toNumber: string;
  readonly requestedAt: string;
  readonly position: Position;
};

/** A call whose first fact names no session. */
export type Stray = {
  readonly tenantId: string;
  readonly callId: string;
  readonly toNumber: string;
  readonly recordedAt: string;
  readonly position: Position;
};

/** Sessions that have stopped waiting, and where in the log they did. */
export type Closings = Map<string, Position>;

export const openingKey = (tenantId: string, sessionId: string): string => `${tenantId}.${sessionId}`;

const numberKey = ({ tenantId, toNumber }: Opening | Stray): string => `${tenantId}.${toNumber}`;

/**
 * The fallback of A6: a call without a session belongs to the only request of the same tenant and number that was
 * still waiting when the call was first heard of, and not for too long. Decided at the call's first fact, in the order
 * of the log, and never again: so it is the same however the log is cut into batches. Closes what it matches.
 */
export function matchByNumber(
  strays: readonly Stray[],
  openings: readonly Opening[],
  closings: Closings,
  windowMs: number,
): ReadonlyMap<Stray, string> {
  const matches = new Map<Stray, string>();
  const byNumber = Map.groupBy(openings, numberKey);
  for (const stray of strays.toSorted((a, b) => (isBefore(a.position, b.position) ? -1 : 1))) {
    const waiting = (byNumber.get(numberKey(stray)) ?? []).filter((opening) =>
      isWaiting(opening, stray, closings, windowMs),
    );
    const only = waiting.length === 1 ? waiting[0] : undefined;
    if (!only) continue;
    matches.set(stray, only.sessionId);
    closings.set(openingKey(only.tenantId, only.sessionId), stray.position);
  }
  return matches;
}

function isWaiting(opening: Opening, stray: Stray, closings: Closings, windowMs: number): boolean {
  const closedAt = closings.get(openingKey(opening.tenantId, opening.sessionId));
  const waitedMs = Date.parse(stray.recordedAt) - Date.parse(opening.requestedAt);
  return (
    isBefore(opening.position, stray.position) &&
    (closedAt === undefined || isBefore(stray.position, closedAt)) &&
    waitedMs <= windowMs
  );
}
