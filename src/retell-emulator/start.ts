/**
 * An emulated Retell (docs/retell-api.md) that can fail as Retell and the network can:
 * `const retell = await startRetell({ webhooks: { url, key } }); retell.tell('cs_1', 'confirmed')`.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, type CreateFate, type ListFate, type RetellRequest } from './answers.ts';
import { type CallsOptions, openCalls, type RetellCall } from './calls.ts';
import { randomFrom } from './random.ts';
import { type Delivery, deliver, type WebhookOptions } from './webhooks.ts';

export type RetellOptions = Partial<Pick<CallsOptions, 'pace' | 'autoplay' | 'times'>> & {
  readonly apiKey?: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly seed?: number;
  /** Absent: no webhooks are sent. */
  readonly webhooks?: WebhookOptions;
  /** How long a new call does not show in lists. */
  readonly listLagMs?: number;
};

export async function startRetell(options: RetellOptions = {}) {
  const {
    apiKey = 'key_of_the_emulator',
    port = 0,
    seed = 1,
    pace = 1,
    autoplay = true,
    times,
    listLagMs = 0,
  } = options;
  const random = randomFrom(seed);
  const stopped = new AbortController();
  const { signal } = stopped;
  const requests: RetellRequest[] = [];
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<unknown>>();
  const creates: CreateFate[] = [];
  const lists: ListFate[] = [];
  let webhooks = options.webhooks;

  const track = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    void work.catch(() => {}).finally(() => underWay.delete(work));
    return work;
  };
  function sendWebhook(event: string, call: RetellCall): void {
    if (webhooks === undefined) return;
    const target = webhooks;
    const webhook = { event, call: structuredClone(call) };
    const fate = target.fate?.(webhook, random) ?? {};
    const { lost = false, delayMs = 0, duplicates = 0, tampered = false } = fate;
    const send = async (changed: boolean) => {
      if (delayMs > 0) await sleep(delayMs, undefined, { signal });
      deliveries.push(await deliver(webhook, target, random, signal, changed));
    };
    const copies = [...Array<boolean>(lost ? 0 : 1 + duplicates).fill(false), ...(tampered ? [true] : [])];
    for (const changed of copies) void track(send(changed)).catch(() => {});
  }

  const calls = openCalls({ random, pace, autoplay, times, onEvent: sendWebhook, signal, track });
  const handle = answers({ apiKey, calls, requests, creates, lists, listLagMs, signal });
  const server = createServer((request, response) => {
    track(handle(request, response)).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey,
    requests,
    deliveries: deliveries as readonly Delivery[],
    /** What happens to the creates, or lists, that come next; the ones after those are as ever. */
    next: (...fates: readonly CreateFate[]) => void creates.push(...fates),
    nextList: (...fates: readonly ListFate[]) => void lists.push(...fates),
    /** How the call of a session will go; else a reminder's story is drawn. */
    tell: calls.tell,
    /** Makes a call that was not asked for through this service: of another system, or from outside. */
    make: calls.make,
    /** Where webhooks go from now on. */
    webhooksTo: (target: WebhookOptions | undefined) => {
      webhooks = target;
    },
    /** Plays what `autoplay: false` has held back. */
    play: calls.begin,
    /** How many people were called for a session. */
    dials: (sessionId: string): number => calls.ofSession(sessionId).length,
    /** The calls of a session as they are, whether or not a webhook has arrived. */
    truth: (sessionId: string) =>
      calls.ofSession(sessionId).map(({ call, story }) => ({ call: structuredClone(call), story })),
    calls: (): readonly RetellCall[] => [...calls.kept.values()].map(({ call }) => structuredClone(call)),
    /** Resolves when every call has ended and every webhook is delivered or given up. */
    async quiet(): Promise<void> {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
    async stop(): Promise<void> {
      stopped.abort();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
export type Retell = Awaited<ReturnType<typeof startRetell>>;
