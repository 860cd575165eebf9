import { z } from 'zod';
import { type AppointmentEvent, appointmentEventSchemas } from './appointment-facts.ts';
import { type CallEvent, callEventSchemas } from './call-facts.ts';
import { FactMetadata } from './metadata.ts';
import { type QuarantineEvent, quarantineEventSchemas } from './raw-delivery.ts';
import type { Recorded } from './recorded.ts';
import { type SessionEvent, sessionEventSchemas } from './session-facts.ts';
import { type TenantEvent, tenantEventSchemas } from './tenant-facts.ts';
import { type TicketEvent, ticketEventSchemas } from './ticket-facts.ts';

const schemas: Readonly<Record<string, z.ZodType>> = {
  ...callEventSchemas,
  ...sessionEventSchemas,
  ...appointmentEventSchemas,
  ...tenantEventSchemas,
  ...ticketEventSchemas,
  ...quarantineEventSchemas,
};

export type DomainEvent = CallEvent | SessionEvent | AppointmentEvent | TenantEvent | TicketEvent | QuarantineEvent;

/** A recorded event in our language: what happened, and how it came to be known. */
export type Fact<E extends DomainEvent = DomainEvent> = E & {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly recordedAt: string;
  readonly metadata: FactMetadata;
};

/**
 * Reads a recorded event. Unknown type → undefined (a newer version wrote it).
 * Known type, broken content → throws, naming the event.
 */
export function decode(recorded: Recorded): Fact | undefined {
  const schema = Object.hasOwn(schemas, recorded.type) ? schemas[recorded.type] : undefined;
  if (schema === undefined) return undefined;
  const data = schema.safeParse(recorded.data);
  const metadata = FactMetadata.safeParse(recorded.metadata);
  const error = data.error ?? metadata.error;
  if (error) {
    throw new Error(`${recorded.type} at ${recorded.stream}@${recorded.revision} is broken: ${z.prettifyError(error)}`);
  }
  const { id, stream, revision, position, recordedAt, type } = recorded;
  return { type, data: data.data, metadata: metadata.data, id, stream, revision, position, recordedAt } as Fact;
}
