import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

type Backend = { readonly socket: Socket; user: Client | undefined };
type Client = { readonly socket: Socket; waiting: Buffer[]; isLoggedIn: boolean };

/** Whole messages of the protocol: a type, and a length that counts itself. */
function* messagesIn(buffer: Buffer): Generator<Buffer> {
  for (let at = 0; at + 5 <= buffer.length; ) {
    const end = at + 1 + buffer.readInt32BE(at + 1);
    if (end > buffer.length) return;
    yield buffer.subarray(at, end);
    at = end;
  }
}

/**
 * A pooler before a Postgres, as PgBouncer is: each client logs in on a connection of its own, and with `transaction` every
 * idle connection then serves whoever speaks next, the one used last before the others or `in turn`.
 */
export async function poolerFor(
  url: string,
  mode: 'session' | 'transaction',
  order: 'last used' | 'in turn' = 'last used',
) {
  let lends = mode === 'transaction';
  const { hostname, port } = new URL(url);
  const idle: Backend[] = [];
  const backends = new Set<Backend>();
  const clients = new Set<Client>();

  const serve = (client: Client, backend: Backend) => {
    backend.user = client;
    for (const bytes of client.waiting.splice(0)) backend.socket.write(bytes);
  };
  const release = (backend: Backend) => {
    backend.user = undefined;
    const next = [...clients].find(({ waiting, isLoggedIn }) => isLoggedIn && waiting.length > 0);
    if (next) serve(next, backend);
    else idle.push(backend);
  };

  const listener = createServer((socket) => {
    const client: Client = { socket, waiting: [], isLoggedIn: false };
    const own: Backend = { socket: connect(Number(port), hostname), user: client };
    clients.add(client);
    backends.add(own);
    let rest = Buffer.alloc(0);
    own.socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (const message of messagesIn(rest)) {
        rest = rest.subarray(message.length);
        // Its own key to cancel by, as poolers give: no process of that number serves the client.
        if (message[0] === 'K'.charCodeAt(0)) message.writeInt32BE(message.readInt32BE(5) + 1_000_000, 5);
        own.user?.socket.write(message);
        if (message[0] !== 'Z'.charCodeAt(0)) continue;
        if (own.user) own.user.isLoggedIn = true;
        if (lends && message[5] === 'I'.charCodeAt(0)) release(own);
      }
    });
    socket.on('data', (bytes) => {
      const isGoodbye = bytes.length === 5 && bytes[0] === 'X'.charCodeAt(0);
      if (lends && isGoodbye) return void socket.end();
      const serving = [...backends].find(({ user }) => user === client);
      if (serving) return void serving.socket.write(bytes);
      client.waiting.push(bytes);
      const free = order === 'in turn' ? idle.shift() : idle.pop();
      if (free) serve(client, free);
    });
    const end = () => {
      clients.delete(client);
      // Its locks and statements stay where they are: that is what such a pooler does.
      if (lends && client.isLoggedIn) return;
      own.socket.destroy();
      backends.delete(own);
    };
    socket.on('error', () => {}).on('close', end);
    own.socket.on('error', () => {}).on('close', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const through = new URL(url);
  through.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: through.href,
    /** As if it had been told to from now on. */
    lend() {
      lends = true;
    },
    async stop() {
      listener.close();
      for (const { socket } of [...clients, ...backends]) socket.destroy();
    },
  };
}
