import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calls, eventStream, hears, type Listen, webSocket } from './live-clients.ts';
import { liveFeedOfFile } from './live-scene.ts';

const { service, happen, many, now, next } = await liveFeedOfFile();

describe('whoever comes back by cursor, as often as the network breaks, by either transport', () => {
  /** What happens: so many changes by one fact, ours or theirs; then perhaps the connection breaks. */
  const step = fc.record({
    size: fc.constantFrom(1, 1, 1, 2, 3),
    mine: fc.boolean(),
    cut: fc.boolean(),
    pauseMs: fc.constantFrom(0, 0, 5, 30),
    socket: fc.boolean(),
  });

  test('hears every change once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const expected: string[] = [];
        const got: string[] = [];
        let cursor = now();
        let ears = await eventStream(service.url, { cursor });
        const come = async (listen: Listen) => {
          ears.cut();
          // What was heard is known before it is asked for the rest; what was on its way is lost.
          got.push(...calls(ears));
          cursor = ears.heard.at(-1)?.id ?? cursor;
          ears = await listen(service.url, { cursor });
        };
        for (const { size, mine, cut, pauseMs, socket } of steps) {
          const at = next();
          const ids = Array.from({ length: size }, (_, i) => `${at}-${i}`);
          await happen(...ids.map((call_id) => ({ call_id, position: at, tenant_id: mine ? 'acme' : 'other' })));
          if (mine) expected.push(...ids);
          await sleep(pauseMs);
          if (cut) await come(socket ? webSocket : eventStream);
        }
        await hears(ears, expected.length - got.length);
        got.push(...calls(ears));
        ears.cut();
        expect(got).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  test('a storm of them', async () => {
    const cursor = now();
    const writing = (async () => {
      const all: string[] = [];
      for (let i = 0; i < 60; i++) {
        all.push(...(await many(1 + (i % 4))));
        await sleep(5);
      }
      return all;
    })();
    const lives = Array.from({ length: 40 }, async (_, n) => {
      const got: string[] = [];
      let place = cursor;
      const listen = n % 2 ? webSocket : eventStream;
      for (let life = 0; life < 6; life++) {
        const ears = await listen(service.url, { cursor: place });
        await sleep(((n * 7 + life * 13) % 10) * 10);
        ears.cut();
        got.push(...calls(ears));
        place = ears.heard.at(-1)?.id ?? place;
      }
      const all = await writing;
      const ears = await listen(service.url, { cursor: place });
      await hears(ears, all.length - got.length);
      got.push(...calls(ears));
      ears.cut();
      return got;
    });
    const all = await writing;
    for (const got of await Promise.all(lives)) expect(got).toEqual(all);
  });
});
