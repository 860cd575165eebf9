import type { z } from 'zod';
import { type AdministrationEvent, administrationEventSchemas } from './administration-facts.ts';
import { type AppointmentEvent, appointmentEventSchemas } from './appointment-facts.ts';
import { type CallEvent, callEventSchemas } from './call-facts.ts';
import {
  type Erasure,
  type ErasureEvent,
  EVIDENCE_ERASED,
  EvidenceErased,
  erasureEventSchemas,
} from './erasure-facts.ts';
import { type ErasureRecordEvent, erasureRecordSchemas } from './erasure-record.ts';
import { FactMetadata } from './metadata.ts';
import { type QuarantineEvent, quarantineEventSchemas, RAW_DELIVERY_PART, RawDeliveryPart } from './raw-delivery.ts';
import type { NewEvent, Recorded } from './recorded.ts';
import {
  CALL_COUNTED,
  CallCounted,
  IDEMPOTENCY_KEY_USED,
  IdempotencyKeyUsed,
  OPEN_REQUESTS_SEEN,
  OpenRequestsSeen,
  REACTION_REACHED,
  REACTION_STARTED,
  ReactionReached,
  ReactionStarted,
  type SessionEvent,
  sessionEventSchemas,
} from './session-facts.ts';
import { structuralCheck } from './structural-check.ts';
import { type TenantEvent, tenantEventSchemas } from './tenant-facts.ts';
import { type TicketEvent, ticketEventSchemas } from './ticket-facts.ts';

const schemas = {
  ...callEventSchemas,
  ...sessionEventSchemas,
  ...appointmentEventSchemas,
  ...tenantEventSchemas,
  ...ticketEventSchemas,
  ...quarantineEventSchemas,
  ...administrationEventSchemas,
  ...erasureEventSchemas,
  ...erasureRecordSchemas,
} as const;

type Read = (value: unknown) => { readonly data?: unknown; readonly error?: z.ZodError };

/** Reads by a schema, without copying values that already match. */
function reading(schema: z.ZodType): Read {
  const isPlain = structuralCheck(schema);
  return (value) => (isPlain(value) ? { data: value } : schema.safeParse(value));
}

const readers: ReadonlyMap<string, Read> = new Map(
  Object.entries(schemas).map(([type, schema]) => [type, reading(schema)]),
);
const readMetadata = reading(FactMetadata);

export type DomainEvent =
  | CallEvent
  | SessionEvent
  | AppointmentEvent
  | TenantEvent
  | TicketEvent
  | QuarantineEvent
  | AdministrationEvent
  | ErasureEvent
  | ErasureRecordEvent;

/** A recorded event in our language: what happened, and how it came to be known. */
export type Fact<E extends DomainEvent = DomainEvent> = E & {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly recordedAt: string;
  readonly metadata: FactMetadata;
  /** See `Recorded`. */
  readonly erasure?: Erasure | undefined;
};

/** Identifies a fact without its content. */
export type FactPlace = Pick<Recorded, 'stream' | 'revision' | 'position' | 'type'>;

/** A stored fact that makes no sense. The message holds nothing of its content, which is personal. */
export class UnreadableFact extends Error {
  override readonly name = 'UnreadableFact';
  readonly fact: FactPlace;
  /** `why` continues the sentence that begins with the place. */
  constructor({ stream, revision, position, type }: FactPlace, why: string) {
    super(`${type} at ${stream}@${revision}${why}`);
    this.fact = { stream, revision, position, type };
  }
}

/**
 * Reads a recorded event; undefined for a type that a newer version wrote. Throws UnreadableFact, naming event and
 * fields, when the content is broken.
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
  const { id, stream, revision, position, recordedAt, type, erasure } = recorded;
  const about = { id, stream, revision, position, recordedAt, ...(erasure && { erasure }) };
  return { type, data: data.data, metadata: metadata.data, ...about } as Fact;
}

/** The facts among some events, each read when it is asked for. Throws UnreadableFact. */
export function* factsIn(events: Iterable<Recorded>): Generator<Fact, void> {
  for (const event of events) {
    const fact = decode(event);
    if (fact) yield fact;
  }
}

