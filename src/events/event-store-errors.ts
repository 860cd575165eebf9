/**
 * The event store did not answer as it should. After an append this means *unknown*: it may have been
 * written or may be yet. Read before deciding again (docs/event-store.md, "Surprising: the server" 1).
 */
export class EventStoreUnavailable extends Error {
  override readonly name = 'EventStoreUnavailable';
}

/** Nothing was asked of the event store: so much waits for its answer that there was no room in time. */
export class EventStoreOverloaded extends EventStoreUnavailable {}

/** The stream was deleted for good (a tombstone): nothing can be read from it or written to it any more, ever. */
export class StreamDeleted extends Error {
  override readonly name = 'StreamDeleted';
}

/** What means "try again later": types of the client's errors. */
const TRANSIENT_TYPES = new Set(['unavailable', 'deadline-exceeded', 'timeout', 'not-leader', 'cancelled', 'unknown']);

/**
 * The same as codes of gRPC: cancelled, unknown, deadline exceeded, internal (a connection or a stream that was closed by a
 * fault) and unavailable. Where a connection breaks, the client hands on gRPC's own error, without a type.
 */
const TRANSIENT_CODES: ReadonlySet<unknown> = new Set([1, 2, 4, 13, 14]);

/** `EventStoreUnavailable` or `StreamDeleted` in the place of an error of the client that means so; any other as it is. */
export function asOurs(error: unknown, what: string): unknown {
  if (error instanceof EventStoreUnavailable) return error;
  const { type, code, message } = error as { type?: string; code?: number; message?: string };
  if (type === 'stream-deleted') return new StreamDeleted(`${what}: ${message}`, { cause: error });
  if (TRANSIENT_CODES.has(code) || (type !== undefined && TRANSIENT_TYPES.has(type)))
    return new EventStoreUnavailable(`${what}: ${message}`, { cause: error });
  return error;
}

/**
 * From sixteen appends on that wait to be sent, the client queues them; when the connection breaks, what is in that queue
 * rejects where nobody can catch it (the `async` executor in `batchAppend`, @eventstore/db-client 6.2.1), and Node ends the process.
 * It rejects with the very error that the appends themselves are told: by that it is known.
 */
const handled = new WeakSet<object>();

/** The error that an append was told, or the one of gRPC behind it. */
export function markHandled(error: unknown): void {
  for (const one of [error, (error as { _raw?: unknown } | undefined)?._raw])
    if (typeof one === 'object' && one !== null) handled.add(one);
}

let isWatching = false;

/** From now on rejections that an append was told end no process; any other does, as ever. */
export function ignoreHandledRejections(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('unhandledRejection', (reason) => {
    if (typeof reason !== 'object' || reason === null || !handled.has(reason)) throw reason;
  });
}
