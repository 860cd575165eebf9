import { z } from 'zod';
import { type AppointmentEvent, appointmentEventSchemas } from './appointment-facts.ts';
import { type CallEvent, callEventSchemas } from './call-facts.ts';
import { FactMetadata } from './metadata.ts';
import { type QuarantineEvent, quarantineEventSchemas } from './raw-delivery.ts';
import type { Recorded } from './recorded.ts';
import { type SessionEvent, sessionEventSchemas } from './session-facts.ts';
import { type TenantEvent, tenantEventSchemas } from './tenant-facts.ts';
import { type TicketEvent, ticketEventSchemas } from './ticket-facts.ts';

/** Whether a value, as `JSON.parse` gives it, is what a schema says. */
type Check = (value: unknown) => boolean;

/**
 * A quick look that spares the copy that `parse` makes of all it reads: true only for what `parse` would answer unchanged.
 * False says nothing; who gets it asks the schema.
 */
export function plainlyValid(schema: z.core.$ZodType): Check {
  if (schema instanceof z.ZodOptional) {
    const check = plainlyValid(schema.unwrap());
    return (value) => value === undefined || check(value);
  }
  if (schema instanceof z.ZodObject) return object(schema.shape);
  if (schema instanceof z.ZodRecord) return record(plainlyValid(schema.valueType));
  if (schema instanceof z.ZodArray && !schema.def.checks) {
    const check = plainlyValid(schema.element);
    return (value) => Array.isArray(value) && value.every(check);
  }
  if (schema instanceof z.ZodString && !schema.def.checks) return (value) => typeof value === 'string';
  if (schema instanceof z.ZodISODateTime) {
    const { pattern } = schema.def;
    return (value) => typeof value === 'string' && pattern !== undefined && pattern.test(value);
  }
  if (schema instanceof z.ZodBoolean) return (value) => typeof value === 'boolean';
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral) {
    const values = new Set<unknown>(schema instanceof z.ZodEnum ? schema.options : schema.values);
    return (value) => values.has(value);
  }
  if (schema instanceof z.ZodCustom && schema.def.fn.length === 0) return () => true;
  // These neither copy nor change what they read.
  if (schema instanceof z.ZodNumber) return (value) => schema.safeParse(value).success;
  return () => false;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nothing is in it that the shape has not: `parse` leaves that out. */
function object(shape: Readonly<Record<string, z.core.$ZodType>>): Check {
  const checks = new Map(Object.entries(shape).map(([name, schema]) => [name, plainlyValid(schema)]));
  const required = Object.keys(shape).filter((name) => !(shape[name] instanceof z.ZodOptional));
  return (value) => {
    if (!isObject(value)) return false;
    for (const name in value) if (!checks.get(name)?.(value[name])) return false;
    return required.every((name) => value[name] !== undefined);
  };
}

/** `parse` leaves a name out that would be taken for the prototype. */
const record =
  (check: Check): Check =>
  (value) => {
    if (!isObject(value)) return false;
    for (const name in value) if (name === '__proto__' || !check(value[name])) return false;
    return true;
  };

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
