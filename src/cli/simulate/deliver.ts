import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedCall, Webhook } from './calls.ts';
import type { Random } from './random.ts';

type Delivery = {
  readonly webhook: Webhook;
  readonly endpoint: SimulatedCall['endpoint'];
  readonly tampered: boolean;
  readonly delayMs: number;
};

export type Delivered = {
  readonly sent: number;
  readonly duplicates: number;
  readonly tampered: number;
  /** What did not get the answer it must get: 204, or 401 for a tampered one. */
  readonly surprises: readonly string[];
};

/**
 * What a bad day's network makes of the calls' webhooks: shuffled over all calls, a third of them sent again
 * (with a new `event_timestamp`, as a retry is), some late, some tampered with.
 */
export function disturbed(calls: readonly SimulatedCall[], random: Random): readonly Delivery[] {
  const deliveries: Delivery[] = [];
  for (const { webhook, endpoint } of calls.flatMap(({ webhooks, endpoint }) =>
    webhooks.map((webhook) => ({ webhook, endpoint })),
  )) {
    const late = random.next() < 0.1;
    deliveries.push({ webhook, endpoint, tampered: false, delayMs: late ? 200 + random.below(800) : 0 });
    if (random.next() < 0.33) {
      const again = { ...webhook, event_timestamp: webhook.event_timestamp + 300 };
      deliveries.push({ webhook: again, endpoint, tampered: false, delayMs: random.below(300) });
    }
    if (random.next() < 0.1) deliveries.push({ webhook, endpoint, tampered: true, delayMs: 0 });
  }
  return random.shuffled(deliveries);
}

const CONNECTIONS = 8;

/** Signs each webhook as Retell does (REFERENCE §1.1) and posts it at the service. */
export async function deliver(deliveries: readonly Delivery[], serviceUrl: string, key: string): Promise<Delivered> {
  const surprises: string[] = [];
  const waiting = deliveries.values();
  const work = async () => {
    for (const { webhook, endpoint, tampered, delayMs } of waiting) {
      if (delayMs > 0) await sleep(delayMs);
      const body = JSON.stringify(webhook);
      const v = Date.now();
      const d = createHmac('sha256', key).update(body).update(String(v)).digest('hex');
      const response = await fetch(`${serviceUrl}/api/webhooks/${endpoint}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-retell-signature': `v=${v},d=${d}` },
        body: tampered ? body.replace('call', 'Call') : body,
      });
      const text = await response.text();
      if (response.status !== (tampered ? 401 : 204))
        surprises.push(`${webhook.event}${tampered ? ' (tampered)' : ''}: ${response.status} ${text.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  const tampered = deliveries.filter((delivery) => delivery.tampered).length;
  const distinct = new Set(deliveries.filter((d) => !d.tampered).map((d) => keyOf(d.webhook))).size;
  return { sent: deliveries.length, tampered, duplicates: deliveries.length - tampered - distinct, surprises };
}

const keyOf = (webhook: Webhook) => `${webhook.event} ${(webhook.call as { call_id: string }).call_id}`;
