import { setTimeout as sleep } from 'node:timers/promises';
import {
  BACKWARDS,
  binaryEvent,
  END,
  FORWARDS,
  jsonEvent,
  NO_STREAM,
  START,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { Message } from 'google-protobuf';
import { type AppendHealth, appendHealth } from './append-health.ts';
import { refuseUnappendable } from './codec.ts';
import { concurrencyLimit } from './concurrency-limit.ts';
import { withoutErased } from './erased.ts';
import {
  asOurs,
  clientOf,
  EventStoreNotWriting,
  EventStoreOverloaded,
  EventStoreUnavailable,
  ignoreHandledRejections,
  LogReplaced,
  markHandled,
  StreamDeleted,
} from './event-store-errors.ts';
import { abandon, answered, at, newest, oldest } from './read-all.ts';
import {
  type Appended,
  type Expected,
  type NewEvent,
  type Place,
  type ReadOptions,
  type Recorded,
  recordedOf,
} from './recorded.ts';
import { type Scavenged, scavenge } from './scavenging.ts';
import { places } from './shares.ts';
import { parseStream } from './streams.ts';
import { type Subscription, type SubscriptionOptions, subscribe } from './subscription.ts';
import { deleteStream, holds, truncateBefore } from './truncation.ts';

export type { Appended, Expected, NewEvent, ReadOptions };
export { EventStoreNotWriting, EventStoreOverloaded, EventStoreUnavailable, LogReplaced, StreamDeleted };

export type EventLog = {
  /**
   * Appends all events or none, in order of the calls. Throws EventStoreUnavailable after `withinMs`,
   * EventStoreOverloaded when it could not be sent, StreamDeleted, and UnrecordableEvent.
   */
  append(stream: string, expected: Expected, events: readonly NewEvent[], withinMs?: number): Promise<Appended>;
  /**
   * The events of a stream; none when it does not exist. Read forwards to the end, what was erased is replaced by what is
   * left of it (erased.ts). Throws EventStoreUnavailable, StreamDeleted.
   */
  read(stream: string, options?: ReadOptions): Promise<Recorded[]>;
  /**
   * Hides the events before a revision; a scavenge removes them. Answers the position of what says so. Repeatable.
   * Throws EventStoreUnavailable.
   */
  truncateBefore(stream: string, revision: bigint): Promise<bigint | undefined>;
  /**
   * Hides all events, behind a last one that holds nothing; new ones go on after it. Undefined: there never was one.
   * Repeatable. Throws EventStoreUnavailable.
   */
  deleteStream(stream: string): Promise<bigint | undefined>;
  /**
   * Whether what was hidden up to a position is gone from the disks of all nodes; starts what does it. Ask again after
   * some time. Throws EventStoreUnavailable.
   */
  scavenge(position: bigint): Promise<Scavenged>;
  /** The position of the newest event in `$all`, or undefined for an empty log. Throws EventStoreUnavailable. */
  head(): Promise<bigint | undefined>;
  /** The newest events of all streams, newest first, `before` a position. Throws EventStoreUnavailable. */
  newest(max: number, before?: bigint): Promise<Recorded[]>;
  /** The event at exactly this position; undefined: there is none. Throws EventStoreUnavailable. */
  at(position: bigint): Promise<Recorded | undefined>;
  /** Whether an event is in this log at its place, or was until a scavenge. Throws EventStoreUnavailable. */
  holds(place: Place): Promise<boolean>;
  /** The first event in `$all`: another log has another one. Throws EventStoreUnavailable. */
  oldest(): Promise<Recorded | undefined>;
  /** Events of streams with one of the prefixes, in order, endlessly; see subscription.ts. */
  subscribe(options: SubscriptionOptions): Subscription;
  /** Since when every append has failed, and why; empty while appends succeed. */
  writing(): AppendHealth;
  /** Forgets what was seen of the log: it may be in another state. */
  forget(): void;
  /** Ends the connection. Only when the process ends: it rejects the pending appends of every client. */
  close(): Promise<void>;
};

type EventLogOptions = {
  /** How long to wait for the answer to an append or for the next event of a read. */
  readonly timeoutMs?: number;
  /** Called when appends have failed for long, and when they succeed again. */
  readonly onAppendHealth?: (health: AppendHealth) => void;
};

/**
 * The event log over one EventStoreDB or a cluster. **One per process**: all clients share one table of pending appends
 * (docs/event-store.md, "Surprising: the client" 3).
 */
export function connectEventLog(url: string, { timeoutMs = 3000, onAppendHealth }: EventLogOptions = {}): EventLog {
  // The client announces its own keep-alive settings on the console; ours is a service with structured logs.
  const client = clientOf(url);
  ignoreHandledRejections();
  Message.bytesAsU8 = bytesOf;
  const tooLate = () => new EventStoreOverloaded(`too much waits for the event store: no room in ${timeoutMs} ms`);
  const atOnce = (most: number) =>
    concurrencyLimit({ slots: places(most), queueMs: timeoutMs, holdMs: LOST_AFTER_MS, tooLate });
  const [appending, reading] = [atOnce(APPENDS_AT_ONCE), atOnce(READS_AT_ONCE)];
  const health = appendHealth((...probe) => log.append(...probe), onAppendHealth);
  const log: EventLog = {
    async append(stream, expected, events, withinMs = timeoutMs) {
      refuseUnappendable(events);
      try {
        const leave = await appending(tenantOf(stream));
        const expectedRevision = expected === 'no_stream' ? NO_STREAM : expected;
        const call = client.appendToStream(stream, events.map(toClient), { expectedRevision });
        call.catch(markHandled).then(leave); // also after a timeout
        const result = await answered(call, Math.min(withinMs, timeoutMs), `append to ${stream}`);
        health.appended(result.position?.commit);
        return { outcome: 'appended', revision: result.nextExpectedRevision, position: result.position?.commit };
      } catch (error) {
        if (error instanceof WrongExpectedVersionError) return { outcome: 'conflict', actual: actualOf(error) };
        const ours = asOurs(error, `append to ${stream}`);
        health.failed(ours);
        throw ours;
      }
    },

    async read(stream, { from, backwards = false, max } = {}) {
      const leave = await reading(tenantOf(stream));
      const streaming = client.readStream(stream, {
        direction: backwards ? BACKWARDS : FORWARDS,
        fromRevision: from ?? (backwards ? END : START),
        ...(max === undefined ? {} : { maxCount: max }),
      });
      const events: Recorded[] = [];
      const iterator = streaming[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await answered(iterator.next(), timeoutMs, `read ${stream}`);
          if (next.done) return backwards || max !== undefined ? events : withoutErased(events, from);
          if (next.value.event) events.push(recordedOf(next.value.event));
        }
      } catch (error) {
        if (error instanceof StreamNotFoundError) return [];
        throw asOurs(error, `read ${stream}`);
      } finally {
        abandon(streaming);
        leave();
      }
    },

    truncateBefore: (stream, revision) => truncateBefore(log, stream, revision),
    deleteStream: (stream) => deleteStream(client, timeoutMs, log, stream),
    scavenge: (position) => scavenge(client, log.read, position),

    head: async () => (await log.newest(1))[0]?.position,
    async newest(max, before) {
      const events = await newest(client, timeoutMs, max, before);
      if (before === undefined) health.seen(events[0]?.position);
      return events;
    },
    at: (position) => at(client, timeoutMs, position),
    oldest: () => oldest(client, timeoutMs),

    holds: (place) => holds(log, place),
    subscribe: (options) => subscribe(client, log.holds, options),
    writing: health.now,
    forget: health.forget,
    async close() {
      health.stop();
      await Promise.race([client.dispose(), sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    },
  };
  return log;
}

/**
 * The client (6.2.1) decodes JSON events from Base64 letter by letter, twice: half a second for ten megabytes. Node
 * takes milliseconds.
 */
function bytesOf(value: Uint8Array | string): Uint8Array {
  if (typeof value !== 'string') return value;
  const { buffer, byteOffset, length } = Buffer.from(value, 'base64');
  return new Uint8Array(buffer, byteOffset, length);
}

/** Reads what is left of a stream: nothing when it was deleted for good. */
export async function readLeft(
  log: Pick<EventLog, 'read'>,
  stream: string,
  options?: ReadOptions,
): Promise<Recorded[]> {
  try {
    return await log.read(stream, options);
  } catch (error) {
    if (error instanceof StreamDeleted) return [];
    throw error;
  }
}

/** A busy machine answers this many well within a second; more would look unanswered. */
const APPENDS_AT_ONCE = 100;
/** Abandoned reads are reset, and a server closes a connection with too many resets (Node: 33 a second). */
const READS_AT_ONCE = 64;
/** The client gives a connection up after 20 s of silence. */
const LOST_AFTER_MS = 60_000;
/** `dispose` waits for every open call, even a broken one; a shutdown should not. */
const CLOSE_WITHIN_MS = 2000;

/** Whose turn it is: a tenant with much to write or read keeps no other waiting. */
const tenantOf = (stream: string): string => parseStream(stream)?.tenantId ?? '';

const toClient = ({ id, type, data, metadata }: NewEvent) =>
  data instanceof Uint8Array
    ? binaryEvent({ id, type, data, metadata: metadata as Record<string, unknown> })
    : jsonEvent({ id, type, data: data as Record<string, unknown>, metadata: metadata as Record<string, unknown> });

const actualOf = (error: WrongExpectedVersionError): Expected =>
  typeof error.actualVersion === 'bigint' ? error.actualVersion : 'no_stream';
