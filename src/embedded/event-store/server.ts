import http2 from 'node:http2';
import { OperationsService } from '@eventstore/db-client/generated/operations_grpc_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { append, batchAppend, softDelete, tombstone } from './appends.ts';
import { commitQueue } from './commit-queue.ts';
import { openLogReader } from './log-reader.ts';
import { addOtherServices } from './other-services.ts';
import { commitSignal, reads } from './reads.ts';
import { scavenges } from './scavenges.ts';
import { addressOf, onlyWith } from './token.ts';

// A live server reads an append of any size and refuses it; this node stops reading here.
const MAX_MESSAGE = 64 * 1024 * 1024;
const PATIENCE_MS = 500;

/** With Node's own window of 64 KiB a large append takes sixteen round trips, and small ones wait behind it. */
const WINDOW = 4 * 1024 * 1024;
const { createServer } = http2;
// grpc-js has no option for it, and makes its server by this function; in this process nothing else does.
http2.createServer = ((options: http2.ServerOptions) => {
  const server = createServer({ ...options, settings: { ...options.settings, initialWindowSize: WINDOW } });
  return server.on('session', (session) => session.setLocalWindowSize(WINDOW));
}) as typeof createServer;

type Node = {
  /** the client's connection string */
  readonly url: string;
  readonly stop: () => Promise<void>;
  /** Rejects when the log can no longer be written. */
  readonly broken: Promise<never>;
};

/** Serves the log in that file, to those who have the token if there is one. Methods that are not here answer UNIMPLEMENTED, which is gRPC's own default. */
export async function serve(file: string, host: string, port: number, token: string | undefined): Promise<Node> {
  const commits = commitSignal();
  const queue = await commitQueue(file, commits.notify);
  const log = openLogReader(file);
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE,
    interceptors: token === undefined ? [] : [onlyWith(token)],
  });

  // Events are stored as the bytes that are sent.
  const read = { ...StreamsService.read, responseSerialize: asBuffer };
  const streams: UntypedServiceImplementation = {
    read: reads(log, commits),
    append: append(queue),
    batchAppend: batchAppend(queue, commits),
    delete: softDelete(queue),
    tombstone: tombstone(queue),
  };
  server.addService({ ...StreamsService, read } as unknown as typeof StreamsService, streams);
  server.addService(OperationsService, scavenges(queue, commits));
  addOtherServices(server);

  return {
    url: addressOf(nameOf(host), await listen(server, host, port), token),
    broken: queue.broken,
    async stop() {
      // Subscriptions and batch calls never end by themselves.
      commits.end();
      await new Promise<void>((resolve) => {
        // A client may not read on.
        setTimeout(resolve, PATIENCE_MS);
        server.tryShutdown(() => resolve());
      });
      await queue.idle();
      server.forceShutdown();
      log.close();
      // Last, so that SQLite folds its write-ahead log in and the events are one file again.
      await queue.close();
    },
  };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const nameOf = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function listen(server: Server, host: string, port: number): Promise<number> {
  const address = `${nameOf(host)}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (!error) return resolve(bound);
      const taken = error.message.includes('EADDRINUSE');
      reject(
        new Error(
          taken
            ? `port ${port} of ${host} is taken: stop what listens there, or choose another with --port (0 takes a free one)`
            : `cannot listen on ${address}: ${error.message}`,
          { cause: error },
        ),
      );
    });
  });
}
