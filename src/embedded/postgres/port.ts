import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A port of 127.0.0.1 that is free at this moment: the one asked for, or any for 0. */
export async function freePort(wanted: number): Promise<number | 'port taken'> {
  const server = createServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return 'port taken';
    throw new Error(`Cannot listen on 127.0.0.1:${wanted}. Choose another port for the embedded Postgres.`, {
      cause: error,
    });
  }
}
