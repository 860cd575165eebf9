import { createServer } from 'node:net';

/** For a server that somebody has to know of before it is there, or that comes back at the same place. */
export const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
