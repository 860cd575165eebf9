import { setTimeout as sleep } from 'node:timers/promises';
import { type Random, randomFrom } from '../../src/retell-emulator/random.ts';
import { sign } from '../support/service.ts';
import { planCall, type Webhook } from './calls.ts';
import { tenants } from './tenants.ts';
import type { World } from './world.ts';

export type Load = {
  /** What was answered 2xx: by the entry that the log must then hold. */
  readonly accepted: ReadonlySet<string>;
  /** All that was ever posted, accepted or not. */
  readonly posted: ReadonlySet<string>;
  /** How often each status was answered; 0: nothing. */
  readonly answers: Readonly<Record<number, number>>;
  /** Ends when what is under way is answered or given up. */
  pause(): Promise<void>;
  resume(): void;
};

const ATTEMPTS = 3;
const TIMEOUT_MS = 10_000;
/** Between two webhooks of a sender. */
const PAUSE_MS = 50;

/** Senders that post webhook after webhook, as Retell does: three attempts, then never again. And staff, now and then. */
export function startLoad({ services, apiKeys }: World, { seed, senders }: { seed: number; senders: number }): Load {
  const accepted = new Set<string>();
  const posted = new Set<string>();
  const answers: Record<number, number> = {};
  const doors = () => services.flatMap((one) => (one.roles.includes('ingest') ? (one.url() ?? []) : []));
  let calls = 0;
  let running: Promise<unknown> | undefined;
  let stopped = false;

  async function post(path: string, body: string, headers: Record<string, string>, random: Random): Promise<number> {
    const open = doors();
    const status = await (open.length === 0
      ? Promise.resolve(0)
      : fetch(`${random.pick(open)}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        }).then(
          async (response) => {
            await response.arrayBuffer().catch(() => {});
            return response.status;
          },
          () => 0,
        ));
    answers[status] = (answers[status] ?? 0) + 1;
    return status;
  }

  async function deliver({ tenant, path, body, entry }: Webhook, random: Random): Promise<void> {
    posted.add(entry);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await sleep(120 + random.below(230));
      const at = Date.now();
      const text = typeof body === 'string' ? body : JSON.stringify({ ...body, event_timestamp: at });
      const status = await post(path, text, { 'x-retell-signature': sign(text, tenant.webhookKey, at) }, random);
      if (status >= 200 && status < 300) return void accepted.add(entry);
    }
  }

  /** Somebody looks at a ticket; asked again with the same key it is said once. */
  async function staff(callId: string, tenantId: string, random: Random): Promise<void> {
    const path = `/api/tickets/tkt_${callId}/status`;
    const note = `by staff ${random.below(1_000_000_000)}`;
    const entry = `ticket-${tenantId}.tkt_${callId} TicketStatusSet ${note}`;
    posted.add(entry);
    const body = JSON.stringify({ status: random.pick(['closed', 'contacted', 'resolved']), note });
    const headers = { authorization: `Bearer ${apiKeys.get(tenantId)}`, 'idempotency-key': note.replaceAll(' ', '-') };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const status = await post(path, body, headers, random);
      if (status === 200) accepted.add(entry);
      if (status !== 0 && status !== 503) return;
      await sleep(120 + random.below(230));
    }
  }

  async function send(random: Random): Promise<void> {
    /** Held back by the network; they overtake nothing that is sent before. */
    let late: Webhook[] = [];
    while (!stopped) {
      const n = calls++;
      const concerned = random.next() < 0.4 ? tenants : [random.pick(tenants)];
      for (const tenant of concerned) {
        const { callId, story, webhooks } = planCall(n, tenant, random);
        const [now, then] = [[] as Webhook[], [] as Webhook[]];
        for (const webhook of webhooks) (random.next() < 0.1 ? then : now).push(webhook);
        for (const webhook of [...now, ...late]) {
          await deliver(webhook, random);
          await sleep(PAUSE_MS);
        }
        late = then;
        if (story.agent !== 'appointments' && random.next() < 0.2) await staff(callId, tenant.id, random);
      }
    }
    for (const webhook of late) await deliver(webhook, random);
  }

  const randoms = Array.from({ length: senders }, (_, i) => randomFrom(seed * 1000 + i));
  const resume = () => {
    stopped = false;
    running = Promise.all(randoms.map(send));
  };
  resume();
  return {
    ...{ accepted, posted, answers, resume },
    async pause() {
      stopped = true;
      await running;
    },
  };
}
