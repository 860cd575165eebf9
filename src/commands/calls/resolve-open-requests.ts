import type { Settled } from './look-for-call.ts';
import { openRequests, type ReadOptions } from './open-requests.ts';
import type { Placements } from './placements.ts';
import type { SessionOf } from './retell-api.ts';

export type ResolveOptions = ReadOptions & {
  readonly placements: Pick<Placements, 'settle'>;
  /** For how long they are looked for, all of them together; absent: each for as long as it is worth it. */
  readonly forMs?: number;
};

/** Lists are asked for this many at once: a start must not use up Retell's request rate. */
const AT_ONCE = 16;

/**
 * What a crash has left: requests that are on record and nobody knows what came of them. Asks Retell's lists for each
 * and puts the answer on record; never dials. At the start, once the tenants are known, and with each reconciliation:
 * several processes may do it at once, and beside one that is just dialling.
 */
export async function resolveOpenRequests(options: ResolveOptions): Promise<Readonly<Record<Settled, number>>> {
  const { placements, logger, signal, forMs } = options;
  const todo = [...(await openRequests(options))].sort(() => Math.random() - 0.5); // so that none is always the last
  const ends = forMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(forMs)]);
  const look = { briefly: forMs !== undefined, signal: ends };
  const result: Record<Settled, number> = { placed: 0, failed: 0, open: 0 };
  const settled = (session: SessionOf) =>
    placements.settle(session, look).catch((error: Error): Settled => {
      logger.error({ event: 'placement_open', ...session, error: error.name }, 'left to the next reconciliation');
      return 'open';
    });
  const worker = async () => {
    for (let next = todo.pop(); next !== undefined; next = todo.pop())
      result[ends.aborted ? 'open' : await settled(next)]++;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (result.placed + result.failed + result.open > 0)
    logger.info({ event: 'open_requests_resolved', ...result }, 'requests that a crash had left open');
  return result;
}
