import { decode, type Fact, UnreadableFact } from '../../events/codec.ts';
import { type PendingText, withPersonal } from '../../events/personal-text.ts';
import type { Place, Recorded } from '../../events/recorded.ts';
import { callStream, parseStream, sessionStream } from '../../events/streams.ts';
import type { CallFact } from '../../model/call-fact.ts';
import { comparedNumber } from '../../model/phone.ts';

/** A call that belongs to a session which it does not name. */
export type Link = {
  readonly tenantId: string;
  readonly callId: string;
  readonly sessionId: string;
  /** The call's first fact, which decided it. */
  readonly fact: CallFact;
};

type WaitingRequests = {
  /** Applies the next event of the log; returns the link that follows from it. */
  apply(event: Recorded): Link | undefined;
  /** Reading the log again from after this event gives the same decisions; undefined: from its start. */
  resumeAfter(): Place | undefined;
};

type Request = { readonly sessionId: string; readonly number: string; readonly at: number };

/** Positions per window to resume at. */
const MARKS = 60;

/**
 * The fallback of A6: a call without a session belongs to the only waiting request of its tenant and number. Decided in the
 * order of the log, so that reading it again decides the same.
 */
export function waitingRequests(windowMs: number): WaitingRequests {
  /** By session stream. */
  const waiting = new Map<string, Request>();
  const byNumber = new Map<string, Set<string>>();
  /** When sessions got their call, and when calls were placed; by stream. */
  const closed = new Map<string, number>();
  const placed = new Map<string, number>();
  /** By call stream: the text parts of calls whose first fact is still to come. */
  const pendingTexts = new Map<string, PendingText>();
  const marks: { readonly at: number; readonly place: Place }[] = [];

  function stopWaiting(session: string): void {
    const request = waiting.get(session);
    if (!request) return;
    waiting.delete(session);
    const others = byNumber.get(request.number)!;
    others.delete(session);
    if (others.size === 0) byNumber.delete(request.number);
  }

  function close(session: string, at: number): void {
    stopWaiting(session);
    if (!closed.has(session)) closed.set(session, at);
  }

  function forget(at: number): void {
    const since = at - windowMs;
    for (const [session, request] of waiting) {
      if (request.at >= since) break;
      stopWaiting(session);
    }
    for (const times of [closed, placed])
      for (const [stream, time] of times) {
        if (time >= since) break;
        times.delete(stream);
      }
  }

  function mark(at: number, place: Place): void {
    const last = marks.at(-1);
    if (last && at - last.at < windowMs / MARKS) return;
    marks.push({ at, place });
    while (marks[1] && marks[1].at <= at - windowMs) marks.shift();
  }

  /** The call's first fact, whole; undefined: this is not it. */
  function firstOf(fact: Fact): CallFact | undefined {
    const pending = fact.revision === 0n ? {} : pendingTexts.get(fact.stream);
    if (!pending) return undefined;
    pendingTexts.delete(fact.stream);
    if (fact.type !== 'CallTextPart' && 'callId' in fact.data) return withPersonal(pending, fact)[1] as CallFact;
    pendingTexts.set(fact.stream, withPersonal(pending, fact)[0]);
    return undefined;
  }

  function linkOf(fact: CallFact, tenantId: string, callId: string, at: number): Link | undefined {
    const { direction, personal } = fact.data;
    if (direction === 'inbound' || direction === 'web' || placed.has(fact.stream)) return undefined;
    const number = comparedNumber(personal?.toNumber, fact.metadata.defaultRegion);
    const [session, another] = byNumber.get(`${tenantId} ${number}`) ?? [];
    if (number === undefined || session === undefined || another !== undefined) return undefined;
    const { sessionId } = waiting.get(session)!;
    close(session, at);
    return { tenantId, callId, sessionId, fact };
  }

  function linkAfter(fact: Fact): Link | undefined {
    const { tenantId, id } = parseStream(fact.stream)!;
    const at = Date.parse(fact.recordedAt);
    switch (fact.type) {
      case 'CallRequested': {
        const number = comparedNumber(fact.data.toNumber, fact.metadata.defaultRegion);
        if (number === undefined || closed.has(fact.stream) || waiting.has(fact.stream)) return undefined;
        const request = { sessionId: id, number: `${tenantId} ${number}`, at };
        waiting.set(fact.stream, request);
        byNumber.set(request.number, (byNumber.get(request.number) ?? new Set()).add(fact.stream));
        return undefined;
      }
      case 'CallPlaced':
        placed.set(callStream(tenantId, fact.data.retellCallId), at);
        close(fact.stream, at);
        return undefined;
      case 'CallPlacementFailed':
      case 'SessionErased': // it has no number any more
        close(fact.stream, at);
        return undefined;
      case 'CallLinked':
        close(sessionStream(tenantId, fact.data.sessionId), at);
        return undefined;
    }
    const first = firstOf(fact);
    const named = 'callSessionId' in fact.data ? fact.data.callSessionId : undefined;
    if (named !== undefined) close(sessionStream(tenantId, named), at);
    return first && named === undefined ? linkOf(first, tenantId, id, at) : undefined;
  }

  return {
    apply(event) {
      const at = Date.parse(event.recordedAt);
      forget(at);
      mark(at, { position: event.position, id: event.id });
      try {
        const fact = decode(event);
        return fact && linkAfter(fact);
      } catch (error) {
        // It decides nothing here; the projection parks its stream and logs it.
        if (error instanceof UnreadableFact) return undefined;
        throw error;
      }
    },
    resumeAfter() {
      const [oldest, newest] = [marks[0], marks.at(-1)];
      return oldest && newest && oldest.at <= newest.at - windowMs ? oldest.place : undefined;
    },
  };
}
