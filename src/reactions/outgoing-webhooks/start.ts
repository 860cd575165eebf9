import { Kysely, PostgresDialect } from 'kysely';
import type { ConstructorOptions } from 'pg-boss';
import type { Logger } from 'pino';
import type { EventLog } from '../../events/event-log.ts';
import { pause, stoppable } from '../../events/waiting.ts';
import { connect } from '../../postgres/connection.ts';
import { tryLock } from '../../postgres/mutex.ts';
import { createPool } from '../../postgres/pool.ts';
import type { Administration } from '../../tenants/administration.ts';
import type { OpenTenantDirectory } from '../../tenants/directory.ts';
import { prepareTables } from '../migrations.ts';
import { attemptAgain, mutexOf, startPosition, thenWaiting } from '../reaction.ts';
import type { EndpointKey } from './deliveries.ts';
import { follow, REACTION } from './follow.ts';
import { failingEndpoints, unsentDeliveries } from './health.ts';
import { type EndpointQueue, startQueue } from './queue.ts';
import { serveEndpoints } from './serve.ts';

export type OutgoingWebhooksOptions = {
  readonly log: EventLog;
  readonly directory: Pick<OpenTenantDirectory, 'webhookEndpoints' | 'ready'>;
  readonly administration: Pick<Administration, 'changeWebhookEndpoint'>;
  readonly databaseUrl: string;
  /** `WEBHOOK_ALLOW_PRIVATE` */
  readonly allowPrivate: boolean;
  /** `WEBHOOK_RETRY_SECONDS` */
  readonly retrySeconds: readonly number[];
  readonly logger: Logger;
  /** Ends it, as `stop()` does. */
  readonly signal?: AbortSignal;
  readonly pace?: Partial<Pace>;
  /** pg-boss's, where a test moves the time. */
  readonly clock?: ConstructorOptions['clock'];
};

type Pace = {
  /** How often a process that does not lead tries to. */
  readonly standbyMs: number;
  /** How often the read model is looked at for what has changed. */
  readonly everyMs: number;
  /** How often the queue is looked at for endpoints to be served. */
  readonly pollMs: number;
  /** How often it is recorded where an endpoint's deliveries are, at most: so much is sent again when Postgres is lost. */
  readonly marksEveryMs: number;
  /** How long an answer is waited for. */
  readonly answerMs: number;
  /** How long `stop` waits for what is under way. */
  readonly stopMs: number;
};

const usualPace: Pace = {
  standbyMs: 2000,
  everyMs: 200,
  pollMs: 500,
  marksEveryMs: 10_000,
  answerMs: 15_000,
  stopMs: 5000,
};

export type OutgoingWebhooksStatus = {
  /** `idle`: there is no endpoint. `waiting`: a store is away, and `error` says which. */
  readonly state: 'idle' | 'waiting' | 'standby' | 'following';
  readonly caughtUp: boolean;
  readonly position: string | null;
  readonly error?: string;
  /** Attempts of this process since it started, by what came of them. */
  readonly delivered: number;
  readonly failed: number;
  readonly dead: number;
};

export type OutgoingWebhooks = {
  /** Reads memory only, so it may be called at any rate. */
  status(): OutgoingWebhooksStatus;
  /** Active endpoints of which every attempt has failed, since when. Rejects when Postgres does not answer. */
  failing(): ReturnType<typeof failingEndpoints>;
  /** Deliveries that wait, and that were given up. Rejects likewise. */
  unsent(): ReturnType<typeof unsentDeliveries>;
  /** For routes. */
  readonly db: Kysely<unknown>;
  /** Has an endpoint served soon; what cannot be put is found by the next sweep. */
  wake(endpoint: EndpointKey): Promise<void>;
  /** Lets messages that are under way finish. */
  stop(): Promise<void>;
};

type Running = {
  readonly status: { -readonly [K in keyof OutgoingWebhooksStatus]: OutgoingWebhooksStatus[K] };
  readonly signal: AbortSignal;
  readonly db: Kysely<unknown>;
  queue: EndpointQueue | undefined;
};

