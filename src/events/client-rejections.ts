/**
 * From sixteen appends on that wait to be sent, the client queues them; when the connection breaks, what is in that queue
 * rejects where nobody can catch it (the `async` executor in `batchAppend`, @eventstore/db-client 6.2.1), and Node ends the process.
 * It rejects with the very error that the appends themselves are told: by that it is known.
 */
const told = new WeakSet<object>();

/** The error that an append was told, or the one of gRPC behind it. */
export function toldToAppend(error: unknown): void {
  for (const one of [error, (error as { _raw?: unknown } | undefined)?._raw])
    if (typeof one === 'object' && one !== null) told.add(one);
}

let isWatching = false;

/** From now on rejections that an append was told end no process; any other does, as ever. */
export function letPassWhatWasTold(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('unhandledRejection', (reason) => {
    if (typeof reason !== 'object' || reason === null || !told.has(reason)) throw reason;
  });
}
