import { setTimeout as sleep } from 'node:timers/promises';
import { type EventLog, EventStoreUnavailable, type Expected, type NewEvent } from '../../events/event-log.ts';
import { APPEND_LIMIT, fitsOneAppend, sizeOf } from './append-limit.ts';
import { type Seen, type StreamMemory, UNSEEN } from './stream-memory.ts';

/** The log, what is remembered of its streams, and until when (performance.now) it makes sense to go on. */
export type Writing = {
  readonly log: EventLog;
  readonly memory: StreamMemory;
  readonly deadline: number;
  /** Told of the position of every append that was acknowledged. */
  readonly onAppended?: (position: bigint | undefined) => void;
};

/** What the stream holds, from memory or by reading it; a store that is gone for a moment is waited for. */
export async function look(stream: string, { log, memory, deadline }: Writing): Promise<Seen> {
  const known = memory.recall(stream);
  if (known !== undefined) return known;
  for (;;) {
    try {
      const seen = await catchUp(log, stream, UNSEEN, 'no_stream');
      memory.keep(stream, seen);
      return seen;
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable) || performance.now() + PAUSE_MS > deadline) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/**
 * Appends, in order and at exact revisions, those of the events that the stream lacks; the answer tells whether it
 * lacked the last one. Read, decide, append; on a conflict read what came since and decide again (C2). No answer
 * from the store means *unknown*: read before deciding again, never take it for not written. The deadline bounds it:
 * a count of attempts would refuse one of two processes that write to the same call at once.
 * A stream that nothing is known of is taken for new, without reading it.
 */
export async function appendMissing(
  stream: string,
  events: readonly NewEvent[],
  writing: Writing,
): Promise<'appended' | 'already there'> {
  const { log, memory, deadline } = writing;
  let seen = memory.recall(stream) ?? UNSEEN;
  let inDoubt = false;
  let outcome: 'appended' | 'already there' = 'already there';
  let conflicts = 0;
  while (performance.now() < deadline) {
    try {
      if (inDoubt) seen = await catchUp(log, stream, seen, seen.revision);
      inDoubt = false;
      const batch = fitting(events.filter(({ id }) => !seen.ids.has(id)));
      if (batch.length === 0) {
        memory.keep(stream, seen);
        return outcome;
      }
      const result = await log.append(stream, seen.revision, batch);
      if (result.outcome === 'conflict') {
        conflicts++;
        await sleep(Math.random() * Math.min(conflicts * 5, LONGEST_REST_MS)); // so that rivals do not keep meeting
        seen = await catchUp(log, stream, seen, result.actual);
      } else {
        writing.onAppended?.(result.position);
        seen = { revision: result.revision, ids: new Set([...seen.ids, ...batch.map(({ id }) => id)]) };
        outcome = 'appended';
        conflicts = 0;
      }
    } catch (error) {
      memory.forget(stream);
      if (!(error instanceof EventStoreUnavailable)) throw error;
      inDoubt = true;
      await sleep(PAUSE_MS);
    }
  }
  memory.forget(stream);
  throw new EventStoreUnavailable(`${stream}: the event store did not settle an append in time`);
}

/** Between attempts at a store that does not answer. */
const PAUSE_MS = 100;
/** Between attempts at a stream that keeps changing under us. */
const LONGEST_REST_MS = 50;

/** As many of the events as fit one append. */
function fitting(events: readonly NewEvent[]): readonly NewEvent[] {
  if (fitsOneAppend(events)) return events;
  let bytes = 0;
  const over = events.findIndex((event) => {
    bytes += sizeOf(event);
    return bytes > APPEND_LIMIT;
  });
  return events.slice(0, Math.max(1, over));
}

/** What came since. Events may be hidden (`$maxAge`): then only the conflict tells where the stream stands. */
async function catchUp(log: EventLog, stream: string, seen: Seen, actual: Expected): Promise<Seen> {
  const since = await log.read(stream, seen.revision === 'no_stream' ? {} : { from: seen.revision + 1n });
  return {
    revision: since.at(-1)?.revision ?? actual,
    ids: new Set([...seen.ids, ...since.map(({ id }) => id)]),
  };
}