const LOOK_FOR_ENDPOINTS_MS = 200;
/** A replay may be large. */
const STATEMENT_MS = 60_000;

/** Sends tenants' news to their webhook endpoints until it is stopped. Never throws; waits for stores that are away. */
export function startOutgoingWebhooks(options: OutgoingWebhooksOptions): OutgoingWebhooks {
  const { logger, databaseUrl, directory } = options;
  const { signal, stop } = stoppable(options.signal);
  const pool = createPool(databaseUrl, { name: REACTION, max: 6, statementMs: STATEMENT_MS });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const counts = { delivered: 0, failed: 0, dead: 0 };
  const status: Running['status'] = { state: 'idle', caughtUp: false, position: null, ...counts };
  const running: Running = { status, signal, db, queue: undefined };
  const attempt = async (onWell: () => void) => {
    // Where there is no endpoint, none of this costs anything.
    while (!signal.aborted && !(directory.ready() && directory.webhookEndpoints().length > 0))
      await pause(LOOK_FOR_ENDPOINTS_MS, signal);
    if (signal.aborted) return;
    await thenWaiting(status, () => session(options, running, onWell));
  };
  const ended = attemptAgain(attempt, { signal, logger, status, onInterrupted: 'outgoing_webhooks_interrupted' });
  return {
    db,
    status: () => ({ ...status }),
    async failing() {
      const active = new Set(directory.webhookEndpoints().flatMap(({ id, state }) => (state === 'active' ? [id] : [])));
      return status.state === 'idle' ? [] : (await failingEndpoints(db)).filter((one) => active.has(one.endpointId));
    },
    unsent: async () => (status.state === 'idle' ? { pending: 0, dead: 0 } : unsentDeliveries(db)),
    async wake(endpoint) {
      await running.queue?.put(endpoint).catch(() => {});
    },
    async stop() {
      stop();
      await ended;
      await db.destroy();
    },
  };
}

/** Until something breaks: the queue in every process, the reading of what has changed in one of them. */
async function session(options: OutgoingWebhooksOptions, running: Running, onWell: () => void): Promise<void> {
  const { log, databaseUrl, directory, administration, logger, clock } = options;
  const pace = { ...usualPace, ...options.pace };
  const { status, db, signal } = running;
  const start = await startPosition(log, REACTION, 'end');
  await using connection = await connect(databaseUrl, REACTION);
  await prepareTables(connection.db);
  const serve = serveEndpoints({
    ...{ db, logger, answerMs: pace.answerMs, allowPrivate: options.allowPrivate, retrySeconds: options.retrySeconds },
    isReady: directory.ready,
    endpointOf: ({ tenantId, endpointId }) => directory.webhookEndpoints(tenantId).find(({ id }) => id === endpointId),
    pause: ({ tenantId, endpointId }) =>
      administration.changeWebhookEndpoint(tenantId, { endpointId, state: 'paused', reason: 'gone' }),
    onAttempt(word) {
      status[word] += 1;
    },
  });
  const queue = await startQueue({ databaseUrl, logger, serve, pollMs: pace.pollMs, clock });
  running.queue = queue;
  const until = AbortSignal.any([signal, connection.lost, queue.broken]);
  try {
    onWell();
    status.state = 'standby';
    while (!until.aborted && !(await tryLock(connection.db, mutexOf(REACTION)))) await pause(pace.standbyMs, until);
    if (until.aborted) throw until.reason;
    status.state = 'following';
    await follow({
      ...{
        log,
        db: connection.db,
        start,
        logger,
        signal: until,
        everyMs: pace.everyMs,
        marksEveryMs: pace.marksEveryMs,
      },
      endpoints: () => directory.webhookEndpoints(),
      put: queue.put,
      onProgress({ position, caughtUp }) {
        status.position = `${position}`;
        status.caughtUp = caughtUp;
      },
    });
    if (!signal.aborted) throw until.reason;
  } finally {
    running.queue = undefined;
    await queue.stop(pace.stopMs);
  }
}
