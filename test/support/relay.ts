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
  const postponed: (() => void)[] = [];

  // Half open: who is held does not answer a goodbye either.
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    if (closed) return void client.destroy();
    const server = connect({ port: Number(target.port || 2113), host: target.hostname, allowHalfOpen: true });
    const pair = { client, server };
    pairs.add(pair);
    client.setNoDelay();
    server.setNoDelay();
    for (const [from, to, name] of [
      [client, server, 'client'],
      [server, client, 'server'],
    ] as const) {
      from.on('data', (bytes) => to.write(bytes));
      // The end of a stream passes by a pause.
      const unlessHeld = (say: () => void) => (held === name ? void postponed.push(say) : say());
      from.on('end', () => unlessHeld(() => to.end()));
      from.on('error', () => {});
      from.on('close', () => {
        pairs.delete(pair);
        unlessHeld(() => to.destroy());
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
      for (const say of postponed.splice(0)) say();
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
      for (const say of postponed.splice(0)) say();
      cut();
    },
  };
}
