import { z } from '@hono/zod-openapi';
import { type Kysely, sql } from 'kysely';
import { appointmentStatuses } from '../../events/appointment-facts.ts';
import { decision, instant, outcomes } from '../../http/resources.ts';
import type { ReadModel } from '../../projections/tables.ts';
import { itemMaker, type Stored } from '../answers.ts';

/**
 * How far a client has read: all changes up to the position `after`, and the first `taken` of those that the next
 * fact made.
 */
export type Cursor = { readonly after: bigint; readonly taken: number };

/** What Postgres' bigint holds. */
const GREATEST = 2n ** 63n - 1n;

/**
 * A cursor as clients keep it, opaque to them: the position of the fact whose changes are all behind; or, where a
 * fact made several and not all were sent, `<position>.<how many>`.
 */
export function parseCursor(text: string): Cursor | undefined {
  const [, digits, taken] = /^(\d{1,19})(?:\.([1-9]\d{0,4}))?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const position = BigInt(digits);
  if (position > GREATEST || (taken !== undefined && position === 0n)) return undefined;
  return taken === undefined ? { after: position, taken: 0 } : { after: position - 1n, taken: Number(taken) };
}

/** The position up to which there has to be something in the log for a client to have come so far. */
export const furthestOf = ({ after, taken }: Cursor): bigint => (taken === 0 ? after : after + 1n);

const cursorAt = (position: bigint, taken?: number): string =>
  taken === undefined ? `${position}` : `${position}.${taken}`;

export const formatCursor = ({ after, taken }: Cursor): string =>
  taken === 0 ? cursorAt(after) : cursorAt(after + 1n, taken);

/** What the feed sends of a call (A10). */
export const OutcomeChanged = z
  .object({
    tenantId: z.string(),
    appointmentId: z.string().optional().openapi({ description: 'Absent when the call concerns no appointment.' }),
    callId: z.string().openapi({ description: "Retell's call id." }),
    sessionId: z.string().openapi({ description: 'The session that the call was in then.' }),
    outcome: z.enum(outcomes),
    statusReason: z.string().openapi({ description: 'Why, as in a call session.' }),
    occurredAt: instant.openapi({ description: 'When what changed it took place.' }),
  })
  .openapi('OutcomeChanged');

/** What the feed sends of an appointment: its state at that time. */
export const AppointmentChanged = z
  .object({
    tenantId: z.string(),
    appointmentId: z.string(),
    sessionId: z.string().optional().openapi({ description: 'Of the call that decided; absent: staff did.' }),
    status: z.enum(appointmentStatuses),
    startsAt: instant.optional(),
    rescheduleText: z.string().optional(),
    cancellationReason: z.string().optional(),
    needsReview: z.boolean(),
    ...decision,
    occurredAt: instant.openapi({ description: 'When what changed it took place.' }),
  })
  .openapi('AppointmentChanged');

export type FeedEvent = {
  readonly position: bigint;
  /** The cursor of a client that has received this one. */
  readonly cursor: string;
} & (
  | { readonly name: 'call.outcome.changed'; readonly data: z.infer<typeof OutcomeChanged> }
  | { readonly name: 'appointment.changed'; readonly data: z.infer<typeof AppointmentChanged> }
);

/** How many events are read at once; a few more where one fact made several. */
export const PAGE = 200;

type EventRow = { readonly position: string } & (
  | { readonly kind: 1; readonly row: Stored<ReadModel['outcome_changes']> }
  | { readonly kind: 2; readonly row: Stored<ReadModel['appointment_changes']> }
);

/**
 * The events after a position, in order, all of a fact's or none; without a tenant those of all. One statement, because
 * two would see different moments.
 */
export async function eventsAfter(
  db: Kysely<ReadModel>,
  after: bigint,
  tenantId?: string,
): Promise<readonly FeedEvent[]> {
  const where = sql`position > ${`${after}`}::bigint ${tenantId === undefined ? sql`` : sql`and tenant_id = ${tenantId}`}`;
  // Each of the two by its index; together they are few, to be sorted.
  const page = sql`order by position fetch first ${sql.lit(PAGE)} rows with ties`;
  const { rows } = await sql<EventRow>`
    select position, kind, row from (
      (select position, 1 as kind, to_jsonb(outcome_changes) as row from outcome_changes where ${where} ${page})
      union all
      (select position, 2 as kind, to_jsonb(appointment_changes) as row from appointment_changes where ${where} ${page})
    ) events ${page}`.execute(db);
  return [...Map.groupBy(rows, ({ position }) => position).values()].flatMap(ofOneFact);
}

/** In an order that a rebuild does not change; only the last one's cursor leaves the fact behind. */
function ofOneFact(rows: readonly EventRow[]): FeedEvent[] {
  const idOf = ({ kind, row }: EventRow) => `${kind} ${kind === 1 ? row.call_id : row.appointment_id}`;
  return rows
    .toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
    .map((event, i): FeedEvent => {
      const position = BigInt(event.position);
      const place = { position, cursor: cursorAt(position, i < rows.length - 1 ? i + 1 : undefined) };
      return event.kind === 1
        ? { ...place, name: 'call.outcome.changed', data: outcomeChanged(event.row) }
        : { ...place, name: 'appointment.changed', data: appointmentChanged(event.row) };
    });
}

export const outcomeChanged = itemMaker('outcome_changes', OutcomeChanged);
const changeOfAppointment = itemMaker('appointment_changes', AppointmentChanged.omit({ sessionId: true }));

export function appointmentChanged(row: Stored<ReadModel['appointment_changes']>): z.infer<typeof AppointmentChanged> {
  const change = changeOfAppointment(row);
  const sessionId = change.decidedBy?.sessionId;
  return { ...change, ...(sessionId !== undefined && { sessionId }) };
}

/** Those that a client at a cursor has not got, of events after the cursor's position. */
export const notTaken = (events: readonly FeedEvent[], { after, taken }: Cursor): readonly FeedEvent[] =>
  taken === 0 ? events : events.filter(({ position }, i) => position !== after + 1n || i >= taken);

/** The position of the newest event of all tenants; 0 before the first, which no fact has. */
export async function newestPosition(db: Kysely<ReadModel>): Promise<bigint> {
  const { rows } = await sql<{ newest: string | null }>`
    select greatest((select max(position) from outcome_changes), (select max(position) from appointment_changes)) as newest
  `.execute(db);
  return BigInt(rows[0]!.newest ?? 0);
}
