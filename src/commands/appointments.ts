import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import {
  type AppointmentEvent,
  type AppointmentSaid,
  type AppointmentStatus,
  appointmentEventSchemas,
  appointmentStatuses,
} from '../events/appointment-facts.ts';
import type { Fact } from '../events/codec.ts';
import { handle, overFacts, withNext } from '../events/decider.ts';
import type { EventLog } from '../events/event-log.ts';
import { digestOf } from '../events/identity.ts';
import { byCommand, type FactMetadata } from '../events/metadata.ts';
import { appointmentStream } from '../events/streams.ts';
import { type Authenticate, type CallerEnv, requireScope } from '../http/bearer.ts';
import { problemRoutes } from '../http/failures.ts';
import { IdempotencyKey, instant, newPathId } from '../http/parameters.ts';
import { bodyRefusals, factUnreadable, json, jsonBody, problemResponse } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import { Appointment } from '../http/resources.ts';
import { inTurn, tenantShare } from '../http/tenant-share.ts';
import { appointmentOf } from '../model/appointment.ts';
import {
  COMMANDS_AT_ONCE,
  keyReused,
  requestIdOf,
  type ShownAfter,
  shownAfter,
  staffNote,
  staffRefusals,
} from './command-routes.ts';

/** What staff have made of an appointment; the calls' own streams hold what calls decide. */
type StaffRecord = {
  readonly registered: boolean;
  readonly status: AppointmentStatus;
  readonly startsAt?: string;
  readonly lastEventAt?: string;
  readonly changes: readonly Pick<Fact<AppointmentEvent>, 'id' | 'data' | 'recordedAt'>[];
};

export const unregistered: StaffRecord = { registered: false, status: 'scheduled', changes: [] };

export function evolve(state: StaffRecord, change: StaffRecord['changes'][number]): StaffRecord {
  const { status = state.status, startsAt = state.startsAt } = change.data;
  return {
    registered: true,
    status,
    ...(startsAt !== undefined && { startsAt }),
    lastEventAt: change.recordedAt,
    changes: withNext(state.changes, change),
  };
}

/** Whichever key was used. */
const same = (a: AppointmentSaid, { by: _, ...b }: AppointmentSaid) => digestOf(a) === digestOf(b);

type PutAppointment = {
  readonly change: AppointmentSaid;
  /** The id of the API key. */
  readonly by: string;
  /** The id of its event, where the request has an Idempotency-Key. */
  readonly requestId?: string | undefined;
};

/**
 * The last change again is recorded without its note: a call may have moved the appointment since, and staff win (A9).
 * Under an Idempotency-Key it is recorded once, and other content is refused.
 */
export function putAppointment(
  { change, by, requestId }: PutAppointment,
  { registered, changes }: StaffRecord,
): readonly AppointmentEvent[] | 'idempotency_key_reused' {
  const repeated = changes.find(({ id }) => id === requestId);
  if (repeated !== undefined) return same(change, repeated.data) ? [] : 'idempotency_key_reused';
  if (!registered) return [{ type: 'AppointmentRegistered', data: { ...change, by } }];
  const { note: _repeated, ...rest } = change;
  const last = changes.at(-1);
  const data = requestId === undefined && last && same(change, last.data) ? rest : change;
  return Object.keys(data).length === 0 ? [] : [{ type: 'AppointmentChanged', data: { ...data, by } }];
}

const decider = {
  initialState: unregistered,
  evolve: overFacts<StaffRecord, AppointmentEvent>(appointmentEventSchemas, evolve),
  decide: putAppointment,
};

export type AppointmentRoutesDeps = {
  readonly log: EventLog;
  readonly authenticate: Authenticate;
  readonly appointmentAfter: ShownAfter<Appointment>;
  readonly logger: Logger;
};

const startsAt = instant
  .transform((time) => time.toISOString())
  .openapi({ type: 'string', format: 'date-time', example: '2026-01-31T09:30:00+01:00' });

const Body = z.strictObject({ startsAt, status: z.enum(appointmentStatuses), note: staffNote }).partial();

/** `PUT /api/appointments/{id}`: what staff say of an appointment. */
export function appointmentRoutes(deps: AppointmentRoutesDeps): OpenAPIHono<CallerEnv> {
  const { log, logger } = deps;
  const record = inTurn(
    tenantShare(COMMANDS_AT_ONCE),
    (_, stream: string, command: PutAppointment, metadata: FactMetadata) =>
      handle(log, stream, decider, command, metadata, () => command.requestId),
  );
  const routes = problemRoutes<CallerEnv>(logger);

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
        ...jsonBody(Body, { startsAt: '2027-01-31T09:30:00+01:00' }),
      },
      responses: {
        200: json(Appointment, 'The appointment.'),
        ...staffRefusals,
        ...bodyRefusals,
        409: problemResponse(`\`idempotency_key_reused\`: the key came before with another body. ${factUnreadable}`),
      },
    }),
    async (c) => {
      const { tenantId, keyId } = c.var.caller;
      const appointmentId = c.req.valid('param').id;
      const change = c.req.valid('json') as AppointmentSaid;
      const stream = appointmentStream(tenantId, appointmentId);
      const requestId = requestIdOf(stream, c.req.valid('header')['idempotency-key']);
      const command = { change, by: keyId, requestId };
      const result = await record(tenantId, stream, command, byCommand(tenantId, appointmentId));
      if (result === 'idempotency_key_reused') return keyReused(c);
      if (result.appended.length > 0)
        logger.info({ event: 'appointment_changed', tenantId, appointmentId, keyId }, 'appointment changed');
      const appointment =
        (await shownAfter(deps.appointmentAfter, logger, tenantId, appointmentId, result.position)) ??
        fromLog(tenantId, appointmentId, result.state);
      return c.json(appointment, 200);
    },
  );

  return routes;
}

/** What is known without the read model: what staff said, not what calls decided. */
function fromLog(tenantId: string, id: string, { lastEventAt, changes }: StaffRecord): Appointment {
  const entries = changes.map(({ id, data, recordedAt }) => {
    const occurredAt = Date.parse(recordedAt);
    return { ...data, id, recordedAt, occurredAt, position: '' };
  });
  const appointment = appointmentOf([], entries);
  return { id, tenantId, ...appointment, notes: [...appointment.notes], lastEventAt: lastEventAt! };
}
