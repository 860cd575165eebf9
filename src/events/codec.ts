import type { z } from 'zod';
import { type AppointmentEvent, appointmentEventSchemas } from './appointment-facts.ts';
import { type CallEvent, callEventSchemas } from './call-facts.ts';
import { FactMetadata } from './metadata.ts';
import { plainlyValid } from './plainly-valid.ts';
import { type QuarantineEvent, quarantineEventSchemas } from './raw-delivery.ts';
import type { Recorded } from './recorded.ts';
import { type SessionEvent, sessionEventSchemas } from './session-facts.ts';
import { type TenantEvent, tenantEventSchemas } from './tenant-facts.ts';
import { type TicketEvent, ticketEventSchemas } from './ticket-facts.ts';

const schemas = {
  ...callEventSchemas,
  ...sessionEventSchemas,
  ...appointmentEventSchemas,
  ...tenantEventSchemas,
  ...ticketEventSchemas,
  ...quarantineEventSchemas,
} as const;

export type Read = (value: unknown) => { readonly data?: unknown; readonly error?: z.ZodError };

/** What a schema makes of a value; most is as it stands. */
export function reading(schema: z.ZodType): Read {
  const isPlain = plainlyValid(schema);
  return (value) => (isPlain(value) ? { data: value } : schema.safeParse(value));
}

const readers: ReadonlyMap<string, Read> = new Map(
  Object.entries(schemas).map(([type, schema]) => [type, reading(schema)]),
);
export const readMetadata = reading(FactMetadata);
/** How the data of a type are read; undefined: it is none of ours. */
export const factReader = (type: string): Read | undefined => readers.get(type);

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

/** Which fact, and nothing of what it says. */
export type FactPlace = Pick<Recorded, 'stream' | 'revision' | 'position' | 'type'>;

/** A fact that stands in the log and makes no sense. The message holds nothing of its content, which is personal. */
export class UnreadableFact extends Error {
  override readonly name = 'UnreadableFact';
  readonly fact: FactPlace;
  /** `why` goes on where the place ends. */
  constructor({ stream, revision, position, type }: FactPlace, why: string) {
    super(`${type} at ${stream}@${revision}${why}`);
    this.fact = { stream, revision, position, type };
  }
}

/**
 * Reads a recorded event. Unknown type → undefined (a newer version wrote it).
 * Known type, broken content → throws UnreadableFact, naming the event and the fields.
 */
export function decode(recorded: Recorded): Fact | undefined {
  const read = readers.get(recorded.type);
  if (read === undefined) return undefined;
  const data = read(recorded.data);
  const metadata = readMetadata(recorded.metadata);
  if (data.error || metadata.error) {
    const wrong = [...faultsIn('data', data.error), ...faultsIn('metadata', metadata.error)];
    throw new UnreadableFact(recorded, ` is broken: ${wrong.map(({ path, code }) => `${path} ${code}`).join(', ')}`);
  }
  const { id, stream, revision, position, recordedAt, type } = recorded;
  return { type, data: data.data, metadata: metadata.data, id, stream, revision, position, recordedAt } as Fact;
}

/** Where something is not as its schema says, and how: zod's own words may quote a value. */
export type Fault = { readonly path: string; readonly code: string };

export const faultsIn = (part: string, error: z.ZodError | undefined): Fault[] =>
  (error?.issues ?? []).map(({ path, code }) => ({ path: [part, ...path].map(String).join('.'), code }));
