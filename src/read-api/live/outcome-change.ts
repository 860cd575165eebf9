import { z } from '@hono/zod-openapi';
import { type Kysely, sql } from 'kysely';
import type { OutcomeChangeRow, ReadModel } from '../../projections/tables.ts';
import { outcomes } from '../call-sessions/call-session.ts';
import { type Cursor, cursorAt } from './cursor.ts';

/** What a client of the feed is told (A10). */
export const OutcomeChanged = z
  .object({
    tenantId: z.string(),
    appointmentId: z.string().optional().openapi({ description: 'Absent when the call concerns no appointment.' }),
    callId: z.string().openapi({ description: "Retell's call id." }),
    outcome: z.enum(outcomes),
  })
  .openapi('OutcomeChanged');

export type OutcomeChange = {
  readonly position: bigint;
  /** Where a client stands that has got this one. */
  readonly cursor: string;
  readonly data: z.infer<typeof OutcomeChanged>;
};

/** How many changes are read at once; a few more where one fact made several. */
export const PAGE = 200;

/**
 * The changes after a position, in order, never only some of those that one fact made. **Without a tenant: of all of
 * them**, for the process's own tail, which sorts them out. Indexes: (position), (tenant_id, position).
 */
export async function changesAfter(
  db: Kysely<ReadModel>,
  after: bigint,
  tenantId?: string,
): Promise<readonly OutcomeChange[]> {
  const rows = await db
    .selectFrom('outcome_changes')
    .selectAll()
    .where('position', '>', `${after}`)
    .$if(tenantId !== undefined, (q) => q.where('tenant_id', '=', tenantId!))
    .orderBy('position')
    .fetch(PAGE, 'with ties')
    .execute();
  return [...Map.groupBy(rows, ({ position }) => position).values()].flatMap(ofOneFact);
}

/** In an order that a rebuild does not change; only the last one's cursor leaves the fact behind. */
const ofOneFact = (rows: readonly OutcomeChangeRow[]): OutcomeChange[] =>
  rows
    .toSorted((a, b) => (a.call_id < b.call_id ? -1 : 1))
    .map((row, i) => {
      const position = BigInt(row.position);
      return {
        position,
        cursor: cursorAt(position, i < rows.length - 1 ? i + 1 : undefined),
        data: {
          tenantId: row.tenant_id,
          ...(row.appointment_id === null ? {} : { appointmentId: row.appointment_id }),
          callId: row.call_id,
          outcome: row.outcome as OutcomeChange['data']['outcome'],
        },
      };
    });

/** Those that a client at a cursor has not got, of changes after the cursor's position. */
export const notTaken = (changes: readonly OutcomeChange[], { after, taken }: Cursor): readonly OutcomeChange[] =>
  taken === 0 ? changes : changes.filter(({ position }, i) => position !== after + 1n || i >= taken);

/** The position of the newest change of all tenants; 0 before the first, which no fact has. */
export async function newestPosition(db: Kysely<ReadModel>): Promise<bigint> {
  const { newest } = await db
    .selectFrom('outcome_changes')
    .select(sql<string | null>`max(position)`.as('newest'))
    .executeTakeFirstOrThrow();
  return BigInt(newest ?? 0);
}
