import { appendDecided } from '../../events/append-decided.ts';
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
  readonly notes: readonly { readonly text: string; readonly at: string }[];
  /** Of the newest event of the appointment's stream; undefined where there is none. */
  readonly position: bigint | undefined;
  readonly changed: boolean;
};

/** Records what staff say of an appointment. Throws EventStoreUnavailable. */
export async function recordAppointment(
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