/** A path that breaks its schema, and zod's code for it: zod's messages may quote a value. */
export type Fault = { readonly path: string; readonly code: string };

const faultsIn = (part: string, error: z.ZodError | undefined): Fault[] =>
  (error?.issues ?? []).map(({ path, code }) => ({ path: [part, ...path].map(String).join('.'), code }));

/** An event that could not be read back. The message holds types, paths and codes, never content. */
export class UnrecordableEvent extends Error {
  override readonly name = 'UnrecordableEvent';
  readonly type: string;
  readonly faults: readonly Fault[];
  constructor(type: string, faults: readonly Fault[]) {
    super(`${type} cannot be recorded: ${faults.map(({ path, code }) => `${path} ${code}`).join(', ')}`);
    this.type = type;
    this.faults = faults;
  }
}

type Format = { readonly data: Read | 'bytes'; readonly metadata?: Read };

/** Formats of events that are not facts. */
const others: Readonly<Record<string, Format>> = {
  [RAW_DELIVERY_PART]: { data: 'bytes', metadata: reading(RawDeliveryPart) },
  [IDEMPOTENCY_KEY_USED]: { data: reading(IdempotencyKeyUsed), metadata: readMetadata },
  [OPEN_REQUESTS_SEEN]: { data: reading(OpenRequestsSeen) },
  [CALL_COUNTED]: { data: reading(CallCounted) },
  [EVIDENCE_ERASED]: { data: reading(EvidenceErased) },
  [REACTION_STARTED]: { data: reading(ReactionStarted) },
  [REACTION_REACHED]: { data: reading(ReactionReached) },
};

function formatOf(type: string): Format | undefined {
  const data = readers.get(type);
  if (data !== undefined) return { data, metadata: readMetadata };
  return Object.hasOwn(others, type) ? others[type] : undefined;
}

/** The data that one append may hold on every server, unless its operator lowers that (docs/event-store.md). */
export const MOST_BYTES = 1024 * 1024;

/** The bytes of what was checked already: a retry, or an event that was checked before its evidence was sent. */
const found = new WeakMap<NewEvent, number>();

/**
 * Throws UnrecordableEvent for an event that its own schema could not read back, since it would stop every reader of its
 * stream; and for more than one append may hold.
 */
export function refuseUnappendable(events: readonly NewEvent[]): void {
  let bytes = 0;
  for (const event of events) {
    bytes += bytesOf(event);
    if (bytes > MOST_BYTES) throw new UnrecordableEvent(event.type, [{ path: 'data', code: 'too_big' }]);
  }
}

/** The bytes of its data; throws UnrecordableEvent. What is large is measured once. */
export const bytesOf = (event: NewEvent): number => found.get(event) ?? checked(event);

function checked(event: NewEvent): number {
  const { type, data, metadata } = event;
  const format = formatOf(type);
  const isBytes = data instanceof Uint8Array;
  const json = isBytes ? undefined : asJson(data);
  const faults =
    format === undefined
      ? []
      : [
          ...faultsOfData(format.data, isBytes, json),
          ...(format.metadata ? faultsOf('metadata', format.metadata, asJson(metadata)) : []),
        ];
  if (faults.length > 0) throw new UnrecordableEvent(type, faults);
  const bytes = isBytes ? data.length : Buffer.byteLength(json ?? '');
  found.set(event, bytes);
  return bytes;
}

function faultsOfData(read: Read | 'bytes', isBytes: boolean, json: string | undefined): readonly Fault[] {
  if (isBytes !== (read === 'bytes')) return [{ path: 'data', code: isBytes ? 'bytes' : 'not_bytes' }];
  return read === 'bytes' ? [] : faultsOf('data', read, json);
}

/** Judged as a reader sees it: JSON drops and replaces what it cannot express. */
const faultsOf = (part: string, read: Read, json: string | undefined): readonly Fault[] =>
  faultsIn(part, read(json === undefined ? undefined : JSON.parse(json)).error);

/** Undefined for what JSON has no words for, such as what holds itself. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
