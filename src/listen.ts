import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';

export type Listening = {
  readonly url: string;
  readonly server: Server;
  /** Resolves when every request is answered; connections that are kept alive for the next one do not count. */
  close(): Promise<void>;
};

/**
 * Longer than proxies keep an idle connection, a minute mostly: where the server is the first to close one, a request may
 * be on its way, and the proxy answers it 502. Node's own is 5 s.
 */
const KEEP_ALIVE_MS = 75_000;

/** Rejects with what to do when the address cannot be had. */
export function listen(root: OpenAPIHono, host: string, port: number): Promise<Listening> {
  const server = createServer(getRequestListener(root.fetch));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${port} of ${host} is taken. Stop what listens there, or set PORT (PORT=0 picks a free one).`,
            )
          : new Error(`Cannot listen on ${host}:${port}: ${error.message}. Set HOST and PORT.`, { cause: error }),
      ),
    );
    server.listen(port, host, () => {
      const { address, family, port: taken } = server.address() as AddressInfo;
      resolve({
        server,
        url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
        close: () => close(server),
      });
    });
  });
}

function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  server.close(() => {
    clearInterval(idle);
    resolve();
  });
  return promise;
}
