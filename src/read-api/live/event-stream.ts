import type { FeedEvent } from './feed-event.ts';
import { BEYOND_LOG, type Client, type Ending } from './listener.ts';

/** After how long a client that lost the connection comes back. */
const RETRY_MS = 2000;

/** One event. `data` is JSON, which holds no line break: whatever an id is made of, it stays inside its line. */
const event = (name: string, data: unknown, id?: string): string =>
  `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

const textOf = ({ name, cursor, data }: FeedEvent): string => event(name, data, cursor);

/**
 * A client that reads Server-Sent Events: a body for its response, and how to write to it. A write settles when the
 * one before it has left this process's hands.
 */
export function eventStream(destroy: () => void): {
  readonly body: ReadableStream<Uint8Array>;
  readonly client: Client;
} {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const gone = new AbortController();
  writer.closed.then(
    () => gone.abort(),
    () => gone.abort(),
  );
  const write = (text: string): Promise<void> => writer.write(encoder.encode(text)).catch(() => {});

  const client: Client = {
    ready: (cursor) => write(`retry: ${RETRY_MS}\n${event('ready', { cursor }, cursor)}`),
    reset: (cursor) => write(event('reset', { cursor, reason: BEYOND_LOG }, cursor)),
    events: (events) => write(events.map(textOf).join('')),
    heartbeat: () => write(': heartbeat\n\n'),
    close(reason: Ending) {
      void write(event('closed', { reason }));
      writer.close().catch(() => {});
    },
    destroy() {
      destroy();
      writer.abort().catch(() => {});
    },
    gone: gone.signal,
  };
  return { body: readable, client };
}
