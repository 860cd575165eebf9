import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../src/cli/simulate/random.ts';
import type { RetellCall } from './calls.ts';

export type Webhook = { readonly event: string; readonly call: RetellCall };

/** What the network does to one webhook; nothing: it is delivered as Retell would. */
export type WebhookFate = {
  /** Retell never sends it, or nothing of it arrives. */
  readonly lost?: boolean;
  readonly delayMs?: number;
  /** Deliveries of the same, over and above the first. */
  readonly duplicates?: number;
};

export type WebhookOptions = {
  readonly url: string;
  readonly key: string;
  /** Asked for each webhook; so each may be lost, late, doubled, and overtaken by those behind it. */
  readonly fate?: ((webhook: Webhook, random: Random) => WebhookFate) | undefined;
};

export type Delivery = { readonly event: string; readonly callId: string; readonly statuses: readonly number[] };

/** Three attempts, 0.12–0.35 s apart when they fail fast (REFERENCE §2.3); all over in about a second. */
const ATTEMPTS = 3;
const TIMEOUT_MS = 10_000;

/** Delivers a webhook; `event_timestamp` equals the signature's time and is new with each attempt. */
export async function deliver(
  webhook: Webhook,
  { url, key }: WebhookOptions,
  random: Random,
  signal: AbortSignal,
): Promise<Delivery> {
  const statuses: number[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS && !signal.aborted; attempt++) {
    if (attempt > 1) await sleep(120 + random.below(230), undefined, { signal }).catch(() => {});
    const at = Date.now();
    const body = JSON.stringify({ ...webhook, event_timestamp: at });
    const digest = createHmac('sha256', key).update(body).update(String(at)).digest('hex');
    const status = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'axios/1.15.2',
        'x-retell-signature': `v=${at},d=${digest}`,
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    statuses.push(status);
    if (status >= 200 && status < 300) break;
  }
  return { event: webhook.event, callId: webhook.call.call_id, statuses };
}
