import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Caller } from '../../http/bearer.ts';
import type { Feed } from './feed.ts';
import { type Cursor, type FeedEvent, formatCursor } from './feed-event.ts';

/** Why the feed ends a connection. */
type Ending = 'too_slow' | 'key_revoked' | 'shutting_down';

/** One client, by whichever transport. Each promise settles when the client can take more; none may reject. */
export type Client = {
  ready(cursor: string): Promise<void>;
  /** Its cursor was beyond the end of the log, so it goes on at this one. */
  reset(cursor: string): Promise<void>;
  events(events: readonly FeedEvent[]): Promise<void>;
  heartbeat(): Promise<void>;
  /** Sends the reason after what was sent before, and closes. */
  close(reason: Ending): void;
  /** Ends the connection, whatever is still to be sent. */
  destroy(): void;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
};

export type Listener = { end(reason: Ending): void; readonly ended: Promise<void> };

type Pace = {
  readonly heartbeatMs: number;
  /** For how long a client may take nothing of what it is sent. */
  readonly stalledMs: number;
};

/** The reason that a client gets when it has to begin anew. */
const BEYOND_LOG = 'cursor_beyond_log';

/** How long a client may read the reason before its connection is cut. */
const GRACE_MS = 2000;

/**
 * Sends a client its tenant's events until one of the two ends it. The next ones are only read when it has taken
 * those before; who takes nothing for too long is dropped, and can resume.
 */
export function listen(
  client: Client,
  { tenantId, keyId }: Caller,
  cursor: Cursor,
  { feed, pace, logger }: { feed: Feed; pace: Pace; logger: Pick<Logger, 'debug' | 'warn'> },
): Listener {
  const stopped = new AbortController();
  const until = AbortSignal.any([stopped.signal, client.gone]);

  const end = (reason: Ending) => {
    if (until.aborted) return;
    stopped.abort();
    logger[reason === 'too_slow' ? 'warn' : 'debug']({ event: 'live_closed', tenantId, keyId, reason }, 'live feed');
    client.close(reason);
    const grace = setTimeout(() => client.destroy(), GRACE_MS).unref();
    client.gone.addEventListener('abort', () => clearTimeout(grace));
  };

  let underWay = 0;
  const sent = async (sending: Promise<void>) => {
    underWay++;
    const stalled = setTimeout(() => end('too_slow'), pace.stalledMs);
    await sending;
    clearTimeout(stalled);
    underWay--;
  };
  // A client that still has something to take needs no sign of life.
  const beat = setInterval(() => underWay === 0 && void sent(client.heartbeat()), pace.heartbeatMs);

  const run = async () => {
    try {
      for await (const word of feed.follow(tenantId, cursor, until)) {
        if ('events' in word) await sent(client.events(word.events));
        else if ('ready' in word) await sent(client.ready(formatCursor(word.ready)));
        else {
          logger.warn({ event: 'live_reset', tenantId, keyId, reason: BEYOND_LOG }, 'live feed');
          await sent(client.reset(formatCursor(word.reset)));
        }
        if (until.aborted) return;
      }
    } finally {
      clearInterval(beat);
    }
  };
  const ended = run();
  return { end, ended };
}

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

/** RFC 6455: policy violation, going away; IANA: try again later. */
const codes: Readonly<Record<Ending, number>> = { key_revoked: 1008, shutting_down: 1001, too_slow: 1013 };

/**
 * A client at the other end of a WebSocket: the events of the event stream, each as a message
 * `{event, id, data}`. A send settles when the message has left this process's hands.
 */
export function webSocketClient(socket: WebSocket): Client {
  const gone = new AbortController();
  let unanswered = 0;
  socket.on('close', () => gone.abort());
  socket.on('error', () => socket.terminate()); // a broken frame, or one that is too large
  socket.on('pong', () => {
    unanswered = 0;
  });
  const send = (event: string, id: string, data: unknown): Promise<void> =>
    new Promise((resolve) => socket.send(JSON.stringify({ event, id, data }), () => resolve()));

  return {
    ready: (cursor) => send('ready', cursor, { cursor }),
    reset: (cursor) => send('reset', cursor, { cursor, reason: BEYOND_LOG }),
    async events(events) {
      await Promise.all(events.map(({ name, cursor, data }) => send(name, cursor, data)));
    },
    async heartbeat() {
      if (unanswered >= 2) return socket.terminate(); // nobody is there any more
      unanswered++;
      socket.ping();
    },
    close: (reason) => socket.close(codes[reason], reason),
    destroy: () => socket.terminate(),
    gone: gone.signal,
  };
}

/** Answers a request for an upgrade that is not granted, and ends its connection. */
export async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set('content-length', `${body.length}`);
  headers.set('connection', 'close');
  const status = `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status]}`;
  const head = [status, ...[...headers].map(([name, value]) => `${name}: ${value}`)];
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
}
