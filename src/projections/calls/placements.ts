import { callStream } from '../../events/streams.ts';
import type { RequestState } from '../../model/session.ts';
import type { Change } from '../engine/projection.ts';
import { isBefore, type Position } from './position.ts';

export type Placement = {
  readonly tenantId: string;
  readonly callId: string;
  readonly sessionId: string;
  readonly position: Position;
};

/** By call stream: the first session that says it has placed this call. */
export function placements(requests: readonly Change<RequestState>[]): ReadonlyMap<string, Placement> {
  const first = new Map<string, Placement>();
  for (const { after } of requests) {
    const { tenantId, sessionId } = after;
    for (const [callId, { position }] of Object.entries(after.placed)) {
      const stream = callStream(tenantId, callId);
      const known = first.get(stream);
      if (!known || isBefore(position, known.position)) first.set(stream, { tenantId, callId, sessionId, position });
    }
  }
  return first;
}
