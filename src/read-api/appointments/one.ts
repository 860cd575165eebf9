import { createRoute } from '@hono/zod-openapi';
import { idPath, only } from '../../http/parameters.ts';
import { problem } from '../../http/problem.ts';
import { apiKey, json, notFound, refusals, unreadable } from '../answers.ts';
import { type AsOf, atParameter } from '../as-of.ts';
import type { AsTenant, QueryApp } from '../tenant-reads.ts';
import { Appointment, appointmentOf } from './appointment.ts';

/** Index: appointments (tenant_id, id). */
export const getAppointment = (app: QueryApp, asTenant: AsTenant, asOf: AsOf['appointment']) =>
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/appointments/{id}',
      operationId: 'getAppointment',
      tags: ['Appointments'],
      summary: 'One appointment',
      description: 'Encode the id: "/" is `%2F`.',
      security: apiKey,
      middleware: asTenant,
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
