import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { earlyAnswer } from './http/request-body.ts';

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

/** Node's own are a minute for the headers and five for a request, looked at twice a minute: half a request is cheap to send. */
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 30_000;
const LOOKED_AT_EVERY_MS = 2000;

/** Rejects with what to do when the address cannot be had. */
export function listen(root: OpenAPIHono, host: string, port: number, maxConnections?: number): Promise<Listening> {
  const closing = new AbortController();
  const answer = async (request: Request, env: unknown) => {
    const response = await root.fetch(request, env as HttpBindings);
    return earlyAnswer((env as HttpBindings).incoming, response, closing.signal);
  };
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      connectionsCheckingInterval: LOOKED_AT_EVERY_MS,
    },
    // We read the rest of a body ourselves, because its own cleanup closes connections that we keep alive.
    getRequestListener(answer, { autoCleanupIncoming: false }),
  );
  if (maxConnections !== undefined) server.maxConnections = maxConnections;
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.on('error', (error) => reject(cannotListen(host, port, error)));
    server.listen(port, host, () => {
      const { address, family, port: taken } = server.address() as AddressInfo;
      resolve({
        server,
        url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
        close: () => {
          closing.abort();
          return close(server, open);
        },
      });
    });
  });
}

const cannotListen = (host: string, port: number, error: NodeJS.ErrnoException): Error =>
  error.code === 'EADDRINUSE'
    ? new Error(`Port ${port} of ${host} is taken. Stop what listens there, or set PORT (PORT=0 picks a free one).`)
    : new Error(`Cannot listen on ${host}:${port}: ${error.message}. Set HOST and PORT.`, { cause: error });

/** Rejects, with what to do, when the address cannot be had now; it is free again when this resolves. */
export async function refuseTakenPort(host: string, port: number): Promise<void> {
  const server = createTcpServer();
  server.listen(port, host);
  await once(server, 'listening').catch((error) => {
    throw cannotListen(host, port, error);
  });
  server.close();
  await once(server, 'close');
}

function close(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const idle = setInterval(() => {
    server.closeIdleConnections();
    // Node does not count those as idle that have never asked, such as a client's spare one.
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  }, 20);
  server.close(() => {
    clearInterval(idle);
    resolve();
  });
  return promise;
}
