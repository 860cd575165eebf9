import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { decode } from '../../../src/events/codec.ts';
import type { EventLog } from '../../../src/events/event-log.ts';
import type { NewEvent, Recorded } from '../../../src/events/recorded.ts';
import { openKeyUses } from '../../../src/tenants/key-uses.ts';

const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
  vi.useRealTimers();
});

/** The stream of uses, and how often it was asked. */
function stream() {
  const events: Recorded[] = [];
  const asked = { reads: 0, appends: 0 };
  let isAway = false;
  const log: Pick<EventLog, 'read' | 'append'> = {
    async read(_, { from = 0n } = {}) {
      asked.reads++;
      if (isAway) throw new Error('away');
      return events.slice(Number(from));
    },
    async append(name, expected, added: readonly NewEvent[]) {
      asked.appends++;
      const actual = events.length === 0 ? 'no_stream' : BigInt(events.length - 1);
      if (expected !== actual) return { outcome: 'conflict', actual };
      for (const { id, type, data, metadata } of added) {
        const revision = BigInt(events.length);
        events.push({ id, type, data, metadata, stream: name, revision, position: revision, recordedAt: '' });
      }
      return { outcome: 'appended', revision: BigInt(events.length - 1), position: undefined };
    },
  };
  const uses = () => events.map((event) => (decode(event)!.data as { uses: unknown[] }).uses);
  return { log, asked, uses, restore: () => events.splice(0), away: (is: boolean) => (isAway = is) };
}

const MINUTE = 60_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const at = (minutes: number) => new Date(START + minutes * MINUTE).toISOString();

const processOver = ({ log }: Pick<ReturnType<typeof stream>, 'log'>) => {
  const stopped = new AbortController();
  ending.push(() => stopped.abort());
  return openKeyUses({ log, logger: pino({ level: 'silent' }), signal: stopped.signal });
};
const begin = () => vi.useFakeTimers({ now: START, toFake: ['setInterval', 'clearInterval', 'Date'] });

test('a key that is used all the time is recorded once an hour, and at once in its own process', async () => {
  begin();
  const kept = stream();
  const uses = processOver(kept);
  for (let minute = 0; minute < 180; minute++) {
    uses.note('a');
    await vi.advanceTimersByTimeAsync(MINUTE);
  }
  expect(kept.uses()).toEqual([9, 69, 129].map((minute) => [{ keyId: 'a', lastUsedAt: at(minute) }]));
  expect(kept.asked.reads, 'nothing is read to find that nothing is due').toBeLessThan(10);
  const lastUsed = await uses.lastUsed();
  expect([lastUsed('a'), lastUsed('b')]).toEqual([at(179), undefined]);
});

test('another process knows of it, and records nothing that is recorded already', async () => {
  begin();
  const kept = stream();
  const [one, other] = [processOver(kept), processOver(kept)];
  one.note('a');
  one.note('b');
  other.note('a');
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(kept.uses().flat()).toHaveLength(2);
  const later = await processOver(kept).lastUsed();
  expect([later('a'), later('b')]).toEqual([at(0), at(0)]);
});

test('the end of a process records what was not', async () => {
  const kept = stream();
  const uses = processOver(kept);
  uses.note('a');
  await uses.close();
  expect(kept.uses()).toHaveLength(1);
  await uses.close();
  expect(kept.asked.appends).toBe(1);
});

test('after a restore it is recorded anew', async () => {
  begin();
  const kept = stream();
  const uses = processOver(kept);
  uses.note('a');
  await uses.close();
  kept.restore();
  await vi.advanceTimersByTimeAsync(70 * MINUTE);
  uses.note('a');
  await uses.close();
  expect(kept.uses()).toEqual([[{ keyId: 'a', lastUsedAt: at(70) }]]);
});

test('while the log is away its own uses are shown, and nothing is lost', async () => {
  const kept = stream();
  const uses = processOver(kept);
  uses.note('a');
  kept.away(true);
  await uses.close();
  expect((await uses.lastUsed())('a')).toBeDefined();
  kept.away(false);
  await uses.close();
  expect(kept.uses()).toHaveLength(1);
});
