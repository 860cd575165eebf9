// A file, and so a process, of its own: there is one event-store client per process, and this one has never met a server.
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { connectEventLog, EventStoreUnavailable } from '../../src/events/event-log.ts';

/** A port that nobody listens on. */
const closedPort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

test('a log whose server was never there is unavailable, whatever is asked of it', async () => {
  const log = connectEventLog(`esdb://127.0.0.1:${await closedPort()}?tls=false`);
  const event = { id: crypto.randomUUID(), type: 'Happened', data: {}, metadata: {} };
  await expect(log.append('call-acme.1', 'no_stream', [event])).rejects.toBeInstanceOf(EventStoreUnavailable);
  await expect(log.read('call-acme.1')).rejects.toBeInstanceOf(EventStoreUnavailable);
  await expect(log.head()).rejects.toBeInstanceOf(EventStoreUnavailable);
  await log.close();
});
