import { EventStoreDBClient } from '@eventstore/db-client';

/**
 * The event store gave no proper answer. After an append the outcome is *unknown*: read before deciding again
 * (docs/event-store.md, "Surprising: the server" 1).
 */
export class EventStoreUnavailable extends Error {
  override readonly name = 'EventStoreUnavailable';
}

/** No answer came in time. */
export class EventStoreTimeout extends EventStoreUnavailable {}

/** Nothing was sent: too much was waiting for the event store, and no slot was free in time. */
export class EventStoreOverloaded extends EventStoreUnavailable {}

/** The store answers and refuses: its disk is full, it is read-only, or denies access. `reason` has no ids in it. */
export class EventStoreNotWriting extends EventStoreUnavailable {
  readonly reason: string;
  constructor(what: string, reason: string, options?: ErrorOptions) {
    super(`${what}: ${reason}`, options);
    this.reason = reason;
  }
}

/** What was read at a position is there no more: the log was restored to an earlier state, or is another one. */
export class LogReplaced extends EventStoreUnavailable {}

/** A server's answer for a position without an event (docs/event-store.md, "Reads and subscriptions"). */
export const isInvalidPosition = (error: unknown): boolean => /invalid position/i.test((error as Error).message);

/** The stream was deleted for good (a tombstone): it can never be read or written again. */
export class StreamDeleted extends Error {
  override readonly name = 'StreamDeleted';
}

/** Types of the client's errors that mean "try again later". */
const TRANSIENT_TYPES = new Set(['unavailable', 'deadline-exceeded', 'timeout', 'not-leader', 'cancelled']);

/**
 * The same as gRPC codes: cancelled, unknown, deadline exceeded, resource exhausted, internal, unavailable. On a broken
 * connection the client passes on gRPC's own error, without a type.
 */
const TRANSIENT_CODES: ReadonlySet<unknown> = new Set([1, 2, 4, 8, 13, 14]);

/** Permission denied and unauthenticated. */
const DENIED_CODES: ReadonlySet<unknown> = new Set([7, 16]);

/** The embedded node's words, and those of other stores that are out of disk or read-only. */
const NOT_WRITING =
  /the log cannot be written: [^\n]{1,100}|the disk is full|no space left on device|(?:the log|the server|server) is read[- ]only/i;

/** gRPC's words, under the code of a server that is too busy, for what is as large at the next attempt. */
const TOO_LARGE = /message (?:larger than|with a size larger than|exceeds the maximum)/i;

/**
 * Turns the client's error into `EventStoreUnavailable` or `StreamDeleted` where it means that; returns any other as it
 * is.
 */
export function asOurs(error: unknown, what: string): unknown {
  if (error instanceof EventStoreUnavailable) return error;
  const { type, code, message = '' } = error as { type?: string; code?: number; message?: string };
  if (type === 'stream-deleted') return new StreamDeleted(`${what}: ${message}`, { cause: error });
  if (type === 'access-denied' || DENIED_CODES.has(code))
    return new EventStoreNotWriting(what, 'access denied', { cause: error });
  // A batch append's error of a kind that the client does not know has no code: a server that is not ready, mostly.
  const isUnknown = type === 'unknown' && code === undefined;
  const isTransient = isUnknown || TRANSIENT_CODES.has(code) || (type !== undefined && TRANSIENT_TYPES.has(type));
  if (!isTransient || TOO_LARGE.test(message)) return error;
  const reason = NOT_WRITING.exec(message)?.[0];
  if (reason !== undefined) return new EventStoreNotWriting(what, reason, { cause: error });
  return new EventStoreUnavailable(`${what}: ${message}`, { cause: error });
}

/**
 * From sixteen pending appends on, the client (6.2.1, `batchAppend`) queues; a broken connection rejects that queue
 * where no caller can catch it, with the error its appends also get.
 */
const handled = new WeakSet<object>();

/** Marks an error that a caller has received, and the gRPC error behind it. */
export function markHandled(error: unknown): void {
  for (const one of [error, (error as { _raw?: unknown } | undefined)?._raw])
    if (typeof one === 'object' && one !== null) handled.add(one);
}

let isWatching = false;

/** Keeps the process alive at unhandled rejections with an error that a caller has received; any other ends it. */
export function ignoreHandledRejections(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('unhandledRejection', (reason) => {
    if (typeof reason !== 'object' || reason === null || !handled.has(reason)) throw reason;
  });
}

/** The client's own error quotes the address, which may hold a password. */
export function clientOf(url: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(url);
  } catch {
    throw new Error('EVENTSTORE_URL is malformed: its parts are in docs/configuration.md.');
  }
}
