import { setTimeout as sleep } from 'node:timers/promises';
import { type Appended, type EventLog, EventStoreUnavailable, type Expected, type NewEvent } from './event-log.ts';

/**
 * The data bytes of one append may sum to 1,048,576 on a server with default settings (docs/event-store.md, "Appends");
 * metadata and types do not count. We stay below it.
 */
export const APPEND_LIMIT = 900 * 1024;

/** What an event takes of the limit. */
const sizeOf = ({ data }: NewEvent): number =>
  data instanceof Uint8Array ? data.length : Buffer.byteLength(JSON.stringify(data));

export const fitsOneAppend = (events: readonly NewEvent[]): boolean =>
  events.length === 1 || events.reduce((bytes, event) => bytes + sizeOf(event), 0) <= APPEND_LIMIT;

/** The events in order, in as few appends as can hold them. */
function appendsOf(events: readonly NewEvent[]): readonly (readonly NewEvent[])[] {
  if (events.length <= 1) return events.length === 0 ? [] : [events];
  const appends: NewEvent[][] = [];
  let room = 0;
  for (const event of events) {
    const size = sizeOf(event);
    if (size > room || appends.length === 0) {
      appends.push([]);
      room = APPEND_LIMIT;
    }
    appends.at(-1)!.push(event);
    room -= size;
  }
  return appends;
}

/** What is known of a stream: where it stood when last looked at, and the ids of what it held. */
type Seen = { readonly revision: Expected; readonly ids: ReadonlySet<string> };

/** A stream of which nothing is known is taken to be new; the expected revision finds out when it is not. */
const UNSEEN: Seen = { revision: 'no_stream', ids: new Set() };

export type StreamMemory = {
  recall(stream: string): Seen | undefined;
  keep(stream: string, seen: Seen): void;
  forget(stream: string): void;
};

const STREAMS = 10_000;
/** A call has a handful of events; one that has very many is read again rather than kept. */
const IDS = 1000;

/** The streams that were in use last, so that they need not be read. Correctness never depends on it. */
export function streamMemory(capacity = STREAMS): StreamMemory {
  const streams = new Map<string, Seen>(); // a Map keeps the order of insertion: the first is the one not used for longest
  return {
    recall(stream) {
      const seen = streams.get(stream);
      if (seen === undefined || !streams.delete(stream)) return undefined;
      streams.set(stream, seen);
      return seen;
    },
    keep(stream, seen) {
      streams.delete(stream);
      if (seen.ids.size > IDS) return;
      streams.set(stream, seen);
      if (streams.size > capacity) streams.delete(streams.keys().next().value!);
    },
    forget: (stream) => void streams.delete(stream),
  };
}

/** The events of one stream, in order. */
export type Written = { readonly stream: string; readonly events: readonly NewEvent[] };

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
 *
 * What is too large for one append is sent in several, not waiting for the answers: each expects the revision that the one
 * before it will give. But the first goes alone, and finds out where the stream stands; and so does the last, because its
 * last event says that all the others are there.
 */
export async function appendMissing(
  stream: string,
  events: readonly NewEvent[],
  writing: Writing,
): Promise<'appended' | 'already there'> {
  const { log, memory } = writing;
  let seen = memory.recall(stream) ?? UNSEEN;
  let inDoubt = false;
  let isSure = false;
  let outcome: 'appended' | 'already there' = 'already there';
  let conflicts = 0;
  while (performance.now() < writing.deadline) {
    try {
      if (inDoubt) seen = await catchUp(log, stream, seen, seen.revision);
      inDoubt = false;
      const appends = appendsOf(events.filter(({ id }) => !seen.ids.has(id)));
      if (appends.length === 0) {
        memory.keep(stream, seen);
        return outcome;
      }
      const together = isSure && appends.length > 1 ? appends.slice(0, -1) : appends.slice(0, 1);
      for (const { batch, result } of await appendTogether(stream, seen.revision, together, log)) {
        if (result.outcome === 'conflict') {
          conflicts++;
          isSure = false;
          await sleep(Math.random() * Math.min(conflicts * 5, LONGEST_REST_MS)); // so that rivals do not keep meeting
          seen = await catchUp(log, stream, seen, result.actual);
          break;
        }
        writing.onAppended?.(result.position);
        seen = { revision: result.revision, ids: new Set([...seen.ids, ...batch.map(({ id }) => id)]) };
        outcome = 'appended';
        isSure = true;
        conflicts = 0;
      }
    } catch (error) {
      memory.forget(stream);
      if (!(error instanceof EventStoreUnavailable)) throw error;
      inDoubt = true;
      isSure = false;
      await sleep(PAUSE_MS);
    }
  }
  // Without doubt, whoever sends it again goes on where this one stopped: a large stream need not be read for that.
  if (inDoubt) memory.forget(stream);
  else memory.keep(stream, seen);
  throw new EventStoreUnavailable(`${stream}: the event store did not settle an append in time`);
}

/** Between attempts at a store that does not answer. */
const PAUSE_MS = 100;
/** Between attempts at a stream that keeps changing under us. */
const LONGEST_REST_MS = 50;

/** Large appends on their way at once: more would stand before the small ones of others. */
const UNANSWERED = 4;

type Sent = { readonly batch: readonly NewEvent[]; readonly result: Appended };

/**
 * Sends them in order and then waits for all the answers. After the first that is no success nothing more is sent, and
 * where there was no answer it throws: what was written must then be read.
 */
async function appendTogether(
  stream: string,
  revision: Expected,
  appends: readonly (readonly NewEvent[])[],
  log: EventLog,
): Promise<readonly Sent[]> {
  if (appends.length === 1) return [{ batch: appends[0]!, result: await log.append(stream, revision, appends[0]!) }];
  const sent: Promise<Sent | { readonly unknown: unknown }>[] = [];
  let expected = revision;
  let goesOn = true;
  for (const [i, batch] of appends.entries()) {
    await sent[i - UNANSWERED];
    if (!goesOn) break;
    const answer = log.append(stream, expected, batch).then(
      (result) => {
        goesOn &&= result.outcome === 'appended';
        return { batch, result };
      },
      (unknown: unknown) => {
        goesOn = false;
        return { unknown };
      },
    );
    sent.push(answer);
    expected = (expected === 'no_stream' ? -1n : expected) + BigInt(batch.length);
  }
  const settled: Sent[] = [];
  for (const one of await Promise.all(sent)) {
    if ('unknown' in one) throw one.unknown;
    settled.push(one);
  }
  return settled;
}

/** What came since. Events may be hidden (`$maxAge`): then only the conflict tells where the stream stands. */
async function catchUp(log: EventLog, stream: string, seen: Seen, actual: Expected): Promise<Seen> {
  const since = await log.read(stream, seen.revision === 'no_stream' ? {} : { from: seen.revision + 1n });
  return {
    revision: since.at(-1)?.revision ?? actual,
    ids: new Set([...seen.ids, ...since.map(({ id }) => id)]),
  };
}
