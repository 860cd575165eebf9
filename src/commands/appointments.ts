import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import { type AppointmentSaid, appointmentStatuses } from '../events/appointment-facts.ts';
import type { EventLog } from '../events/event-log.ts';
import { type Authenticate, type CallerEnv, requireScope } from '../http/bearer.ts';
import { instant, newPathId } from '../http/parameters.ts';
import { badRequest, problemResponse } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import { factUnreadable, goneForGood } from '../http/unreadable-fact.ts';
import { type RecordedAppointment, recordAppointment } from './appointments/record-appointment.ts';
import { commandErrors } from './command-routes.ts';
import { IdempotencyKey, keyReused } from './idempotency-key.ts';
import { type ShownAfter, shownAfter } from './shown-after.ts';
import { staffNote } from './staff-note.ts';

export type AppointmentRoutesDeps = {
  readonly log: EventLog;
  readonly authenticate: Authenticate;
  readonly appointmentAfter: ShownAfter;
  readonly logger: Logger;
  readonly now?: () => Date;
};

const startsAt = instant
  .transform((time) => time.toISOString())
  .openapi({ type: 'string', format: 'date-time', example: '2026-01-31T09:30:00+01:00' });

const Body = z.strictObject({ startsAt, status: z.enum(appointmentStatuses), note: staffNote }).partial();

/** The query API's appointment (its schema is generated there). */
const ShownAppointment = z.looseObject({ id: z.string(), tenantId: z.string(), status: z.enum(appointmentStatuses) });

/** `PUT /api/appointments/{id}`: what staff say of an appointment. */
export function appointmentRoutes(deps: AppointmentRoutesDeps): OpenAPIHono<CallerEnv> {
  const { log, logger, now = () => new Date() } = deps;
  const routes = new OpenAPIHono<CallerEnv>({ defaultHook: badRequest });
  routes.onError(commandErrors(logger));

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/appointments/{id}',
      operationId: 'putAppointment',
      tags: ['Appointments'],
      summary: 'Register or change an appointment',
      description:
        'The first PUT registers it, even with an empty body; what is absent stays as it is. Encode the id: "/" is `%2F`.',
      security: [{ apiKey: [] }],
      middleware: [requireScope(deps.authenticate, 'write'), limitedBody],
      request: {
        params: z.object({ id: newPathId() }),
        headers: z.object({ 'idempotency-key': IdempotencyKey }),
        body: { content: { 'application/json': { schema: Body } }, required: true },
      },
      responses: {
        200: { description: 'The appointment', content: { 'application/json': { schema: ShownAppointment } } },
        400: problemResponse('Not as documented; `errors[]` names each.'),
        401: problemResponse('No API key, or an unknown or revoked one.'),
        403: problemResponse('The API key has no write scope.'),
        409: problemResponse(`\`idempotency_key_reused\`: the key came before with another body. ${factUnreadable}`),
        410: goneForGood,
        413: problemResponse('Body over 64 KiB.'),
        415: problemResponse('Not JSON.'),
        503: problemResponse('`store_unavailable`: the event store did not confirm; repeat the request.'),
      },
    }),
    async (c) => {
      const { tenantId, keyId } = c.var.caller;
      const appointmentId = c.req.valid('param').id;
      const said = c.req.valid('json') as AppointmentSaid;
      const idempotencyKey = c.req.valid('header')['idempotency-key'];
      const at = now().toISOString();
      const result = await recordAppointment(log, { tenantId, appointmentId, said, idempotencyKey, at });
      if (result === 'idempotency_key_reused') return keyReused(c) as never;
      if (result.changed)
        logger.info({ event: 'appointment_changed', tenantId, appointmentId, keyId }, 'appointment changed');
      const appointment =
        (await shownAfter(deps.appointmentAfter, logger, tenantId, appointmentId, result.position)) ??
        fromLog(tenantId, appointmentId, result);
      return c.json(appointment as z.infer<typeof ShownAppointment>, 200);
    },
  );

  return routes;
}

/** What is known without the read model: what staff said, not what calls decided. */
const fromLog = (
  tenantId: string,
  id: string,
  { record: { status, startsAt, lastEventAt }, notes }: RecordedAppointment,
) => ({
  id,
  tenantId,
  status,
  startsAt,
  needsReview: false,
  notes,
  lastEventAt,
});
