import type { WebSocket } from 'ws';
import { BEYOND_LOG, type Client, type Ending } from './listener.ts';

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
