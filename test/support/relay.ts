import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Relay = {
  /** The connection string of the server behind it, through the relay. */
  readonly url: string;
  /** Breaks every connection; new ones are let through. What was held is lost. */
  cut(): void;
  /** Until `release`, what comes from the client or from the server goes no further. */
  hold(from: 'client' | 'server'): void;
  release(): void;
  /** From now on nobody gets through; `open` ends it. */
  close(): void;
  open(): void;
  /** The server has come back at another place; for connections from now on. */
  leadTo(url: string): void;
  stop(): Promise<void>;
};

type Pair = { readonly client: Socket; readonly server: Socket };

/** A network that can be broken on purpose, before one plain (`tls=false`), single node. */
export async function relayTo(url: string): Promise<Relay> {
  let target = new URL(url);
  const pairs = new Set<Pair>();
  let held: 'client' | 'server' | undefined;
  let closed = false;

  const listener = createServer((client) => {
    if (closed) return void client.destroy();
    const server = connect(Number(target.port || 2113), target.hostname);
    const pair = { client, server };
    pairs.add(pair);
    client.setNoDelay();
    server.setNoDelay();
    for (const [from, to, name] of [
      [client, server, 'client'],
      [server, client, 'server'],
    ] as const) {
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
      if (held === name) from.pause();
    }
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');

  const cut = () => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  };
  const through = new URL(url);
  through.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: through.href,
    cut,
    hold(from) {
      held = from;
      for (const pair of pairs) pair[from].pause();
    },
    release() {
      held = undefined;
      for (const { client, server } of pairs) {
        client.resume();
        server.resume();
      }
    },
    close() {
      closed = true;
      cut();
    },
    open() {
      closed = false;
    },
    leadTo(moved) {
      target = new URL(moved);
    },
    async stop() {
      listener.close();
      cut();
    },
  };
}
