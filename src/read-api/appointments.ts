import { createRoute, type z } from '@hono/zod-openapi';
import { sql } from 'kysely';
import { booleanParameter, instantParameter, only, wordsParameter } from '../http/parameters.ts';
import { apiKey, json, refusals } from './answers.ts';
import { Appointment, appointmentOf, appointmentStatuses } from './appointments/appointment.ts';
import { pageSchema, paging, sizeOf, sizeOfText } from './keyset.ts';
import { partsOf } from './period.ts';
import type { AsTenant, QueryApp, TenantReads } from './tenant-reads.ts';

const Filter = only({
  status: wordsParameter(appointmentStatuses, 'Appointments with this status.').optional(),
  needsReview: booleanParameter('Whether a person has to read something.').optional(),
  from: instantParameter('Starting at this time or later; without a known time: created.').optional(),
  to: instantParameter('Starting before this time; without a known time: created.').optional(),
  ...paging,
});
type Filter = z.infer<typeof Filter>;

/** Each filter has its index in `projections/appointments/`; `test/read-api/query-plans.test.ts` shows it used. */
const filtered = (reads: TenantReads, filter: Filter) =>
  reads
    .appointments()
    .selectAll()
    .$if(filter.status !== undefined, (q) => q.where('status', 'in', filter.status!))
    .$if(filter.needsReview !== undefined, (q) => q.where('needs_review', '=', filter.needsReview!))
    .$if(filter.from !== undefined, (q) => q.where(sql`coalesce(starts_at, created_at)`, '>=', filter.from!))
    .$if(filter.to !== undefined, (q) => q.where(sql`coalesce(starts_at, created_at)`, '<', filter.to!));

/** An appointment is mostly made for some day of the next hundred. The indexes of the others say the same. */
const USUALLY_KNOWN = { sooner: '2400 hours', later: '24 hours' } as const;

export const listAppointments = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/appointments',
      operationId: 'listAppointments',
      tags: ['Appointments'],
      summary: 'Appointments, newest first',
      description: 'By the time they became known descending, then `id`. Filters are combined with "and".',
      security: apiKey,
      middleware: asTenant,
      request: { query: Filter },
      responses: { 200: json(pageSchema(Appointment, 'AppointmentPage'), 'A page of appointments.'), ...refusals },
    }),
    async (c) => {
      const filter = c.req.valid('query');
      const large = [sizeOf('notes_json'), sizeOfText('reschedule_text'), sizeOfText('cancellation_reason')];
      const parts = partsOf('starts_at', filter, USUALLY_KNOWN);
      const { rows, nextCursor } = await c.var.reads.page(filtered(c.var.reads, filter), filter, large, parts);
      return c.json({ items: rows.map(appointmentOf), nextCursor }, 200);
    },
  );
