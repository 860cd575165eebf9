import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Recorded } from '../../src/events/recorded.ts';
import type { Batch } from '../../src/events/subscription.ts';
import { batches } from '../../src/projections/engine/batches.ts';

const event = (position: number): Recorded => ({
  ...{ stream: 'call-t.1', revision: 0n, position: BigInt(position), id: `${position}`, type: 'CallStarted' },
  ...{ data: {}, metadata: {}, recordedAt: '2026-01-31T09:30:00.000Z' },
});

/** Something every 10 ms; what has come while a batch was handled has been gathered by then. */
async function* trickle(count: number): AsyncGenerator<Batch, void> {
  const began = performance.now();
  for (let given = 0; given < count; ) {
    await sleep(1);
    const there = Math.min(count, Math.floor((performance.now() - began) / 10) + 1);
    const events = Array.from({ length: there - given }, (_, i) => event(given + i + 1));
    given = there;
    if (events.length > 0) yield { events, caughtUp: true };
  }
}

test('live, a batch is all that has come since the last one began', async () => {
  const { signal } = new AbortController();
  const found: number[] = [];
  for await (const { events } of batches(() => trickle(60), signal, 4000)) found.push(events.length);
  expect(found[0]).toBe(1);
  expect(found.reduce((a, b) => a + b)).toBe(60);
  // A busy machine makes batches larger and fewer, never smaller.
  expect(found.length).toBeLessThanOrEqual(17);
});
