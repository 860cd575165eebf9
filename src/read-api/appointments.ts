import { createRoute, type z } from '@hono/zod-openapi';
import { sql } from 'kysely';
import { appointmentStatuses } from '../events/appointment-facts.ts';
import { booleanParameter, idPath, instantParameter, only, wordsParameter } from '../http/parameters.ts';
import { problem } from '../http/problem.ts';
import { Appointment } from '../http/resources.ts';
import { itemMaker, json, notFound, queryRoute, refusals, unreadable } from './answers.ts';
import { type AsOf, atParameter } from './as-of.ts';
import { given, within } from './filters.ts';
import { listParameters, pageSchema, partsOf, sizeOf, sizeOfText } from './keyset.ts';
import type { AsTenant, QueryApp, TenantReads } from './tenant-reads.ts';

export const appointmentOf = itemMaker('appointments', Appointment);

const Filter = listParameters({
  status: wordsParameter(appointmentStatuses, 'Appointments with this status.').optional(),
  needsReview: booleanParameter('Whether a person has to read something.').optional(),
  from: instantParameter('Starting at this time or later; without a known time: created.').optional(),
  to: instantParameter('Starting before this time; without a known time: created.').optional(),
});
type Filter = z.infer<typeof Filter>;

/** Each filter has its index in `projections/views/`; `test/read-api/query-plans.test.ts` shows it used. */
const filtered = (reads: TenantReads, filter: Filter) =>
  reads
    .appointments()
    .selectAll()
    .where(given({ status: filter.status, needs_review: filter.needsReview }))
    .where(within(sql`coalesce(starts_at, created_at)`, filter));

/** Most appointments are made for the next hundred days. The indexes of all others have the same bounds. */
const USUALLY_KNOWN = { sooner: '2400 hours', later: '24 hours' } as const;

export const listAppointments = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      ...queryRoute(asTenant, 'Appointments'),
      path: '/api/appointments',
      operationId: 'listAppointments',
      summary: 'Appointments, newest first',
      description: 'By the time they became known descending, then `id`. Filters are combined with "and".',
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

/** Index: appointments (tenant_id, id). */
export const getAppointment = (app: QueryApp, asTenant: AsTenant, asOf: AsOf['appointment']) =>
  app.openapi(
    createRoute({
      ...queryRoute(asTenant, 'Appointments'),
      path: '/api/appointments/{id}',
      operationId: 'getAppointment',
      summary: 'One appointment',
      description: 'Encode the id: "/" is `%2F`.',
      request: { params: idPath, query: only({ at: atParameter.optional() }) },
      responses: { 200: json(Appointment, 'The appointment.'), 404: notFound, ...unreadable, ...refusals },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { at } = c.req.valid('query');
      const row = at
        ? await asOf(c.var.caller.tenantId, id, at)
        : await c.var.reads.appointments().selectAll().where('id', '=', id).executeTakeFirst();
      return row ? c.json(appointmentOf(row), 200) : problem(c, 404, 'not_found');
    },
  );
