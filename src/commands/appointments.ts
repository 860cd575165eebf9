import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import { appendDecided } from '../events/append-decided.ts';
import {
  type AppointmentEvent,
  type AppointmentSaid,
  type AppointmentStatus,
  appointmentEventSchemas,
  appointmentStatuses,
} from '../events/appointment-facts.ts';
import { type DomainEvent, decode, type Fact } from '../events/codec.ts';
import type { EventLog, NewEvent } from '../events/event-log.ts';
import { digestOf, uuidOf } from '../events/identity.ts';
import type { JsonObject } from '../events/json.ts';
import type { FactMetadata } from '../events/metadata.ts';
import type { Recorded } from '../events/recorded.ts';
import { appointmentStream } from '../events/streams.ts';
import { type Authenticate, type CallerEnv, requireScope } from '../http/bearer.ts';
import { failures } from '../http/failures.ts';
import { instant, newPathId } from '../http/parameters.ts';
import { badRequest, factUnreadable, json, problemResponse } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import {
  bodyRefusals,
  IdempotencyKey,
  keyReused,
  requestIdOf,
  type ShownAfter,
  shownAfter,
  staffNote,
  staffRefusals,
} from './command-routes.ts';

/** What staff said of an appointment, as its stream has it. Calls speak of it in streams of their own. */
type StaffRecord = {
  readonly registered: boolean;
  readonly status: AppointmentStatus;
  readonly startsAt?: string;
  /** The last thing that was said. */
  readonly last: AppointmentSaid | undefined;
  readonly lastEventAt: string | undefined;
};

export const nothingSaid: StaffRecord = {
  registered: false,
  status: 'scheduled',
  last: undefined,
  lastEventAt: undefined,
};

export function evolve(
  state: StaffRecord,
  { data, recordedAt }: { readonly data: AppointmentSaid; readonly recordedAt: string },
): StaffRecord {
  const { status = state.status, startsAt = state.startsAt } = data;
  return {
    registered: true,
    status,
    ...(startsAt !== undefined && { startsAt }),
    last: data,
    lastEventAt: recordedAt,
  };
}

const same = (a: AppointmentSaid, b: AppointmentSaid | undefined) => b !== undefined && digestOf(a) === digestOf(b);

/** Of a request with an Idempotency-Key: what was said under the same key before. */
type Keyed = { readonly before: AppointmentSaid | undefined };

/**
 * Registers the appointment or records a change. With an Idempotency-Key the same again is nothing, and something else
 * under the same key is refused.
 *
 * Without one, a repeat of the last change is said once more but for its note: whether a call has changed the
 * status or the start in between does not stand in this stream, and what staff say last has to win (A9).
 */
export function putAppointment(
  state: StaffRecord,
  said: AppointmentSaid,
  keyed?: Keyed,
): AppointmentEvent[] | 'idempotency_key_reused' {
  if (keyed?.before !== undefined) return same(said, keyed.before) ? [] : 'idempotency_key_reused';
  if (!state.registered) return [{ type: 'AppointmentRegistered', data: said }];
  const { note: _repeated, ...rest } = said;
  const news = keyed === undefined && same(said, state.last) ? rest : said;
  return Object.keys(news).length === 0 ? [] : [{ type: 'AppointmentChanged', data: news }];
}

type AppointmentCommand = {
  readonly tenantId: string;
  readonly appointmentId: string;
  readonly said: AppointmentSaid;
  readonly idempotencyKey: string | undefined;
  readonly at: string;
};

type RecordedAppointment = {
  /** What staff have said, with this. */
  readonly record: StaffRecord;
  readonly notes: readonly { readonly text: string; readonly at: string }[];
  /** Of the newest event of the appointment's stream; undefined where there is none. */
  readonly position: bigint | undefined;
  readonly changed: boolean;
};

/** Records what staff say of an appointment. Throws EventStoreUnavailable. */
async function recordAppointment(
  log: EventLog,
  command: AppointmentCommand,
): Promise<RecordedAppointment | 'idempotency_key_reused'> {
  const { tenantId, appointmentId, idempotencyKey, at } = command;
  const stream = appointmentStream(tenantId, appointmentId);
  const requestId = requestIdOf(stream, idempotencyKey);
  let record = nothingSaid;
  let said: readonly Said[] = [];
  const result = await appendDecided<'idempotency_key_reused'>(log, stream, (seen) => {
    said = saidIn(seen);
    record = said.reduce(evolve, nothingSaid);
    const keyed = requestId === undefined ? undefined : { before: said.find(({ id }) => id === requestId)?.data };
    const events = putAppointment(record, command.said, keyed);
    if (typeof events === 'string') return events;
    const next = (seen.at(-1)?.revision ?? -1n) + 1n;
    const metadata: FactMetadata = { tenantId, source: 'command', receivedAt: at, $correlationId: appointmentId };
    return events.map(({ type, data }): NewEvent => {
      const id = requestId ?? uuidOf(stream, `${next}`, type, digestOf(data));
      const now = { id, data, recordedAt: at };
      record = evolve(record, now);
      said = [...said, now];
      return { id, type, data: data as JsonObject, metadata: metadata as unknown as JsonObject };
    });
  });
  if (typeof result === 'string') return result;
  const notes = said.flatMap(({ data: { note: text }, recordedAt }) =>
    text === undefined ? [] : [{ text, at: recordedAt }],
  );
  return { record, notes, position: result.position, changed: result.appended.length > 0 };
}

type Said = { readonly id: string; readonly data: AppointmentSaid; readonly recordedAt: string };

const saidIn = (seen: readonly Recorded[]): Said[] =>
  seen.flatMap((recorded) => {
    const fact = decode(recorded);
    return fact !== undefined && isAppointmentEvent(fact) ? [fact] : [];
  });

const isAppointmentEvent = (fact: Fact<DomainEvent>): fact is Fact<AppointmentEvent> =>
  Object.hasOwn(appointmentEventSchemas, fact.type);

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
  routes.onError(failures(logger));

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
        200: json(ShownAppointment, 'The appointment'),
        ...staffRefusals,
        ...bodyRefusals,
        409: problemResponse(`\`idempotency_key_reused\`: the key came before with another body. ${factUnreadable}`),
      },
    }),
    async (c) => {
      const { tenantId, keyId } = c.var.caller;
      const appointmentId = c.req.valid('param').id;
      const said = c.req.valid('json') as AppointmentSaid;
      const idempotencyKey = c.req.valid('header')['idempotency-key'];
      const at = now().toISOString();
      const result = await recordAppointment(log, { tenantId, appointmentId, said, idempotencyKey, at });
      if (result === 'idempotency_key_reused') return keyReused(c);
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
