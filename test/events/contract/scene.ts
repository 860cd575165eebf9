import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { connectEventLog, type EventLog, EventStoreUnavailable, type NewEvent } from '../../../src/events/event-log.ts';
import type { Recorded } from '../../../src/events/recorded.ts';
import type { Batch, SubscriptionOptions } from '../../../src/events/subscription.ts';
import { type Relay, relayTo } from '../../support/relay.ts';

export const TIMEOUT_MS = 2000;

export type Server = () => Promise<{ url: string; stop(): Promise<unknown> }>;

/** One server, behind a network that can be broken, and one log for all parts of the contract. */
export function contractScene(server: Server) {
  let running: Awaited<ReturnType<Server>>;
  let relay: Relay;
  let log: EventLog;
  const stopping = new Set<AbortController>();

  beforeAll(async () => {
    running = await server();
    relay = await relayTo(running.url);
    log = connectEventLog(relay.url, { timeoutMs: TIMEOUT_MS });
  });
  afterEach(() => {
    for (const controller of stopping) controller.abort();
    stopping.clear();
    relay.release();
    relay.open();
  });
  afterAll(async () => {
    const begun = performance.now();
    await log?.close();
    const took = performance.now() - begun;
    await relay?.stop();
    await running?.stop();
    expect(took, 'a read, a subscription or an append was left open').toBeLessThan(1900); // what is left open is waited for 2 s
  });

  /** A tenant that no other test and no other run writes for. */
  const someTenant = () => `t${randomUUID().slice(0, 13)}`;
  const someStream = (tenant = someTenant(), id = 'call_1') => `call-${tenant}.${id}`;
  const event = (n: number | string = 0, size = 0): NewEvent => ({
    id: randomUUID(),
    type: 'Happened',
    data: { n, ...(size > 0 && { filling: 'x'.repeat(size) }) },
    metadata: { tenantId: 'acme' },
  });
  const events = (count: number, size?: number) => Array.from({ length: count }, (_, n) => event(n, size));
  const idsOf = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);
  /** Appends many events in few round trips; answers them as they went in. */
  const fill = async (stream: string, count: number, size?: number) => {
    const all = events(count, size);
    for (let i = 0; i < count; i += 500)
      await log.append(stream, i === 0 ? 'no_stream' : BigInt(i - 1), all.slice(i, i + 500));
    return all;
  };
  const positionOf = async (stream: string) => (await log.read(stream, { backwards: true, max: 1 }))[0]!.position;

  /** Follows a subscription in the background, as a projection does. */
  const follow = (options: Omit<SubscriptionOptions, 'signal'>, handle?: (batch: Batch) => Promise<void>) => {
    const controller = new AbortController();
    stopping.add(controller);
    const seen: Recorded[] = [];
    const batches: Batch[] = [];
    const ended = (async () => {
      for await (const batch of log.subscribe({ ...options, signal: controller.signal })) {
        batches.push(batch);
        seen.push(...batch.events);
        await handle?.(batch);
      }
    })();
    ended.catch(() => {});
    const until = async (condition: () => boolean, what: string, withinMs = 15_000) => {
      for (const end = Date.now() + withinMs; !condition(); await sleep(5))
        if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}; ${seen.length} events seen`);
    };
    return {
      seen,
      batches,
      ended,
      stop: () => controller.abort(),
      caughtUp: () => until(() => batches.some((b) => b.caughtUp), 'caught up'),
      saw: (count: number, withinMs?: number) => until(() => seen.length >= count, `${count} events`, withinMs),
    };
  };

  /** Tries again while the store is unavailable, as every caller does. */
  async function patiently<T>(call: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable) || attempt === 20) throw error;
        await sleep(100);
      }
    }
  }

  return {
    /** The server itself, past the relay. */
    get url(): string {
      return running.url;
    },
    get relay(): Relay {
      return relay;
    },
    get log(): EventLog {
      return log;
    },
    someTenant,
    someStream,
    event,
    events,
    idsOf,
    fill,
    positionOf,
    follow,
    patiently,
  };
}

export type ContractScene = ReturnType<typeof contractScene>;
