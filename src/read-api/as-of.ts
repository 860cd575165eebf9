import { z } from '@hono/zod-openapi';
import { plus } from '../http/parameters.ts';
import type { AppointmentRow, CallSessionRow, CustomerRow, TicketRow } from '../projections/tables.ts';
import type { Stored } from './answers.ts';

/** A moment of the log: the facts up to a position, or those recorded at a time (in milliseconds) or before. */
export type Moment = { readonly position: bigint } | { readonly time: number };

/** What `expand` puts beside the ids that a session holds. */
export const expandable = ['appointment', 'ticket', 'customer'] as const;
export type Expansion = (typeof expandable)[number];

/** A session, and what was asked for beside it; null or absent: there is none. */
export type ExpandedRow = CallSessionRow & {
  readonly appointment?: Stored<AppointmentRow> | null | undefined;
  readonly ticket?: Stored<TicketRow> | null | undefined;
  readonly customer?: Stored<CustomerRow> | null | undefined;
};

/**
 * Reads a resource as it was known at a moment; undefined: unknown then. Throws `EventStoreUnavailable`,
 * `UnreadableFact`, and `ReadModelBehind` before the read model has reached the moment.
 */
export type AsOf = {
  readonly callSession: (
    ...of: [...Parameters<ReadAsOf<never>>, expand?: readonly Expansion[]]
  ) => Promise<ExpandedRow | undefined>;
  readonly appointment: ReadAsOf<AppointmentRow>;
  readonly ticket: ReadAsOf<TicketRow>;
};
type ReadAsOf<Row> = (tenantId: string, id: string, moment: Moment) => Promise<Row | undefined>;

/** The streams behind a resource are looked up in the read model, which has not reached the moment yet. */
export class ReadModelBehind extends Error {
  override readonly name = 'ReadModelBehind';
}

const time = z.iso.datetime({ offset: true });

/** `at=`. Digits alone are a position, also where they look like a year or a date: nothing is guessed. */
export const atParameter = z
  .string()
  .transform(plus)
  .transform((text, context): Moment => {
    if (/^\d+$/.test(text)) return { position: BigInt(text) };
    if (time.safeParse(text).success) return { time: Date.parse(text) };
    const message = 'must be an ISO 8601 time with an offset or Z, or a position of the log, which is digits alone';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .openapi({
    type: 'string',
    description:
      'As it was known then: by the facts recorded at this time or before (ISO 8601 with an offset, e.g. 2026-03-01T10:00:00Z), or standing at ' +
      'this position of the log or before (digits alone, as in the history). In the future: now. Before the first ' +
      'fact: 404. What is answered for a time that has passed never changes.',
  });
