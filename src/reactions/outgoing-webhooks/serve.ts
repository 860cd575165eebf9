import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { pause } from '../../events/waiting.ts';
import { liveGeneration } from '../../projections/engine/generations.ts';
import type { WebhookEndpoint } from '../../tenants/webhook-endpoints.ts';
import type { Allowed } from './addresses.ts';
import { dataOf } from './changes.ts';
import {
  type Delivery,
  deleteDeliveriesOf,
  type EndpointKey,
  nextDeliveries,
  nextDueIn,
  type Outcome,
  postpone,
  recordAttempt,
  webhookIdOf,
} from './deliveries.ts';
import { endpointAnswers, endpointFails } from './health.ts';
import { type Answered, post } from './post.ts';
import type { Serve } from './queue.ts';
import { signedHeaders, signingSecrets } from './signature.ts';

export type ServeOptions = Allowed & {
  readonly db: Kysely<unknown>;
  readonly endpointOf: (key: EndpointKey) => WebhookEndpoint | undefined;
  /** False as long as it is not known which endpoints there are. */
  readonly isReady: () => boolean;
  /** Pauses an endpoint that is gone for good. */
  readonly pause: (endpoint: EndpointKey) => Promise<unknown>;
  /** Seconds between attempts; after the last of them a delivery is given up. */
  readonly retrySeconds: readonly number[];
  readonly logger: Logger;
  /** How long an answer is waited for. */
  readonly answerMs: number;
  /** For the counters. */
  readonly onAttempt: (word: 'delivered' | 'failed' | 'dead') => void;
};

/** Messages to one endpoint under way at once. */
const AT_ONCE = 5;
/** Nothing new is begun after this time: others wait for the place. */
const SLICE_MS = 10_000;
/** How soon what has come meanwhile is seen. */
const LOOK_MS = 250;
/** How soon what cannot be sent yet is looked at again. */
const NOT_YET_MS = 5000;
const NO_SECRET_MS = 60_000;

/** Sends what is due to one endpoint, several at a time, each call's in the order of the log. */
export function serveEndpoints(options: ServeOptions): Serve {
  const { db, endpointOf, isReady } = options;
  return async (key, signal) => {
    const until = performance.now() + SLICE_MS;
    const underWay = new Map<string, Promise<unknown>>();
    const failures: unknown[] = [];
    for (let isAny = true; isAny || underWay.size > 0; ) {
      const endpoint = isReady() ? endpointOf(key) : undefined;
      if (!isReady()) return NOT_YET_MS;
      if (!endpoint) {
        await deleteDeliveriesOf(db, key);
        return undefined;
      }
      if (endpoint.secrets.length === 0) return NO_SECRET_MS; // none opens: it has to be rotated
      const isOver = performance.now() > until || signal.aborted || failures.length > 0;
      const limit = isOver ? 0 : AT_ONCE - underWay.size;
      const which = { isPaused: endpoint.state === 'paused', limit, underWay: [...underWay.keys()] };
      const due = limit > 0 ? await nextDeliveries(db, key, which) : [];
      for (const delivery of due)
        underWay.set(
          delivery.id,
          attempt(options, endpoint, delivery, signal)
            .catch((error) => failures.push(error))
            .finally(() => underWay.delete(delivery.id)),
        );
      isAny = due.length > 0;
      if (underWay.size > 0) await Promise.race([...underWay.values(), ...(limit > 0 ? [pause(LOOK_MS)] : [])]);
    }
    if (failures.length > 0) throw failures[0];
    const endpoint = endpointOf(key);
    const inMs = endpoint && (await nextDueIn(db, key, { isPaused: endpoint.state === 'paused' }));
    // One that is due and was not sent waits for another one of its call.
    return inMs === undefined ? undefined : Math.max(inMs, performance.now() < until ? LOOK_MS : 0);
  };
}

async function attempt(
  options: ServeOptions,
  endpoint: WebhookEndpoint,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<void> {
  const { db, allowPrivate, answerMs, onAttempt } = options;
  const body = await bodyOf(db, delivery);
  if (body === 'not_yet') return postpone(db, delivery.id, NOT_YET_MS);
  if (body === 'gone') return record(options, delivery, { state: 'dead', failure: 'gone' });
  const now = Date.now();
  const secrets = signingSecrets(endpoint.secrets, now);
  const message = { secrets, id: webhookIdOf(delivery), timestamp: Math.floor(now / 1000), body };
  const answered = await post(endpoint.url, signedHeaders(message), body, { allowPrivate, limitMs: answerMs, signal });
  if (signal.aborted && !('status' in answered)) return; // it goes again, under the same id
  if ('status' in answered && answered.status === 410)
    await options.pause({ tenantId: delivery.tenantId, endpointId: delivery.endpointId });
  const outcome = outcomeOf(answered, delivery, options);
  await record(options, delivery, outcome);
  onAttempt(outcome.state === 'pending' ? 'failed' : outcome.state);
  if (outcome.state === 'delivered') await endpointAnswers(db, delivery);
  else await endpointFails(db, delivery);
}

/** The same bytes each time, as long as the read model shows the same. */
export async function bodyOf(db: Kysely<unknown>, delivery: Delivery): Promise<string | 'not_yet' | 'gone'> {
  const { type, position, tenantId, subject, changedAt } = delivery;
  const timestamp = changedAt.toISOString();
  if (position === null || type === 'endpoint.test') return JSON.stringify({ type, timestamp, data: { tenantId } });
  const data = await dataOf(db, { type, position, tenantId, subject, changedAt });
  if (data) return JSON.stringify({ type, timestamp, data });
  const live = await liveGeneration(db, 'calls');
  return (live?.checkpoint ?? -1n) >= position ? 'gone' : 'not_yet';
}

function outcomeOf(answered: Answered, { tries }: Delivery, { retrySeconds }: ServeOptions): Outcome {
  if (!('status' in answered)) return again({ failure: answered.failure }, tries, retrySeconds);
  const { status, retryAfterMs } = answered;
  if (status >= 200 && status < 300) return { state: 'delivered', status };
  if (status === 410) return { state: 'dead', status };
  return again({ status, retryAfterMs }, tries, retrySeconds);
}

function again(
  { retryAfterMs = 0, ...why }: Pick<Outcome, 'status' | 'failure'> & { readonly retryAfterMs?: number | undefined },
  tries: number,
  retrySeconds: readonly number[],
): Outcome {
  const seconds = retrySeconds[tries];
  if (seconds === undefined) return { ...why, state: 'dead' };
  return { ...why, state: 'pending', againInMs: Math.max(seconds * 1000, retryAfterMs) };
}

async function record({ db, logger }: ServeOptions, delivery: Delivery, outcome: Outcome): Promise<void> {
  await recordAttempt(db, delivery.id, outcome);
  const { tenantId, endpointId, id: deliveryId, type, attempts } = delivery;
  const { state, status, failure, againInMs } = outcome;
  const about = { tenantId, endpointId, deliveryId, type, attempts: attempts + 1, status, failure };
  if (state === 'delivered') logger.debug(about, 'outgoing_webhook_delivered');
  else if (state === 'pending') logger.warn({ ...about, againInMs }, 'outgoing_webhook_failed');
  else logger.error(about, 'outgoing_webhook_dead');
}
