import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { decode } from '../../events/codec.ts';
import type { EventLog, Expected } from '../../events/event-log.ts';
import type { Recorded } from '../../events/recorded.ts';
import { OPEN_REQUESTS_SEEN, OpenRequestsSeen } from '../../events/session-facts.ts';
import { parseStream, prefixOf, reactionStream } from '../../events/streams.ts';
import type { Settled } from './look-for-call.ts';
import type { Placements } from './placements.ts';
import type { SessionOf } from './retell-api.ts';

const STREAM = reactionStream('open-requests');
/** More are not remembered, but read again: an event has its limits. */
const KEPT = 1000;

type ReadOptions = { readonly log: EventLog; readonly logger: Logger; readonly signal: AbortSignal };

/**
 * Sessions whose request has no result in the log. The log records how far it was read for this and what was open, so
 * only the first reading covers everything.
 */
export async function openRequests({ log, logger, signal }: ReadOptions): Promise<readonly SessionOf[]> {
  const [before] = await log.read(STREAM, { backwards: true, max: 1 });
  const seen = before && OpenRequestsSeen.parse(before.data);
  const open = new Map((seen?.open ?? []).map((session) => [key(session), session]));
  const onBreak = (error: unknown, retryInMs: number) =>
    logger.warn({ reason: 'subscription_broken', error: (error as Error).name, retryInMs }, 'open requests');
  const after = seen?.after === undefined ? undefined : BigInt(seen.after);
  let last: bigint | undefined;
  for await (const { events, caughtUp } of log.subscribe({ prefixes: [prefixOf('session')], after, signal, onBreak })) {
    for (const recorded of events) note(open, recorded, logger);
    last = events.at(-1)?.position ?? last;
    if (caughtUp) break;
  }
  // What was read goes as far as our own last word at least, in a log that hears of no more requests too.
  const upTo = last ?? before?.position;
  if (!signal.aborted && open.size <= KEPT) await remember(log, upTo, [...open.values()], before?.revision);
  return [...open.values()];
}

const key = ({ tenantId, sessionId }: SessionOf) => `${tenantId}.${sessionId}`;

/** A session's first fact is its request; any other one says what came of it. */
function note(open: Map<string, SessionOf>, recorded: Recorded, logger: Logger): void {
  try {
    const fact = decode(recorded);
    const name = parseStream(recorded.stream);
    if (fact === undefined || name === undefined) return;
    const session = { tenantId: name.tenantId, sessionId: name.id };
    if (fact.type === 'CallRequested') open.set(key(session), session);
    else open.delete(key(session));
  } catch {
    logger.error({ reason: 'session_event_broken', position: `${recorded.position}` }, 'passed over');
  }
}

/** Of two processes that read at once the log takes one's word; the other's is as true, and not needed. */
async function remember(
  log: EventLog,
  upTo: bigint | undefined,
  open: SessionOf[],
  revision: Expected = 'no_stream',
): Promise<void> {
  const data = { ...(upTo !== undefined && { after: `${upTo}` }), open };
  await log
    .append(STREAM, revision, [{ id: randomUUID(), type: OPEN_REQUESTS_SEEN, data, metadata: {} }])
    .catch(() => {});
}

type ResolveOptions = ReadOptions & {
  readonly placements: Pick<Placements, 'settle'>;
  /** For how long they are looked for, all of them together; absent: each for as long as it is worth it. */
  readonly forMs?: number;
};

/** Lists are asked for this many at once: a start must not use up Retell's request rate. */
const AT_ONCE = 16;

/**
 * Resolves requests that a crash left without a result: asks Retell's lists and records the answer, but never dials.
 * Safe in several processes at once and beside one that is dialling.
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
