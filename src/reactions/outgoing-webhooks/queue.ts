import type { ConstructorOptions } from 'pg-boss';
import type { Logger } from 'pino';
import { pause } from '../../events/waiting.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { reactionBoss } from '../boss.ts';
import type { EndpointKey } from './deliveries.ts';

/** A job is an endpoint with something to be sent; which messages, and what became of them, is in `webhook_deliveries`. */
export const QUEUE = 'outgoing-webhooks';

const DAY_S = 86_400;
/** A process that dies loses its endpoints to others after this time; none is served for longer in one go. */
const EXPIRE_S = 60;
/** Endpoints that one process serves at once. Each waits for slow answers by itself. */
const ENDPOINTS_AT_ONCE = 40;
/** Of one tenant, in all processes, so that none can take the places of all others. */
const OF_ONE_TENANT = 10;

/** Serves an endpoint for a while; answers in how many milliseconds it is to be served again, undefined: when there is news. */
export type Serve = (endpoint: EndpointKey, signal: AbortSignal) => Promise<number | undefined>;

type QueueOptions = {
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly serve: Serve;
  readonly pollMs: number;
  readonly clock?: ConstructorOptions['clock'] | undefined;
};

export type EndpointQueue = {
  /** Has an endpoint served as soon as there is a place. */
  put(endpoint: EndpointKey): Promise<void>;
  /** Aborted when the queue cannot be read any more. */
  readonly broken: AbortSignal;
  /** Begins nothing new, and lets what is under way finish within the timeout. */
  stop(timeoutMs: number): Promise<void>;
};

export async function startQueue({ databaseUrl, logger, serve, pollMs, clock }: QueueOptions): Promise<EndpointQueue> {
  const boss = reactionBoss({
    ...{ databaseUrl, logger, clock, reaction: 'outgoing-webhooks', max: 3, schedule: false },
    ...{ superviseSeconds: 15, onError: 'outgoing_webhooks_queue' },
  });
  const [broken, stopping, cutOff] = [new AbortController(), new AbortController(), new AbortController()];
  const running = new Set<Promise<void>>();
  let wake = () => {};
  const options = ({ tenantId, endpointId }: EndpointKey) => ({ singletonKey: endpointId, group: { id: tenantId } });

  /** At once: also one that waits for a later time. */
  const put = async (endpoint: EndpointKey) => {
    await boss.upsert(QUEUE, endpoint, { ...options(endpoint), startAfter: 0 });
    wake();
  };
  /** One that waits for an earlier time stays. */
  const putLater = (endpoint: EndpointKey, inMs: number) =>
    boss.send(QUEUE, endpoint, { ...options(endpoint), startAfter: new Date(Date.now() + inMs) });

  async function run(id: string, endpoint: EndpointKey): Promise<void> {
    const againInMs = await serve(endpoint, cutOff.signal).catch((error) => {
      logger.warn({ ...endpoint, error: safeErrorMessage(error) }, 'outgoing_webhooks_postponed');
      return BREAK_MS;
    });
    // Only then, or what is put meanwhile would be dropped as a job that is there already.
    await boss.complete(QUEUE, id);
    if (againInMs !== undefined) await putLater(endpoint, againInMs);
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const batchSize = ENDPOINTS_AT_ONCE - running.size;
      const jobs =
        batchSize > 0 ? await boss.fetch<EndpointKey>(QUEUE, { batchSize, groupConcurrency: OF_ONE_TENANT }) : [];
      for (const { id, data } of jobs) {
        const one: Promise<void> = run(id, data)
          .catch((error) => broken.abort(error))
          .finally(() => {
            running.delete(one);
            wake();
          });
        running.add(one);
      }
      if (jobs.length === 0) await Promise.race([woken, pause(pollMs, stopping.signal)]);
    }
  }

  const stop = async (timeoutMs: number) => {
    stopping.abort();
    await Promise.race([Promise.all(running), pause(timeoutMs)]);
    cutOff.abort();
    await Promise.race([Promise.all(running), pause(1000)]);
    await Promise.race([boss.stop({ graceful: false }).catch(() => {}), pause(2000)]);
  };
  try {
    await boss.start();
    await boss.createQueue(QUEUE, {
      policy: 'exclusive',
      retryLimit: 1_000_000,
      retentionSeconds: 365 * DAY_S,
      deleteAfterSeconds: 600,
      expireInSeconds: EXPIRE_S,
    });
  } catch (error) {
    await stop(0);
    throw error;
  }
  work().catch((error) => broken.abort(error));
  return { put, broken: broken.signal, stop };
}

const BREAK_MS = 5000;
