import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RetellCall } from './calls.ts';
import type { Random } from './random.ts';

export type Webhook = { readonly event: string; readonly call: RetellCall };

/** What the network does to one webhook; nothing: it is delivered as Retell would. */
type WebhookFate = {
  /** Retell never sends it, or nothing of it arrives. */
  readonly lost?: boolean;
  readonly delayMs?: number;
  /** Deliveries of the same, over and above the first. */
  readonly duplicates?: number;
  /** Somebody else sends it too, with another body under the same signature. */
  readonly tampered?: boolean;
};

export type WebhookOptions = {
  /** Each agent may have its own. */
  readonly url: string | ((call: RetellCall) => string);
  readonly key: string;
  /** Asked for each webhook; so each may be lost, late, doubled, and overtaken by those behind it. */
  readonly fate?: ((webhook: Webhook, random: Random) => WebhookFate) | undefined;
};

export type Delivery = {
  readonly event: string;
  readonly callId: string;
  /** What each attempt was answered; 0: nothing. */
  readonly statuses: readonly number[];
  readonly tampered: boolean;
};

/**
 * Three attempts, 0.12–0.35 s apart when they fail fast (docs/retell-api.md, "Webhooks"); all over in about a second.
 */
const ATTEMPTS = 3;
const TIMEOUT_MS = 10_000;

/** Delivers a webhook; `event_timestamp` equals the signature's time and is new with each attempt. */
export async function deliver(
  webhook: Webhook,
  { url, key }: WebhookOptions,
  random: Random,
  signal: AbortSignal,
  tampered = false,
): Promise<Delivery> {
  const target = typeof url === 'string' ? url : url(webhook.call);
  const statuses: number[] = [];
  for (let attempt = 1; attempt <= (tampered ? 1 : ATTEMPTS) && !signal.aborted; attempt++) {
    if (attempt > 1) await sleep(120 + random.below(230), undefined, { signal }).catch(() => {});
    const status = await post(webhook, target, key, signal, tampered);
    statuses.push(status);
    if (status >= 200 && status < 300) break;
  }
  return { event: webhook.event, callId: webhook.call.call_id, statuses, tampered };
}

/** The header by which Retell signs a body. */
export const signatureOf = (body: string | Uint8Array, key: string, at: number): string =>
  `v=${at},d=${createHmac('sha256', key).update(body).update(`${at}`).digest('hex')}`;

async function post(
  webhook: Webhook,
  url: string,
  key: string,
  signal: AbortSignal,
  tampered: boolean,
): Promise<number> {
  const at = Date.now();
  const body = JSON.stringify({ ...webhook, event_timestamp: at });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'axios/1.15.2',
        'x-retell-signature': signatureOf(body, key, at),
      },
      body: tampered ? body.replace('call', 'Call') : body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}
