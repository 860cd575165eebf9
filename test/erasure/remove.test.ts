import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { ErasureState } from '../../src/erasure/erasure.ts';
import { remover, restAfter } from '../../src/erasure/remove.ts';
import type { EventLog } from '../../src/events/event-log.ts';
import type { Scrubbed } from '../../src/projections/engine/scrub.ts';

/** Stores with given answers, a clock, and erasures that are done at these positions. */
function scene() {
  let time = 0;
  const answers = { scavenge: 'done' as Awaited<ReturnType<EventLog['scavenge']>>, scrub: 'done' as Scrubbed };
  const all = new Map<string, bigint>();
  const removed: string[] = [];
  const scrubs: bigint[] = [];
  let said: unknown;
  const log = {
    scavenge: async () => answers.scavenge,
    read: async () => [],
    async append(stream: string) {
      removed.push(stream.slice(stream.indexOf('.') + 1));
      return { outcome: 'appended', revision: 0n, position: 0n };
    },
  } as unknown as EventLog;
  const erasures = {
    list: () =>
      [...all].map(
        ([id, hiddenAt]) =>
          ({
            tenantId: 'acme',
            state: 'done',
            isRemoved: removed.includes(id),
            hiddenAt,
            erasure: { id },
          }) as ErasureState,
      ),
    reached: async () => true,
    removing: (word: unknown) => {
      said = word;
    },
  };
  const signal = new AbortController().signal;
  const logger = pino({ level: 'silent' });
  const removing = remover(
    { log, erasures, logger, signal, db: undefined as never, databaseUrl: '', now: () => 0 },
    {
      clock: () => time,
      reached: async () => {},
      async scrub({ position }) {
        scrubs.push(position);
        return answers.scrub;
      },
    },
  );
  return {
    ...{ answers, all, removed, scrubs },
    said: () => said,
    after(ms: number) {
      time += ms;
      return removing.step();
    },
  };
}

test('an erasure is removed with those before it, and not held up by one that comes meanwhile', async () => {
  const { answers, all, removed, scrubs, after } = scene();
  all.set('one', 10n).set('two', 20n);
  answers.scrub = 'pending';
  await after(0);
  all.set('three', 30n);
  answers.scrub = 'done';
  await after(1000);
  expect([scrubs, removed]).toEqual([
    [20n, 20n],
    ['one', 'two'],
  ]);
  await after(1000);
  expect([scrubs, removed]).toEqual([
    [20n, 20n, 30n],
    ['one', 'two', 'three'],
  ]);
  await after(1000);
  expect(scrubs).toHaveLength(3);
});

test('what takes long to copy is copied a twentieth of the time, and what is quick at once', async () => {
  expect([0, 29_000, 60_000, 300_000, 10_000_000].map((ms) => restAfter(ms) / 60_000)).toEqual([0, 0, 10, 90, 1440]);
  const { answers, all, scrubs, after } = scene();
  all.set('one', 10n);
  answers.scrub = 'pending';
  await after(0);
  answers.scrub = 'done';
  await after(60_000);
  all.set('two', 20n);
  await after(599_000);
  expect(scrubs).toEqual([10n, 10n]);
  await after(2000);
  expect(scrubs).toEqual([10n, 10n, 20n]);
});

test('where somebody else has to scavenge, or to rewrite, it says what to do, and looks again', async () => {
  const { answers, all, removed, after, said } = scene();
  all.set('one', 10n);
  answers.scavenge = 'by_hand';
  await after(0);
  expect(said()).toEqual({ physical: 'pending', detail: expect.stringContaining('POST /admin/scavenge') });
  answers.scavenge = 'done';
  answers.scrub = 'unknown';
  await after(600_000);
  expect(said()).toEqual({ physical: 'unknown', detail: expect.stringContaining('VACUUM (FULL)') });
  answers.scrub = 'done';
  await after(600_000);
  expect(removed).toEqual(['one']);
});
