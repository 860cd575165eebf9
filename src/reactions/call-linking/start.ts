import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { CallEvent } from '../../events/call-facts.ts';
import { type Decider, handle } from '../../events/decider.ts';
import { type EventLog, StreamDeleted } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import { type FactMetadata, occurrenceOf } from '../../events/metadata.ts';
import { callStream, prefixOf } from '../../events/streams.ts';
import { pause, stoppable } from '../../events/waiting.ts';
import { connect } from '../../postgres/connection.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { tryLock } from '../../postgres/mutex.ts';
import { prepareTables } from '../migrations.ts';
import { attemptAgain, loadCheckpoint, mutexOf, saveCheckpoint, startPosition } from '../reaction.ts';
import { type Link, waitingRequests } from './waiting-requests.ts';

type CallLinkingOptions = {
  readonly log: EventLog;
  readonly databaseUrl: string;
  /** `SESSION_MATCH_MINUTES`: how long a request may wait for a call that does not name it. */
  readonly matchMinutes: number;
  readonly logger: Logger;
  /** Ends it, as `stop()` does. */
  readonly signal?: AbortSignal;
  /** How often a process that does not lead tries to. */
  readonly standbyMs?: number;
  readonly now?: () => number;
};

export type CallLinking = { stop(): Promise<void> };

const REACTION = 'call-linking';

/** The checkpoint is a whole window behind anyway, so it need not be saved often. */
const SAVE_EVERY_MS = 10_000;

/** Links calls that name no session to the request for their phone number (A6). Never throws; waits for stores that are away. */
export function startCallLinking(options: CallLinkingOptions): CallLinking {
  const { databaseUrl, logger, standbyMs = 2000 } = options;
  const { signal, stop } = stoppable(options.signal);

  /** One process reads the log; its lock ends with its connection. */
  async function lead(onWell: () => void): Promise<void> {
    await using connection = await connect(databaseUrl, REACTION);
    const { db, lost } = connection;
    const until = AbortSignal.any([signal, lost]);
    await prepareTables(db);
    onWell();
    while (!until.aborted && !(await tryLock(db, mutexOf(REACTION)))) await pause(standbyMs, until);
    if (!until.aborted) await follow(options, db, until);
    if (!signal.aborted) throw lost.reason;
  }

  const ended = attemptAgain(lead, { signal, logger, onInterrupted: 'call_linking_interrupted' });
  return {
    async stop() {
      stop();
      await ended;
    },
  };
}

async function follow(options: CallLinkingOptions, db: Kysely<unknown>, signal: AbortSignal): Promise<void> {
  const { log, matchMinutes, logger } = options;
  const { id: origin } = await startPosition(log, REACTION, 'start');
  const kept = await loadCheckpoint({ db, log, logger }, REACTION, origin);
  const requests = waitingRequests(matchMinutes * 60_000);
  let savedAt = performance.now();
  const batches = log.subscribe({
    prefixes: [prefixOf('call'), prefixOf('session')],
    ...{ after: kept?.position, place: kept?.place },
    maxBatch: 1000,
    signal,
    onBreak: (error, retryInMs) =>
      logger.warn({ error: safeErrorMessage(error), retryInMs }, 'call_linking_subscription_broken'),
  });
  for await (const { events } of batches) {
    const links = events.map(requests.apply).filter((link) => link !== undefined);
    await Promise.all(links.map((link) => record(options, link)));
    if (performance.now() - savedAt < SAVE_EVERY_MS) continue;
    savedAt = performance.now();
    const place = requests.resumeAfter();
    if (place !== undefined) await saveCheckpoint(db, REACTION, origin, place);
  }
}

/** A call is linked once; its other facts need not be readable. */
const linking: Decider<boolean, Pick<Link, 'sessionId'>, Extract<CallEvent, { readonly type: 'CallLinked' }>> = {
  initialState: false,
  evolve: (isLinked, { type }) => isLinked || type === 'CallLinked',
  decide: ({ sessionId }, isLinked) =>
    isLinked ? [] : [{ type: 'CallLinked', data: { sessionId, by: 'phone_number' } }],
};

/** Appends the link unless the call has one already. */
async function record({ log, logger, now = Date.now }: CallLinkingOptions, link: Link): Promise<void> {
  const { tenantId, callId, sessionId, fact } = link;
  const stream = callStream(tenantId, callId);
  const metadata: FactMetadata = {
    tenantId,
    source: 'command',
    receivedAt: new Date(now()).toISOString(),
    // A link tells nothing new of the call, so it has the time of the fact it follows from.
    occurredAt: occurrenceOf(fact.metadata),
    $correlationId: callId,
    $causationId: fact.id,
  };
  try {
    const { appended } = await handle(log, stream, linking, link, metadata, () => uuidOf(stream, 'CallLinked'));
    if (appended.length === 0) return;
    const ids = { tenant_id: tenantId, call_id: callId, session_id: sessionId };
    logger.info({ event: 'matched_by_phone_number', ...ids }, 'notice');
  } catch (error) {
    if (!(error instanceof StreamDeleted)) throw error;
  }
}
