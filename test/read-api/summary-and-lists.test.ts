import fc from 'fast-check';
import { expect, test } from 'vitest';
import { outcomes } from '../../src/http/resources.ts';
import type { DailySummary } from '../../src/read-api/summary.ts';
import { queryApi } from './callers.ts';
import { readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();
const { get } = queryApi(readModel.db);

const ZONES = ['Europe/Berlin', 'Asia/Kathmandu', 'America/Havana', 'America/Santiago', 'Pacific/Apia', 'UTC'] as const;
/** Three days each, in which one of these zones changes its clocks. */
const changes = ['2026-03-07', '2026-03-28', '2026-04-04', '2026-09-05', '2026-10-24', '2026-10-31'] as const;
const scenes = fc.constantFrom(...changes).chain((first) => {
  // Quarters of hours, and what lies a little beside.
  const at = fc
    .tuple(fc.integer({ min: 0, max: 3 * 96 }), fc.constantFrom(-1, 0, 1))
    .map(([quarter, beside]) => Date.parse(first) + quarter * 900_000 + beside);
  const session = fc.record({
    started: fc.option(at),
    created: at,
    status: fc.constantFrom(...outcomes),
    direction: fc.constantFrom(null, 'inbound', 'outbound', 'web'),
    archived: fc.boolean(),
  });
  return fc.record({
    sessions: fc.array(session, { maxLength: 60 }),
    tickets: fc.array(at, { maxLength: 20 }),
    range: fc.tuple(at, at).map((range) => range.toSorted((a, b) => a - b)),
    timeZone: fc.constantFrom(...ZONES),
  });
});

/** Every item of a list. */
async function all(list: string) {
  const items = [];
  for (let cursor = ''; ; ) {
    const { body } = await get(`${list}&limit=200${cursor}`);
    items.push(...body.items);
    if (body.nextCursor === null) return items;
    cursor = `&cursor=${body.nextCursor}`;
  }
}

test('a summary counts what the lists show, whatever the zone', async () => {
  await fc.assert(
    fc.asyncProperty(scenes, async ({ sessions, tickets, range, timeZone }) => {
      await readModel.clear();
      const rows = sessions.map(({ started, created, ...row }) => ({
        ...row,
        started_at: started === null ? null : new Date(started),
        created_at: new Date(created),
      }));
      if (rows.length > 0) await readModel.sessions(...rows);
      if (tickets.length > 0) await readModel.tickets(...tickets.map((at) => ({ created_at: new Date(at) })));

      const [from, to] = range.map((at) => new Date(at).toISOString());
      const dateOf = (at: unknown) =>
        new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(new Date(at as string));
      const expected: Record<string, number> = {};
      const add = (key: string) => {
        expected[key] = (expected[key] ?? 0) + 1;
      };
      for (const item of await all(`/api/call-sessions?archived=all&from=${from}&to=${to}`)) {
        const date = dateOf(item.startedAt ?? item.createdAt);
        add(`${date} ${item.status}`);
        add(`${date} ${item.direction ?? 'unknown'}`);
      }
      for (const item of await all(`/api/tickets?from=${from}&to=${to}`)) add(`${dateOf(item.createdAt)} tickets`);

      const { body } = await get(`/api/summary?from=${from}&to=${to}&timeZone=${timeZone}`);
      const { days } = body as unknown as DailySummary;
      const counted = days.map(({ date, calls, ticketsOpened }) =>
        Object.entries({ ...calls.byOutcome, ...calls.byDirection, tickets: ticketsOpened }).map(
          ([what, count]) => [`${date} ${what}`, count] as const,
        ),
      );
      expect(Object.fromEntries(counted.flat().filter(([, count]) => count !== 0))).toEqual(expected);
      const dates = days.map(({ date }) => date);
      expect(dates).toEqual([...new Set(dates)].toSorted());
      if (from !== to) expect([dates[0], dates.at(-1)]).toEqual([dateOf(from), dateOf(range[1]! - 1)]);
    }),
    { numRuns: 60 },
  );
});
