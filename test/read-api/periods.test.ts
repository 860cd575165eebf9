// The pages of a period are those of a plain walk through the whole list, whenever its items became known.
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { AppointmentRow, CallSessionRow } from '../../src/projections/tables.ts';
import { queryApi } from './callers.ts';
import { readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();
const { get } = queryApi(readModel.db);

/** In microseconds, which no Date holds. */
const HOUR = 3600 * 1_000_000;
const DAY = 24 * HOUR;
const FIRST = Date.parse('2026-03-01T00:00:00Z') * 1000;
const text = (us: number) =>
  `${new Date(Math.floor(us / 1000)).toISOString().slice(0, -1)}${String(us % 1000).padStart(3, '0')}Z`;
const asDate = (us: number) => text(us) as unknown as Date;

/** Few moments, so that many are the same, or differ by what decides. */
const moment = (min: number, max: number) =>
  fc
    .tuple(fc.integer({ min, max }), fc.constantFrom(0, 0, 0, 0, 1, 1000, 3 * HOUR, DAY / 2))
    .map(([day, beside]) => FIRST + day * DAY + beside);
const word = (...words: string[]) => fc.constantFrom(...words);
/** Every other time; all filters at once leave nothing. */
const sometimes = <T>(what: fc.Arbitrary<T>) => fc.option(what, { freq: 2 });
const rowsOf = (usual: readonly number[]) =>
  fc.array(
    fc.record({
      known: moment(0, 6),
      /** How much later than it became known, it begins. */
      begins: fc.oneof(
        fc.constant(null),
        fc.tuple(fc.constantFrom(...usual, 3 * DAY, -3 * DAY), fc.constantFrom(0, 0, 1, -1)).map(([a, b]) => a + b),
        fc.integer({ min: -3 * 3600, max: 3600 }).map((seconds) => seconds * 1_000_000),
      ),
      status: word('confirmed', 'cancelled'),
      direction: word('inbound', 'outbound'),
      flag: fc.boolean(),
    }),
    { minLength: 30, maxLength: 60, size: 'max' },
  );
const period = { from: sometimes(moment(0, 4)), to: fc.option(moment(1, 6), { freq: 5 }) };
const page = { limit: fc.integer({ min: 1, max: 20 }), order: sometimes(word('oldest')) };

/** All pages of a list, one after the other, by what its URL asks for. */
async function pagesOf(list: string, asked: Record<string, string>): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { status, body } = await get(`${list}?${new URLSearchParams(cursor ? { ...asked, cursor } : asked)}`);
    expect(status).toBe(200);
    pages.push(body.items.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  return pages;
}

/** The same, as one statement of plain SQL gives all of them. */
async function plain(view: string, time: string, asked: Record<string, string>): Promise<string[][]> {
  const { from = '-infinity', to = 'infinity', status, direction, archived, needsReview, phone } = asked;
  const is = (column: string, value: string | undefined) =>
    value === undefined ? sql`true` : sql`${sql.ref(column)}::text = ${value}`;
  const { rows } = await sql<{ id: string }>`
    select id from ${sql.ref(view)} where coalesce(${sql.ref(time)}, created_at) >= ${from}::timestamptz
      and coalesce(${sql.ref(time)}, created_at) < ${to}::timestamptz and ${is('status', status)}
      and ${is('direction', direction)} and ${is('archived', archived === 'all' ? undefined : archived)}
      and ${is('needs_review', needsReview)} and ${is('from_number', phone)}
    order by ${asked.order ? sql`created_at, id desc` : sql`created_at desc, id`}`.execute(readModel.writer);
  const [ids, pages, length] = [rows.map(({ id }) => id), [] as string[][], Number(asked.limit)];
  do pages.push(ids.splice(0, length));
  while (ids.length > 0);
  return pages;
}

/** What is not asked for is not in the URL. */
const parameters = (asked: Record<string, string | number | boolean | null>): Record<string, string> =>
  Object.fromEntries(Object.entries(asked).flatMap(([name, value]) => (value === null ? [] : [[name, `${value}`]])));
const toMillisecond = (us: number | null) => us && new Date(Math.floor(us / 1000)).toISOString();

const RUNS = { numRuns: 60 };

test('call sessions that began long before they became known, soon after, long after, or not at all', async () => {
  const more = {
    status: sometimes(word('confirmed', 'cancelled')),
    direction: sometimes(word('inbound', 'outbound')),
    archived: word('true', 'false', 'all', 'all'),
    phone: sometimes(word('+4930100', '+4930200')),
  };
  const filters = fc.array(fc.record({ ...period, ...more, ...page }), { minLength: 4, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(rowsOf([DAY, -3 * HOUR]), filters, async (rows, filters) => {
      await readModel.clear();
      const made = rows.map(
        ({ known, begins, flag, status, direction }, i): Partial<CallSessionRow> => ({
          ...{ id: `s${(i * 7) % 61}`, status, direction, archived: flag, created_at: asDate(known) },
          ...{ started_at: begins === null ? null : asDate(known + begins), from_number: `+4930${1 + (i % 3)}00` },
        }),
      );
      await readModel.sessions(...made);
      for (const { from, to, ...others } of filters) {
        const asked = parameters({ ...others, from: toMillisecond(from), to: toMillisecond(to) });
        const expected = await plain('call_sessions', 'started_at', asked);
        expect(await pagesOf('/api/call-sessions', asked), JSON.stringify(asked)).toEqual(expected);
      }
    }),
    RUNS,
  );
});

test('appointments, whenever they were made', async () => {
  const more = { status: sometimes(word('confirmed', 'cancelled')), needsReview: sometimes(fc.boolean()) };
  const filters = fc.array(fc.record({ ...period, ...more, ...page }), { minLength: 4, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(rowsOf([-DAY, 100 * DAY, 103 * DAY]), filters, fc.boolean(), async (rows, filters, areFar) => {
      await readModel.clear();
      const made = rows.map(
        ({ known, begins, flag, status }, i): Partial<AppointmentRow> => ({
          ...{ id: `a${(i * 7) % 61}`, status, needs_review: flag, created_at: asDate(known) },
          starts_at: begins === null ? null : asDate(known + begins),
        }),
      );
      await readModel.appointments(...made);
      for (const { from, to, ...others } of filters) {
        const shifted = (us: number | null) => toMillisecond(us && areFar ? us + 100 * DAY : us);
        const asked = parameters({ ...others, from: shifted(from), to: shifted(to) });
        const expected = await plain('appointments', 'starts_at', asked);
        expect(await pagesOf('/api/appointments', asked), JSON.stringify(asked)).toEqual(expected);
      }
    }),
    RUNS,
  );
});
