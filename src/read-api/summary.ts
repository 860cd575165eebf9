import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { sql } from 'kysely';
import { directions } from '../events/call-facts.ts';
import { instantParameter, only, plus } from '../http/parameters.ts';
import { problem } from '../http/problem.ts';
import { outcomes } from '../http/resources.ts';
import { isTimeZone } from '../model/time.ts';
import { json, queryRoute, refusals } from './answers.ts';
import {
  boundParameter,
  DEFAULT_DAYS,
  DEFAULT_HOURS,
  daysOf,
  hoursOf,
  inSpan,
  MAX_DAYS,
  MAX_HOURS,
  type Span,
} from './spans.ts';
import type { AsTenant, QueryApp, TenantReads } from './tenant-reads.ts';

const count = z.int().min(0);
const countOfEach = <const W extends readonly string[]>(words: W) =>
  z.object(Object.fromEntries(words.map((word) => [word, count])) as Record<W[number], typeof count>);

const UNKNOWN = 'unknown';
const ByOutcome = countOfEach(outcomes).openapi('CallsByOutcome');
const ByDirection = countOfEach([...directions, UNKNOWN] as const).openapi('CallsByDirection', {
  description: '`unknown`: sessions without a direction, as long as no fact has told.',
});

/** docs/rules.md, "Daily summary". */
const Counts = z.object({
  calls: z
    .object({ byOutcome: ByOutcome, byDirection: ByDirection })
    .openapi({ description: 'Call sessions by `startedAt`, else `createdAt`; archived ones too.' }),
  ticketsOpened: count.openapi({ description: 'Tickets by `createdAt`, whatever has become of them.' }),
  appointmentsNeedingReview: count.openapi({
    description:
      'Appointments that need review now, by the call that decided: by its start, else when its session was created.',
  }),
});
type Counts = z.infer<typeof Counts>;
const SummaryDay = Counts.extend({ date: z.iso.date().openapi({ description: 'In `timeZone`.' }) }).openapi(
  'SummaryDay',
);
const SummaryHour = Counts.extend({ startsAt: z.iso.datetime() }).openapi('SummaryHour');

export const DailySummary = z
  .object({
    timeZone: z.string().openapi({ example: 'Europe/Berlin', description: 'Whose days these are.' }),
    days: z.array(SummaryDay).openapi({ description: 'Each day that the range touches, the earliest first.' }),
  })
  .openapi('DailySummary');
export type DailySummary = z.infer<typeof DailySummary>;
export const HourlySummary = z.object({ hours: z.array(SummaryHour) }).openapi('HourlySummary');
export type HourlySummary = z.infer<typeof HourlySummary>;

const counted = sql<number>`count(*)::int`.as('count');
const none = (column: 'status' | 'direction') => sql<null>`null::text`.as(column);
const kind = (name: 'calls' | 'ticketsOpened' | 'appointmentsNeedingReview') =>
  sql<string>`${sql.lit(name)}`.as('kind');

/** Each has its index in `projections/views/`; `test/read-api/query-plans.test.ts` shows it used. */
const counts = (reads: TenantReads) => [
  reads
    .callSessions()
    .select([kind('calls'), 'status', 'direction', counted])
    .where(inSpan(sql`coalesce(started_at, created_at)`))
    .groupBy(['status', 'direction']),
  reads
    .tickets()
    .select([kind('ticketsOpened'), none('status'), none('direction'), counted])
    .where(inSpan(sql`created_at`)),
  reads
    .appointments()
    .select([kind('appointmentsNeedingReview'), none('status'), none('direction'), counted])
    .where('needs_review', '=', true)
    .where(inSpan(sql`deciding_call_at`)),
];

