import type { Fact } from '../../events/codec.ts';
import { type PendingText, withPersonal } from '../../events/personal-text.ts';
import type { RequestState } from '../../model/session.ts';
import { reduceStream, type StreamState, type WholeCall } from '../../model/stream-state.ts';
import type { Session } from '../calls/session.ts';
import type { Description } from './description.ts';

/** A session while the facts of all its streams come in, for those who have only the facts: history, time travel. */
export type SessionFold = {
  readonly tenantId: string;
  readonly id: string;
  readonly streams: ReadonlyMap<string, StreamState>;
  readonly pending: PendingText;
};

export const noFactsYet = (tenantId: string, id: string): SessionFold => ({
  tenantId,
  id,
  streams: new Map(),
  pending: {},
});

/** Undefined instead of the fact: it was a part of a later one. */
export function withFact(fold: SessionFold, recorded: Fact): readonly [SessionFold, Fact | undefined] {
  const [pending, fact] = withPersonal(fold.pending, recorded);
  if (!fact) return [{ ...fold, pending }, undefined];
  const streams = new Map(fold.streams);
  streams.set(fact.stream, reduceStream(streams.get(fact.stream), fact));
  return [{ ...fold, pending, streams }, fact];
}

/** Undefined: nothing has happened in it yet. */
export function sessionOf({ tenantId, id, streams }: SessionFold): Session<Description> | undefined {
  const states = [...streams.values()];
  const request = states.find((state): state is RequestState => 'sessionId' in state);
  const calls = states.filter((state): state is WholeCall => 'callId' in state && state.first !== undefined);
  return request || calls.length > 0 ? { tenantId, id, request, calls } : undefined;
}
