import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { bytesOf } from './codec.ts';
import { erasureIn } from './erased.ts';
import {
  type Appended,
  type EventLog,
  EventStoreNotWriting,
  EventStoreUnavailable,
  type Expected,
  type NewEvent,
} from './event-log.ts';

/** A server takes 1,048,576 data bytes an append by default (docs/event-store.md, "Appends"). We stay below it. */
export const APPEND_LIMIT = 900 * 1024;

export function fitsOneAppend(events: readonly NewEvent[]): boolean {
  let room = events.length === 1 ? Number.POSITIVE_INFINITY : APPEND_LIMIT;
  return events.every((event) => {
    room -= bytesOf(event);
    return room >= 0;
  });
}

/** How many of the events the next append takes: as many as fit, or the first. */
function fitting(events: readonly NewEvent[]): number {
  let room = APPEND_LIMIT;
  const over = events.findIndex((event, i) => {
    room -= bytesOf(event);
    return i > 0 && room < 0;
  });
  return over < 0 ? events.length : over;
}

/** Where a stream was when last read, the ids of its events, and whether its person is erased. */
type Seen = { readonly revision: Expected; readonly ids: ReadonlySet<string>; readonly erased?: boolean };

/** An unread stream is taken to be new; the expected revision shows when it is not. */
const UNSEEN: Seen = { revision: 'no_stream', ids: new Set() };

export type StreamMemory = {
  recall(stream: string): Seen | undefined;
  keep(stream: string, seen: Seen): void;
  forget(stream: string): void;
  clear(): void;
};

const MOST_STREAMS = 10_000;
/** A call has a handful of events; a stream with very many is read again rather than kept. */
const IDS = 1000;

/** Caches the streams used last, to save reading them. Correctness never depends on it. */
export function streamMemory(): StreamMemory {
  const streams = new Map<string, Seen>(); // in order of insertion: the first is the least recently used
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
      if (streams.size > MOST_STREAMS) streams.delete(streams.keys().next().value!);
    },
    forget: (stream) => void streams.delete(stream),
    clear: () => streams.clear(),
  };
}

/** The events of one stream, in order. */
export type Written = {
  readonly stream: string;
  readonly events: readonly NewEvent[];
  /** What is written instead to a stream that was erased. Absent: nothing. */
  readonly whenErased?: () => readonly NewEvent[];
};

/** The log, a cache of its streams, and the time (performance.now) to give up at. */
export type Writing = {
  readonly log: EventLog;
  readonly memory: StreamMemory;
  readonly deadline: number;
  /** Called with the position of every acknowledged append. */
  readonly onAppended?: (position: bigint | undefined) => void;
};

/** What the stream holds, from the cache or by reading it; retries while the store is away. */
export async function look(stream: string, { log, memory, deadline }: Writing): Promise<Seen> {
  const cached = memory.recall(stream);
  if (cached !== undefined) return cached;
  for (;;) {
    try {
      const seen = await catchUp(log, stream, UNSEEN, 'no_stream');
      memory.keep(stream, seen);
      return seen;
    } catch (error) {
      if (!isWorthRepeating(error) || performance.now() + PAUSE_MS > deadline) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/**
 * Idempotent append at exact revisions of the events a stream lacks (C2). A timeout means *unknown*, so it reads before
 * retrying; a deadline bounds it, so that two writers both succeed.
 */
export async function appendMissing(
  { stream, events, whenErased = () => [] }: Written,
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
      const wanted = seen.erased ? whenErased() : events;
      const missing = wanted.filter(({ id }) => !seen.ids.has(id));
      if (missing.length === 0) {
        memory.keep(stream, seen);
        return outcome;
      }
      // The first append goes alone, since it finds the revision; so does the last, since its last event vouches for all.
      for (const { batch, result } of await appendTogether(stream, seen.revision, missing, isSure, log)) {
        if (result.outcome === 'conflict') {
          conflicts++;
          isSure = false;
          await sleep(Math.random() * Math.min(conflicts * 5, LONGEST_REST_MS)); // so that rivals do not keep meeting
          seen = await catchUp(log, stream, seen, result.actual);
          break;
        }
        writing.onAppended?.(result.position);
        seen = { ...seen, revision: result.revision, ids: new Set([...seen.ids, ...batch.map(({ id }) => id)]) };
        outcome = 'appended';
        isSure = true;
        conflicts = 0;
      }
    } catch (error) {
      memory.forget(stream);
      if (!isWorthRepeating(error)) throw error;
      inDoubt = true;
      isSure = false;
      await sleep(PAUSE_MS);
    }
  }
  // Unless in doubt, a retry continues here without reading a large stream.
  if (inDoubt) memory.forget(stream);
  else memory.keep(stream, seen);
  throw new EventStoreUnavailable(`${stream}: the event store did not settle an append in time`);
}

/** A full disk will not have room within the caller's patience. */
const isWorthRepeating = (error: unknown): boolean =>
  error instanceof EventStoreUnavailable && !(error instanceof EventStoreNotWriting);

/** Pause before asking a silent store again. */
const PAUSE_MS = 100;
/** Longest pause before retrying a stream that keeps changing. */
const LONGEST_REST_MS = 50;

/** Large appends in flight at once: more would delay the small ones of other calls. */
const UNANSWERED = 4;

type Sent = { readonly batch: readonly NewEvent[]; readonly result: Appended };

/**
 * Sends appends in order without waiting, all but the last of them or, unless `isSure`, only the first, and stops after
 * one that fails. Throws when one had no answer: read before retrying.
 */
async function appendTogether(
  stream: string,
  revision: Expected,
  events: readonly NewEvent[],
  isSure: boolean,
  log: EventLog,
): Promise<readonly Sent[]> {
  const sent: Promise<Sent | { readonly unknown: unknown }>[] = [];
  let [left, expected, goesOn] = [events, revision, true];
  do {
    const batch = left.slice(0, fitting(left));
    left = left.slice(batch.length);
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
    if (left.length > 0) await nextTurn(); // each takes some milliseconds
    await sent[sent.length - UNANSWERED];
  } while (goesOn && isSure && fitting(left) < left.length);
  const settled: Sent[] = [];
  for (const one of await Promise.all(sent)) {
    if ('unknown' in one) throw one.unknown;
    settled.push(one);
  }
  return settled;
}

/** Reads what came since. Events may be hidden (`$maxAge`): then only the conflict tells the revision. */
async function catchUp(log: EventLog, stream: string, seen: Seen, actual: Expected): Promise<Seen> {
  const since = await log.read(stream, seen.revision === 'no_stream' ? {} : { from: seen.revision + 1n });
  return {
    revision: since.at(-1)?.revision ?? actual,
    ids: new Set([...seen.ids, ...since.map(({ id }) => id)]),
    erased: seen.erased === true || erasureIn(since) !== undefined,
  };
}