async function countsOf(reads: TenantReads, spans: readonly Span[]): Promise<readonly Counts[]> {
  const all = spans.map(
    (): Counts => ({
      calls: { byOutcome: zeros(outcomes), byDirection: zeros([...directions, UNKNOWN]) },
      ticketsOpened: 0,
      appointmentsNeedingReview: 0,
    }),
  );
  if (spans.length === 0) return all;
  for (const { span, kind, status, direction, count } of await reads.countPerSpan(spans, counts(reads))) {
    const of = all[span]!;
    if (kind === 'calls') {
      of.calls.byOutcome[status as keyof typeof of.calls.byOutcome] += count;
      of.calls.byDirection[(direction ?? UNKNOWN) as keyof typeof of.calls.byDirection] += count;
    } else of[kind as 'ticketsOpened' | 'appointmentsNeedingReview'] = count;
  }
  return all;
}

const zeros = <const W extends string>(words: readonly W[]) =>
  Object.fromEntries(words.map((word) => [word, 0])) as Record<W, number>;

/** A tenant's own time zone; undefined where it has set none. */
export type TimeZoneOf = (tenantId: string) => string | undefined;

const Range = only({
  from: boundParameter(
    `From the beginning of this day in \`timeZone\`, or from this time on. Default: the ${DEFAULT_DAYS} days up to \`to\`.`,
  ).optional(),
  to: boundParameter(
    'Up to the end of this day in `timeZone`, or before this time. Default: the end of today.',
  ).optional(),
  timeZone: z
    .string()
    .max(64)
    .transform(plus)
    .refine(isTimeZone, 'must be an IANA time zone, as Europe/Berlin')
    .optional()
    .openapi({ type: 'string', description: "E.g. Europe/Berlin. Default: the tenant's, else UTC." }),
});

const HourRange = only({
  from: instantParameter(`From the hour of this time on. Default: the ${DEFAULT_HOURS} hours up to \`to\`.`).optional(),
  to: instantParameter('Up to the end of the hour before this time. Default: the end of this hour.').optional(),
});

const badRange = (c: Context, fault: { readonly path: string; readonly message: string }) =>
  problem(c, 400, 'invalid_request', { detail: 'The request is not as documented.', errors: [fault] });

export const getSummary = (app: QueryApp, asTenant: AsTenant, timeZoneOf: TimeZoneOf) =>
  app.openapi(
    createRoute({
      ...queryRoute(asTenant, 'Summary'),
      path: '/api/summary',
      operationId: 'getSummary',
      summary: 'Counts of each day',
      description:
        `Each local day that the range touches, at most ${MAX_DAYS}; one that it touches in part is counted in part. ` +
        'What becomes known later changes earlier days. All counts are of one moment.',
      request: { query: Range },
      responses: { 200: json(DailySummary, 'The days; those on which nothing was have zeros.'), ...refusals },
    }),
    async (c) => {
      const { timeZone = timeZoneOf(c.var.caller.tenantId) ?? 'UTC', ...range } = c.req.valid('query');
      const days = daysOf(range, timeZone, new Date());
      if ('message' in days) return badRange(c, days);
      const counted = await countsOf(c.var.reads, days);
      return c.json({ timeZone, days: days.map(({ date }, i) => ({ date, ...counted[i]! })) }, 200);
    },
  );

export const getHourlySummary = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      ...queryRoute(asTenant, 'Summary'),
      path: '/api/summary/hours',
      operationId: 'getHourlySummary',
      summary: 'Counts of each hour',
      description: `The same by whole hours of UTC, at most ${MAX_HOURS}, the earliest first.`,
      request: { query: HourRange },
      responses: { 200: json(HourlySummary, 'The hours; those in which nothing was have zeros.'), ...refusals },
    }),
    async (c) => {
      const hours = hoursOf(c.req.valid('query'), new Date());
      if ('message' in hours) return badRange(c, hours);
      const counted = await countsOf(c.var.reads, hours);
      const items = hours.map(({ from }, i) => ({ startsAt: from.toISOString(), ...counted[i]! }));
      return c.json({ hours: items }, 200);
    },
  );
