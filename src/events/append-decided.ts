import { type EventLog, EventStoreUnavailable, type NewEvent } from './event-log.ts';
import type { Recorded } from './recorded.ts';

/** What came of a decision; nothing appended means that it was already so. */
export type Decided = {
  readonly appended: readonly NewEvent[];
  /** The position of the stream's newest event as of the decision; who has read this far knows its result. */
  readonly position: bigint | undefined;
};

/** A writer loses a round only to another one that won it, so this is also how many may write at once. */
const ATTEMPTS = 20;

/**
 * Load → decide → append at the revision just read; a conflict is read and decided again (C2).
 * `decide` gives the events to append, `[]` where they are there already, or a word that says why not.
 * Throws EventStoreUnavailable: whether it was written is then unknown, and deciding again finds out.
 */
export async function appendDecided<Refusal extends string = never>(
  log: EventLog,
  stream: string,
  decide: (seen: readonly Recorded[]) => readonly NewEvent[] | Refusal,
): Promise<Decided | Refusal> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const seen = await log.read(stream);
    const newest = seen.at(-1);
    const decision = decide(seen);
    if (typeof decision === 'string') return decision;
    if (decision.length === 0) return { appended: [], position: newest?.position };
    const result = await log.append(stream, newest?.revision ?? 'no_stream', decision);
    if (result.outcome === 'appended') return { appended: decision, position: result.position ?? newest?.position };
  }
  throw new EventStoreUnavailable(`${stream} changed under us ${ATTEMPTS} times`);
}
