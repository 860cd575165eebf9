import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import { type Metadata, ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';

/** What a client must show to be answered: every user of the machine reaches the port. */
export const newToken = (): string => randomBytes(32).toString('hex');

const FORM = /^[0-9a-f]{64}$/;

/** The token of a node on its own: made once, so that its address is the same at the next start. */
export function keptToken(directory: string): string {
  const path = join(directory, 'token');
  try {
    const kept = readFileSync(path, 'utf8').trim();
    if (FORM.test(kept)) return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = newToken();
  writeFileSync(`${path}.new`, `${made}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  return made;
}

/** The token as the first line of standard input: arguments and environment are for others to see. */
export function tokenFromInput(): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: process.stdin });
    lines.once('line', (line) => {
      if (FORM.test(line)) resolve(line);
      else reject(new Error('the first line of standard input must be the token: 64 hexadecimal digits'));
      lines.close();
    });
    lines.once('close', () => reject(new Error('standard input ended before the token')));
  });
}

/** The client's connection string. Without TLS the client sends no user and password, but it sends its name. */
export const addressOf = (host: string, port: number, token: string | undefined): string =>
  `esdb://${host}:${port}?tls=false${token === undefined ? '' : `&connectionName=${token}`}`;

/** What the client asks without its name; the answers say nothing of the log. */
const OPEN: ReadonlySet<string> = new Set([ServerFeaturesService.getSupportedMethods.path, GossipService.read.path]);

const REFUSAL = {
  code: status.UNAUTHENTICATED,
  details: 'the embedded node asks for its token: use the whole address that it printed, with its connectionName',
};

/** Refuses every call without the token before its first message is read. */
export function onlyWith(token: string): ServerInterceptor {
  const expected = digest(token);
  const isGiven = (metadata: Metadata): boolean => {
    const [name = ''] = metadata.get('connection-name');
    return timingSafeEqual(digest(name), expected);
  };
  return ({ path }, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, go) {
            if (OPEN.has(path) || isGiven(metadata)) go(metadata);
            else call.sendStatus(REFUSAL);
          },
        }),
    });
}

/** Of one length, so that they can be compared in constant time. */
const digest = (text: string | Buffer): Buffer => createHash('sha256').update(text).digest();
