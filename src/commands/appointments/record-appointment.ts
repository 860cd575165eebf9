import {
  type AppointmentEvent,
  type AppointmentSaid,
  appointmentEventSchemas,
} from '../../events/appointment-facts.ts';
import { type DomainEvent, decode, type Fact } from '../../events/codec.ts';
import type { EventLog, NewEvent } from '../../events/event-log.ts';
import { digestOf, uuidOf } from '../../events/identity.ts';
import type { JsonObject } from '../../events/json.ts';
import type { FactMetadata } from '../../events/metadata.ts';
import type { Recorded } from '../../events/recorded.ts';
import { appointmentStream } from '../../events/streams.ts';
import { appendDecided } from '../append-decided.ts';
import { requestIdOf } from '../idempotency-key.ts';
import { evolve, nothingSaid, putAppointment, type StaffRecord } from './appointment-decision.ts';

export type AppointmentCommand = {
  readonly tenantId: string;
  readonly appointmentId: string;
  readonly said: AppointmentSaid;
  readonly idempotencyKey: string | undefined;
  readonly at: string;
};

export type RecordedAppointment = {
  /** What staff have said, with this. */
  readonly record: StaffRecord;
  /** Of the newest event of the appointment's stream; undefined where there is none. */
  readonly position: bigint | undefined;
  readonly changed: boolean;
};

/** Records what staff say of an appointment. Throws EventStoreUnavailable. */
export async function recordAppointment(
  log: EventLog,
  command: AppointmentCommand,
): Promise<RecordedAppointment | 'idempotency_key_reused'> {
  const { tenantId, appointmentId, said, idempotencyKey, at } = command;
  const stream = appointmentStream(tenantId, appointmentId);
  const requestId = requestIdOf(stream, idempotencyKey);
  let record = nothingSaid;
  const result = await appendDecided<'idempotency_key_reused'>(log, stream, (seen) => {
    record = recordAfter(seen);
    const events = putAppointment(record, said, requestId);
    if (typeof events === 'string') return events;
    const next = (seen.at(-1)?.revision ?? -1n) + 1n;
    const metadata: FactMetadata = { tenantId, source: 'command', receivedAt: at, $correlationId: appointmentId };
    return events.map(({ type, data }): NewEvent => {
      const id = requestId ?? uuidOf(stream, `${next}`, type, digestOf(data));
      record = evolve(record, { id, data, recordedAt: at });
      return { id, type, data: data as JsonObject, metadata: metadata as unknown as JsonObject };
    });
  });
  if (typeof result === 'string') return result;
  return { record, position: result.position, changed: result.appended.length > 0 };
}

const recordAfter = (seen: readonly Recorded[]): StaffRecord =>
  seen.reduce((state, recorded) => {
    const fact = decode(recorded);
    return fact !== undefined && isAppointmentEvent(fact) ? evolve(state, fact) : state;
  }, nothingSaid);

const isAppointmentEvent = (fact: Fact<DomainEvent>): fact is Fact<AppointmentEvent> =>
  Object.hasOwn(appointmentEventSchemas, fact.type);
