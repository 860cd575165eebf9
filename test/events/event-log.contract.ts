import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectEventLog, type EventLog, EventStoreUnavailable, type NewEvent } from '../../src/events/event-log.ts';
import type { Recorded } from '../../src/events/recorded.ts';
import type { Batch, SubscriptionOptions } from '../../src/events/subscription.ts';
import { type Relay, relayTo } from '../support/relay.ts';

const TIMEOUT_MS = 2000;

/**
 * What the application needs of its event log. Every event store that it runs on passes this: the embedded node
 * always, a live EventStoreDB where there is one. Each run writes streams of its own, so that a log that is in use
 * will do.
 */
export function eventLogContract(name: string, server: () => Promise<{ url: string; stop(): Promise<unknown> }>) {
  describe(name, () => {
    let running: Awaited<ReturnType<typeof server>>;
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

    describe('append', () => {
      test('what was appended is read back as it was', async () => {
        const stream = someStream();
        const [before, sent] = [Date.now(), { ...event('ä✓'), metadata: { tenantId: 'ä', $correlationId: 'c' } }];
        const answer = await log.append(stream, 'no_stream', [sent]);
        const [read, ...rest] = await log.read(stream);
        expect(answer).toEqual({ outcome: 'appended', revision: 0n, position: read?.position });
        expect(read).toEqual({
          ...sent,
          stream,
          revision: 0n,
          position: expect.any(BigInt),
          recordedAt: read?.recordedAt,
        });
        expect(rest).toEqual([]);
        expect(Math.abs(Date.parse(read!.recordedAt) - before)).toBeLessThan(60_000);
      });

      test('bytes come back as the same bytes', async () => {
        const stream = someStream();
        const data = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
        await log.append(stream, 'no_stream', [{ ...event(), data }]);
        expect(Buffer.compare((await log.read(stream))[0]!.data as Uint8Array, data)).toBe(0);
      });

      test('a call id may be long and of any script', async () => {
        const stream = someStream(someTenant(), `Ünïcødé /?#%20 ${'x'.repeat(480)}`);
        expect(await log.append(stream, 'no_stream', [event()])).toMatchObject({ outcome: 'appended', revision: 0n });
        expect(await log.read(stream)).toHaveLength(1);
      });

      test('at the revision just read it is written, at any other it is a conflict that names the actual one', async () => {
        const stream = someStream();
        expect(await log.append(stream, 0n, [event()])).toEqual({ outcome: 'conflict', actual: 'no_stream' });
        await log.append(stream, 'no_stream', events(3));
        expect(await log.append(stream, 1n, [event()])).toEqual({ outcome: 'conflict', actual: 2n });
        expect(await log.append(stream, 7n, [event()])).toEqual({ outcome: 'conflict', actual: 2n });
        expect(await log.append(stream, 'no_stream', [event()])).toEqual({ outcome: 'conflict', actual: 2n });
        expect(await log.append(stream, 2n, [event()])).toMatchObject({ outcome: 'appended', revision: 3n });
        expect(await log.read(stream)).toHaveLength(4);
      });

      test('the same events again on a stream that was to be new are written once', async () => {
        const stream = someStream();
        const [a, b, c] = events(3) as [NewEvent, NewEvent, NewEvent];
        const first = await log.append(stream, 'no_stream', [a, b]);
        expect(await log.append(stream, 'no_stream', [a, b])).toEqual(first);
        await log.append(stream, 1n, [c]);
        expect(await log.append(stream, 'no_stream', [a, b])).toMatchObject({ outcome: 'appended' });
        expect(await log.append(stream, 'no_stream', [a])).toMatchObject({ outcome: 'appended', revision: 0n });
        expect(idsOf(await log.read(stream))).toEqual(idsOf([a, b, c]));
      });

      test('the same events again at the revision they were appended at are written once', async () => {
        const stream = someStream();
        const [a, b, c] = events(3) as [NewEvent, NewEvent, NewEvent];
        await log.append(stream, 'no_stream', [a]);
        await log.append(stream, 0n, [b, c]);
        expect(await log.append(stream, 0n, [b, c])).toMatchObject({ outcome: 'appended', revision: 2n });
        expect(idsOf(await log.read(stream))).toEqual(idsOf([a, b, c]));
      });

      test('several events stand together and in order, each at a position of its own', async () => {
        const [stream, sent] = [someStream(), events(50)];
        const answer = await log.append(stream, 'no_stream', sent);
        const read = await log.read(stream);
        expect(idsOf(read)).toEqual(idsOf(sent));
        expect(read.map((e) => e.revision)).toEqual(sent.map((_, n) => BigInt(n)));
        const positions = read.map((e) => e.position);
        expect(positions).toEqual([...new Set(positions)].sort((x, y) => (x < y ? -1 : 1)));
        expect(answer).toEqual({ outcome: 'appended', revision: 49n, position: positions.at(-1) });
      });

      test('what cannot be written whole is not written at all', async () => {
        const stream = someStream();
        await log.append(stream, 'no_stream', [event()]);
        expect(await log.append(stream, 5n, events(3))).toMatchObject({ outcome: 'conflict' });
        const tooLarge = log.append(stream, 0n, events(3, 400_000));
        await expect(tooLarge).rejects.toThrow();
        await expect(tooLarge).rejects.not.toBeInstanceOf(EventStoreUnavailable); // trying again will not help
        expect(await log.read(stream)).toHaveLength(1);
      });

      test('of twenty writers at one revision one succeeds and the others learn where it stands', async () => {
        const stream = someStream();
        await log.append(stream, 'no_stream', [event()]);
        const answers = await Promise.all(events(20).map((e) => log.append(stream, 0n, [e])));
        expect(answers.filter((a) => a.outcome === 'appended')).toHaveLength(1);
        expect(answers.filter((a) => a.outcome === 'conflict').map((a) => a.actual)).toEqual(Array(19).fill(1n));
        expect(await log.read(stream)).toHaveLength(2);
      });
    });

    describe('read', () => {
      test('a stream that does not exist holds nothing', async () => {
        const stream = someStream();
        expect(await log.read(stream)).toEqual([]);
        expect(await log.read(stream, { backwards: true, max: 1 })).toEqual([]);
        expect(await log.read(stream, { from: 5n })).toEqual([]);
      });

      test('from either end, from a revision on, and only so many', async () => {
        const stream = someStream();
        await log.append(stream, 'no_stream', events(6));
        const revisions = async (options: Parameters<EventLog['read']>[1]) =>
          (await log.read(stream, options)).map((e) => Number(e.revision));
        expect(await revisions({})).toEqual([0, 1, 2, 3, 4, 5]);
        expect(await revisions({ from: 4n })).toEqual([4, 5]);
        expect(await revisions({ from: 1n, max: 2 })).toEqual([1, 2]);
        expect(await revisions({ from: 6n })).toEqual([]);
        expect(await revisions({ backwards: true })).toEqual([5, 4, 3, 2, 1, 0]);
        expect(await revisions({ backwards: true, max: 1 })).toEqual([5]);
        expect(await revisions({ backwards: true, from: 2n, max: 2 })).toEqual([2, 1]);
      });

      test('a long stream comes whole', async () => {
        const stream = someStream();
        const sent = await fill(stream, 3000);
        expect(idsOf(await log.read(stream))).toEqual(idsOf(sent));
      });

      test('a deleted stream holds nothing and goes on where it ended', async () => {
        const stream = someStream();
        await log.append(stream, 'no_stream', events(3));
        await promisify(execFile)(process.execPath, [
          join(import.meta.dirname, 'delete-stream.ts'),
          running.url,
          stream,
        ]);
        expect(await log.read(stream)).toEqual([]);
        expect(await log.read(stream, { backwards: true, max: 1 })).toEqual([]);
        expect(await log.append(stream, 'no_stream', [event()])).toMatchObject({ outcome: 'appended', revision: 3n });
      });

      test('the head is never behind what was appended', async () => {
        const first = await log.append(someStream(), 'no_stream', [event()]);
        const head = (await log.head())!;
        const second = await log.append(someStream(), 'no_stream', [event()]);
        if (first.outcome !== 'appended' || second.outcome !== 'appended') throw new Error('not appended');
        expect(head >= first.position!).toBe(true);
        expect(head < second.position!).toBe(true);
      });
    });

    describe('subscription', () => {
      test('hands out the streams with one of the prefixes, old and new, in order, each event once', async () => {
        const [tenant, other] = [someTenant(), someTenant()];
        const streams = [`call-${tenant}.1`, `session-${tenant}.1`];
        const sent: NewEvent[] = [];
        const write = async () => {
          for (const stream of [...streams, `call-${other}.1`, `ticket-${tenant}.1`, `CALL-${tenant}.1`]) {
            const known = (await log.read(stream, { backwards: true, max: 1 }))[0];
            const next = events(2);
            await log.append(stream, known?.revision ?? 'no_stream', next);
            if (streams.includes(stream)) sent.push(...next);
          }
        };
        await write();
        const reader = follow({ prefixes: [`call-${tenant}.`, `session-${tenant}.`] });
        await reader.caughtUp();
        expect(idsOf(reader.seen)).toEqual(idsOf(sent));
        await write();
        await reader.saw(sent.length);
        await sleep(100);
        expect(idsOf(reader.seen)).toEqual(idsOf(sent));
        expect(reader.seen[0]).toEqual((await log.read(streams[0]!, { max: 1 }))[0]);
      });

      test('begins after the position that was handled last', async () => {
        const stream = someStream();
        const sent = await fill(stream, 10);
        const { position } = (await log.read(stream, { from: 6n, max: 1 }))[0]!;
        const reader = follow({ prefixes: [stream], after: position });
        await reader.caughtUp();
        expect(idsOf(reader.seen)).toEqual(idsOf(sent.slice(7)));
      });

      test('says that it has caught up with the last of what there was, not before', async () => {
        const stream = someStream();
        const sent = await fill(stream, 1200);
        const reader = follow({ prefixes: [stream], maxBatch: 100 });
        await reader.caughtUp();
        const told = reader.batches.findIndex((b) => b.caughtUp);
        expect(reader.batches.slice(0, told + 1).flatMap((b) => b.events)).toHaveLength(sent.length);
        expect(Math.max(...reader.batches.map((b) => b.events.length))).toBeLessThanOrEqual(100);
        expect(reader.batches.slice(0, told).some((b) => b.events.length === 0)).toBe(false);
      });

      test('says so too where there is nothing, and where everything was handled before', async () => {
        const stream = someStream();
        const nothing = follow({ prefixes: [stream] });
        await nothing.caughtUp();
        expect(nothing.batches).toEqual([{ events: [], caughtUp: true }]);
        await log.append(stream, 'no_stream', [event()]);
        await nothing.saw(1);
        const handled = follow({ prefixes: [stream], after: await positionOf(stream) });
        await handled.caughtUp();
        expect(handled.batches).toEqual([{ events: [], caughtUp: true }]);
      });

      test('a batch of live events says that nothing else is waiting', async () => {
        const stream = someStream();
        const reader = follow({ prefixes: [stream] });
        await reader.caughtUp();
        await fill(stream, 50);
        await reader.saw(50);
        expect(reader.batches.at(-1)?.caughtUp).toBe(true);
      });

      test('misses and repeats nothing of sixteen writers at once', async () => {
        const tenant = someTenant();
        const reader = follow({ prefixes: [`call-${tenant}.`] });
        const writers = Array.from({ length: 16 }, async (_, w) => {
          const stream = someStream(tenant, `w${w}`);
          for (let i = 0; i < 12; i++) await log.append(stream, i === 0 ? 'no_stream' : BigInt(i - 1), [event(i)]);
        });
        await Promise.all(writers);
        await reader.saw(16 * 12);
        await sleep(50);
        expect(reader.seen).toHaveLength(16 * 12);
        const positions = reader.seen.map((e) => e.position);
        expect(positions).toEqual([...new Set(positions)].sort((x, y) => (x < y ? -1 : 1)));
      });

      test('goes on by itself when the connection breaks while it catches up', async () => {
        const stream = someStream();
        const sent = await fill(stream, 3000);
        const breaks: unknown[] = [];
        let handled = 0;
        const reader = follow({ prefixes: [stream], maxBatch: 100, onBreak: (e) => breaks.push(e) }, async () => {
          if (++handled === 3) relay.cut();
          await sleep(1);
        });
        await reader.saw(sent.length);
        await sleep(100);
        expect(idsOf(reader.seen)).toEqual(idsOf(sent));
        expect(breaks.length).toBeGreaterThan(0);
      });

      test('goes on by itself when the connection breaks later, and when there is none for a while', async () => {
        const stream = someStream();
        const breaks: unknown[] = [];
        const reader = follow({ prefixes: [stream], onBreak: (e) => breaks.push(e) });
        await reader.caughtUp();
        const sent = await fill(stream, 5);
        await reader.saw(5);
        relay.close();
        // A second break is an attempt that has found nobody.
        await vi.waitFor(() => expect(breaks.length).toBeGreaterThan(1), 15_000);
        relay.open();
        const more = events(5);
        await appendPatiently(stream, 4n, more);
        await reader.saw(10);
        await sleep(100);
        expect(idsOf(reader.seen)).toEqual(idsOf([...sent, ...more]));
      });

      test.each([0, 200, 800])(
        'a reader that is busy while much is written gets it all, dropped by the server or not (%i more bytes each)',
        async (size) => {
          const stream = someStream();
          const written = Promise.withResolvers<void>();
          const reader = follow({ prefixes: [stream], maxBatch: 50 }, async (batch) => {
            if (batch.events.length > 0) await written.promise;
          });
          await reader.caughtUp();
          const sent = await fill(stream, 2500, size);
          written.resolve();
          await reader.saw(sent.length);
          await sleep(50);
          expect(idsOf(reader.seen)).toEqual(idsOf(sent));
        },
      );

      test('ends without an error when it is told to: while waiting, before it began, or by leaving the loop', async () => {
        const stream = someStream();
        const waiting = follow({ prefixes: [stream] });
        await waiting.caughtUp();
        waiting.stop();
        await waiting.ended;
        for await (const _ of log.subscribe({ prefixes: [stream], signal: AbortSignal.abort() }))
          expect.unreachable('it was told to end before it began');
        await log.append(stream, 'no_stream', [event()]);
        for await (const batch of log.subscribe({ prefixes: [stream], signal: new AbortController().signal }))
          if (batch.events.length > 0) break;
        expect(await log.read(stream)).toHaveLength(1);
      });

      test('ends when it is told to while there is no connection', async () => {
        const broken = Promise.withResolvers<void>();
        const reader = follow({ prefixes: [someStream()], onBreak: () => broken.resolve() });
        await reader.caughtUp();
        relay.close();
        await broken.promise;
        reader.stop();
        await reader.ended;
      });
    });

    describe('a server that does not answer', () => {
      /**
       * What every writer does after "unknown": read, and append what is not there (docs/event-store.md,
       * "Surprising: the server" 1).
       */
      const readThenDecide = async (stream: string, wanted: NewEvent) => {
        const seen = await log.read(stream);
        if (seen.some((e) => e.id === wanted.id)) return 'it was there';
        await log.append(stream, seen.at(-1)?.revision ?? 'no_stream', [wanted]);
        return 'it was not';
      };
      const timed = async (call: Promise<unknown>) => {
        const begun = performance.now();
        await expect(call).rejects.toBeInstanceOf(EventStoreUnavailable);
        return performance.now() - begun;
      };

      test('the append arrived, its answer did not: unavailable in time, and found afterwards', async () => {
        const [stream, sent] = [someStream(), event()];
        await log.append(someStream(), 'no_stream', [event()]); // the connection stands
        relay.hold('server');
        expect(await timed(log.append(stream, 'no_stream', [sent]))).toBeLessThan(TIMEOUT_MS + 10_000);
        relay.release();
        expect(await patiently(() => readThenDecide(stream, sent))).toBe('it was there');
        expect(idsOf(await log.read(stream))).toEqual([sent.id]);
      });

      test('the append never arrived: unavailable in time, and written once when decided again', async () => {
        const [stream, sent] = [someStream(), event()];
        await log.append(someStream(), 'no_stream', [event()]);
        relay.hold('client');
        expect(await timed(log.append(stream, 'no_stream', [sent]))).toBeLessThan(TIMEOUT_MS + 10_000);
        relay.cut();
        relay.release();
        expect(await patiently(() => readThenDecide(stream, sent))).toBe('it was not');
        await sleep(50);
        expect(idsOf(await log.read(stream))).toEqual([sent.id]);
      });

      test('the append arrives after it was given up, together with the one decided again: written once', async () => {
        const [stream, sent] = [someStream(), event()];
        await log.append(someStream(), 'no_stream', [event()]);
        relay.hold('client');
        await timed(log.append(stream, 'no_stream', [sent]));
        setTimeout(relay.release, 200);
        await patiently(() => readThenDecide(stream, sent));
        await sleep(200);
        expect(idsOf(await log.read(stream))).toEqual([sent.id]);
      });

      test('a read and the head are unavailable in time', async () => {
        const stream = someStream();
        await log.append(stream, 'no_stream', [event()]);
        relay.hold('server');
        expect(await timed(log.read(stream))).toBeLessThan(TIMEOUT_MS + 10_000);
        expect(await timed(log.head())).toBeLessThan(TIMEOUT_MS + 10_000);
      });

      test('no server at all is unavailable, and the same log works when it is back', async () => {
        const [stream, sent] = [someStream(), event()];
        relay.close();
        await timed(log.append(stream, 'no_stream', [sent]));
        await timed(log.read(stream));
        await timed(log.head());
        relay.open();
        await patiently(() => readThenDecide(stream, sent));
        expect(idsOf(await log.read(stream))).toEqual([sent.id]);
      });
    });

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

    const appendPatiently = (stream: string, expected: bigint, list: readonly NewEvent[]) =>
      patiently(() => log.append(stream, expected, list));
  });
}
