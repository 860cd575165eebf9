import { z } from '@hono/zod-openapi';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import type { Recorded } from '../../events/recorded.ts';
import { booleanParameter, instantParameter, only, tenantParameter } from '../../http/parameters.ts';
import { exportedPrefixes } from './exported-fact.ts';

/** Where a range begins or ends: at a time of recording, or at a position of the log. */
export type Boundary = { readonly time: string } | { readonly position: bigint };

/** `head`: nothing behind this position. */
export type ExportRange = {
  readonly from?: Boundary | undefined;
  readonly to?: Boundary | undefined;
  readonly tenant?: string | undefined;
  readonly head: bigint;
};

const boundary = (description: string) => {
  const instant = instantParameter(description);
  return z
    .string()
    .transform((text, context): Boundary => {
      if (/^\d{1,19}$/.test(text)) return { position: BigInt(text) };
      const time = instant.safeParse(text).data;
      if (time === undefined)
        context.addIssue({ code: 'custom', message: 'must be an ISO 8601 time with an offset or Z, or a position' });
      return { time: (time ?? new Date(0)).toISOString() };
    })
    .openapi({ type: 'string', example: '2026-01-01T00:00:00Z', description });
};

const range = {
  from: boundary('A time: from the first fact recorded then or later. A position: after it. Absent: all.').optional(),
  to: boundary('A time: up to the first fact recorded then or later, without it. A position: up to it.').optional(),
  tenant: tenantParameter.optional().openapi({ description: 'Only what belongs to it. Absent: all.' }),
  head: z
    .string()
    .regex(/^(-1|\d{1,19})$/, 'must be a position')
    .transform(BigInt)
    .optional()
    .openapi({ type: 'string', description: '`head` of an earlier export: nothing behind it. Absent: the head now.' }),
};

type Ends = { readonly from?: Boundary | undefined; readonly to?: Boundary | undefined };
const inOrder = ({ from, to }: Ends): boolean => {
  if (from === undefined || to === undefined) return true;
  if ('time' in from && 'time' in to) return from.time <= to.time;
  return 'time' in from || 'time' in to || from.position <= to.position;
};
const ordered = <S extends z.ZodType<Ends>>(schema: S) =>
  schema.refine(inOrder, { error: 'must not lie before from', path: ['to'] });

export const RangeQuery = ordered(only(range));
export const ExportQuery = ordered(
  only({
    ...range,
    evidence: booleanParameter('Whether the signed bytes come along. Default: true.').optional(),
  }),
);

/** As the header says it, and as it can be asked for again. */
export const textOf = (end: Boundary | undefined): string | null =>
  end === undefined ? null : 'time' in end ? end.time : String(end.position);

/** The subscription resumes by itself; after as long as that without success the store counts as not answering. */
const GIVE_UP_AT_MS = 1000;
const LOOK_EVERY_MS = 10_000;
/** Of facts, which may be as large as an append. */
const MAX_BATCH = 100;

/**
 * The recorded facts of a range, of all tenants, in the order of the log and at the reader's pace. The range is one
 * section of the log, whatever clocks did: it begins with the first fact recorded at or after `from` and ends before
 * the first recorded at or after `to`, so that neighbouring ranges share and miss nothing.
 * Throws EventStoreUnavailable; ends early, without an error, when the signal says so.
 */
export async function* factsBetween(log: EventLog, range: ExportRange, signal: AbortSignal): AsyncGenerator<Recorded> {
  const { from, to, head } = range;
  const last = to !== undefined && 'position' in to && to.position < head ? to.position : head;
  const until = to !== undefined && 'time' in to ? to.time : undefined;
  const since = from !== undefined && 'time' in from ? from.time : undefined;
  const stopping = new AbortController();
  let failure: EventStoreUnavailable | undefined;
  const giveUp = (cause: unknown) => {
    failure ??= new EventStoreUnavailable('the event store was lost while reading', { cause });
    stopping.abort();
  };
  let waiting = true;
  const looking = setInterval(() => waiting && log.head().catch(giveUp), LOOK_EVERY_MS);
  try {
    let begun = since === undefined;
    for await (const { events, caughtUp } of log.subscribe({
      prefixes: exportedPrefixes,
      after: from !== undefined && 'position' in from ? from.position : undefined,
      maxBatch: MAX_BATCH,
      signal: AbortSignal.any([signal, stopping.signal]),
      onBreak: (error, retryInMs) => retryInMs >= GIVE_UP_AT_MS && giveUp(error),
    })) {
      waiting = false;
      for (const event of events) {
        if (event.position > last || (until !== undefined && event.recordedAt >= until)) return;
        begun ||= event.recordedAt >= since!;
        if (begun) yield event;
      }
      if (caughtUp) return;
      waiting = true;
    }
    if (failure) throw failure;
  } finally {
    clearInterval(looking);
    stopping.abort();
  }
}
