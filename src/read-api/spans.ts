import { z } from '@hono/zod-openapi';
import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import { instant, plus } from '../http/parameters.ts';
import { DAY_MS, isRecordable, localAt, startOfDay } from '../model/time.ts';
import type { ReadModel } from '../projections/tables.ts';

/** A bound of a range: a local day, given by its midnight as if that were UTC, or an instant. */
type Bound = { readonly day: number } | { readonly instant: number };

const NO_BOUND = 'must be a date, as 2026-03-01, or an ISO 8601 time with an offset or Z, of the years 1 to 9999';

export const boundParameter = (description: string) =>
  z
    .string()
    .transform(plus)
    .transform((text, context): Bound => {
      if (z.iso.date().safeParse(text).success) return { day: Date.parse(text) };
      const time = instant.safeParse(text);
      if (time.success) return { instant: time.data.getTime() };
      context.addIssue({ code: 'custom', message: NO_BOUND });
      return z.NEVER;
    })
    .openapi({ type: 'string', description: `${description} E.g. 2026-03-01.` });

export type Span = { readonly from: Date; readonly to: Date };

/** The part of a local day that lies in the range that was asked for. */
export type Day = Span & { readonly date: string };

/** What is wrong with a range, and with which parameter. */
type BadRange = { readonly path: 'from' | 'to'; readonly message: string };

export const DEFAULT_DAYS = 30;
export const MAX_DAYS = 400;
export const DEFAULT_HOURS = 24;
export const MAX_HOURS = 336;
const HOUR_MS = 3_600_000;

type Asked = { readonly from?: Bound | undefined; readonly to?: Bound | undefined };

/** The local days of a range, the earliest first. Absent: `to` is the end of today, `from` makes it the last 30 days. */
export function daysOf(asked: Asked, timeZone: string, now: Date): readonly Day[] | BadRange {
  const dayOf = (at: number) => Math.floor(localAt(at, timeZone) / DAY_MS) * DAY_MS;
  const until = asked.to ?? { day: dayOf(now.getTime()) };
  const to = 'day' in until ? startOfDay(until.day + DAY_MS, timeZone) : until.instant;
  const since = asked.from ?? { day: dayOf(to - 1) - (DEFAULT_DAYS - 1) * DAY_MS };
  const from = 'day' in since ? startOfDay(since.day, timeZone) : since.instant;
  for (const [path, at] of Object.entries({ from, to }) as [BadRange['path'], number][])
    if (!isRecordable(at) || !isRecordable(localAt(at, timeZone))) return { path, message: NO_BOUND };
  if (from > to || ('day' in since && 'day' in until && since.day > until.day))
    return { path: 'from', message: 'must not be after `to`' };
  if (localAt(to, timeZone) - localAt(from, timeZone) > MAX_DAYS * DAY_MS)
    return { path: 'from', message: `must be at most ${MAX_DAYS} days before \`to\`` };
  const days: Day[] = [];
  for (let day = dayOf(from), begins = from; begins < to; day += DAY_MS) {
    const ends = Math.min(startOfDay(day + DAY_MS, timeZone), to);
    // A day that a zone has skipped is none.
    if (begins < ends) days.push({ date: dateOf(day), from: new Date(begins), to: new Date(ends) });
    begins = Math.max(begins, ends);
  }
  return days;
}

/** The hours that a range touches, each whole. Absent: `to` is the end of this hour, `from` makes it the last 24. */
export function hoursOf(
  { from, to }: { readonly from?: Date | undefined; readonly to?: Date | undefined },
  now: Date,
): readonly Span[] | BadRange {
  const end = Math.ceil((to?.getTime() ?? now.getTime() + 1) / HOUR_MS);
  const begin = from === undefined ? end - DEFAULT_HOURS : Math.floor(from.getTime() / HOUR_MS);
  if (begin > end) return { path: 'from', message: 'must not be after `to`' };
  if (end - begin > MAX_HOURS) return { path: 'from', message: `must be at most ${MAX_HOURS} hours before \`to\`` };
  return Array.from({ length: end - begin }, (_, i) => ({
    from: new Date((begin + i) * HOUR_MS),
    to: new Date((begin + i + 1) * HOUR_MS),
  }));
}

const dateOf = (day: number): string => new Date(day).toISOString().slice(0, 10);

/** How many there are of a kind, by outcome and direction where it has them. */
export type Count = {
  readonly kind: string;
  readonly status: string | null;
  readonly direction: string | null;
  readonly count: number;
};

/** Whether a time lies in the span for which a query of `countPerSpan` is asked. */
export const inSpan = (time: RawBuilder<unknown>) => sql<boolean>`${time} >= span.begins and ${time} < span.ends`;

/**
 * The counts of each query by span, `span` being its index in the list. One statement is one snapshot; ranges of an index
 * are a third faster than a day computed for each row.
 */
export async function countPerSpan<TB extends keyof ReadModel>(
  db: Kysely<ReadModel>,
  spans: readonly Span[],
  queries: readonly SelectQueryBuilder<ReadModel, TB, Count>[],
): Promise<readonly (Count & { readonly span: number })[]> {
  const [begins, ends] = [spans.map(({ from }) => from), spans.map(({ to }) => to)];
  const counts = queries.map(
    (query) => sql`select span.n::int - 1 as span, counted.*
      from unnest(${begins}::timestamptz[], ${ends}::timestamptz[]) with ordinality as span (begins, ends, n)
        cross join lateral ${query} as counted`,
  );
  const all = sql<Count & { span: number }>`${sql.join(counts, sql` union all `)}`;
  return (await all.execute(db)).rows;
}
