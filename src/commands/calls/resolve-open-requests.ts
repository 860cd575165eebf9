import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import { parseStream, prefixOf } from '../../events/streams.ts';
import type { Placements, Settled } from './placements.ts';
import type { SessionOf } from './retell-api.ts';
import { evolve, isOpen, type SessionRecord, sessionRecord } from './session-record.ts';

export type ResolveOptions = {
  readonly log: EventLog;
  readonly placements: Pick<Placements, 'settle'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** The sessions to look at; absent: all that the log holds. */
  readonly sessions?: readonly SessionOf[];
};

/** Lists are asked for this many at once: a start must not use up Retell's request rate. */
const AT_ONCE = 16;

/**
 * What a crash has left: requests that are on record and nobody knows what came of them. Asks Retell's lists for each
 * and puts the answer on record; never dials. At the start, once the tenants are known, and again at any time: several
 * processes may do it at once, and beside one that is just dialling.
 */
export async function resolveOpenRequests(options: ResolveOptions): Promise<Readonly<Record<Settled, number>>> {
  const { placements, logger, signal, sessions } = options;
  const todo = [...(sessions ?? (await openRequests(options)))];
  const result: Record<Settled, number> = { placed: 0, failed: 0, open: 0 };
  const settled = (session: SessionOf) =>
    placements.settle(session).catch((error: Error): Settled => {
      logger.error({ event: 'placement_open', ...session, error: error.name }, 'left to the next start');
      return 'open';
    });
  const worker = async () => {
    for (let next = todo.pop(); next !== undefined && !signal.aborted; next = todo.pop()) result[await settled(next)]++;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (result.placed + result.failed + result.open > 0)
    logger.info({ event: 'open_requests_resolved', ...result }, 'requests that a crash had left open');
  return result;
}

/** Sessions with a request and no word on what came of it, as the log has it now. */
export async function openRequests(options: Pick<ResolveOptions, 'log' | 'logger' | 'signal'>): Promise<SessionOf[]> {
  const { log, logger, signal } = options;
  const open = new Map<string, SessionRecord>();
  const onBreak = (error: unknown, retryInMs: number) =>
    logger.warn({ reason: 'subscription_broken', error: (error as Error).name, retryInMs }, 'open requests');
  for await (const { events, caughtUp } of log.subscribe({ prefixes: [prefixOf('session')], signal, onBreak })) {
    for (const recorded of events) {
      try {
        const record = evolve(open.get(recorded.stream) ?? sessionRecord([]), recorded);
        if (isOpen(record)) open.set(recorded.stream, record);
        else open.delete(recorded.stream);
      } catch {
        logger.error({ reason: 'session_event_broken', position: `${recorded.position}` }, 'passed over');
      }
    }
    if (caughtUp) break;
  }
  return [...open.keys()].flatMap((stream) => {
    const name = parseStream(stream);
    return name === undefined ? [] : [{ tenantId: name.tenantId, sessionId: name.id }];
  });
}
