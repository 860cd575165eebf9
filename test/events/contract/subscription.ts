import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import type { NewEvent } from '../../../src/events/event-log.ts';
import type { ContractScene } from './scene.ts';

/** What a subscription hands out, and when it ends. */
export function subscriptionContract(scene: ContractScene): void {
  const { someTenant, someStream, event, events, idsOf, fill, follow, positionOf, patiently } = scene;

  describe('subscription', () => {
    test('hands out the streams with one of the prefixes, old and new, in order, each event once', async () => {
      const [tenant, other] = [someTenant(), someTenant()];
      const streams = [`call-${tenant}.1`, `session-${tenant}.1`];
      const sent: NewEvent[] = [];
      const write = async () => {
        for (const stream of [...streams, `call-${other}.1`, `ticket-${tenant}.1`, `CALL-${tenant}.1`]) {
          const known = (await scene.log.read(stream, { backwards: true, max: 1 }))[0];
          const next = events(2);
          await scene.log.append(stream, known?.revision ?? 'no_stream', next);
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
      expect(reader.seen[0]).toEqual((await scene.log.read(streams[0]!, { max: 1 }))[0]);
    });

    test('begins after the position that was handled last', async () => {
      const stream = someStream();
      const sent = await fill(stream, 10);
      const { position } = (await scene.log.read(stream, { from: 6n, max: 1 }))[0]!;
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
      await scene.log.append(stream, 'no_stream', [event()]);
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
        for (let i = 0; i < 12; i++) await scene.log.append(stream, i === 0 ? 'no_stream' : BigInt(i - 1), [event(i)]);
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
        if (++handled === 3) scene.relay.cut();
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
      scene.relay.close();
      // A second break is an attempt that has found nobody.
      await vi.waitFor(() => expect(breaks.length).toBeGreaterThan(1), 15_000);
      scene.relay.open();
      const more = events(5);
      await patiently(() => scene.log.append(stream, 4n, more));
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
      for await (const _ of scene.log.subscribe({ prefixes: [stream], signal: AbortSignal.abort() }))
        expect.unreachable('it was told to end before it began');
      await scene.log.append(stream, 'no_stream', [event()]);
      for await (const batch of scene.log.subscribe({ prefixes: [stream], signal: new AbortController().signal }))
        if (batch.events.length > 0) break;
      expect(await scene.log.read(stream)).toHaveLength(1);
    });

    test('ends when it is told to while there is no connection', async () => {
      const broken = Promise.withResolvers<void>();
      const reader = follow({ prefixes: [someStream()], onBreak: () => broken.resolve() });
      await reader.caughtUp();
      scene.relay.close();
      await broken.promise;
      reader.stop();
      await reader.ended;
    });
  });
}
