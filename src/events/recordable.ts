import { type Fault, factReader, faultsIn, type Read, reading, readMetadata } from './codec.ts';
import { OPEN_REQUESTS_SEEN, OpenRequestsSeen, REACTION_STARTED, ReactionStarted } from './own-records.ts';
import { RAW_DELIVERY_PART, RawDeliveryPart } from './raw-delivery.ts';
import type { NewEvent } from './recorded.ts';
import { IDEMPOTENCY_KEY_USED, IdempotencyKeyUsed } from './session-facts.ts';

/** An event that could not be read back. The message holds types, paths and codes, nothing of its content. */
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

/** What is recorded besides facts. */
const others: Readonly<Record<string, Format>> = {
  [RAW_DELIVERY_PART]: { data: 'bytes', metadata: reading(RawDeliveryPart) },
  [IDEMPOTENCY_KEY_USED]: { data: reading(IdempotencyKeyUsed), metadata: readMetadata },
  [OPEN_REQUESTS_SEEN]: { data: reading(OpenRequestsSeen) },
  [REACTION_STARTED]: { data: reading(ReactionStarted) },
};

function formatOf(type: string): Format | undefined {
  const data = factReader(type);
  if (data !== undefined) return { data, metadata: readMetadata };
  return Object.hasOwn(others, type) ? others[type] : undefined;
}

/** One that is sent again, or was looked at before its evidence was sent, is not read twice. */
const found = new WeakSet<NewEvent>();

/**
 * Throws UnrecordableEvent at the first that its own stored schema would not read back: once it stood in the log, it
 * would stop every reader of its stream for good. A type that has no schema has no reader either.
 */
export function refuseUnrecordable(events: readonly NewEvent[]): void {
  for (const event of events) {
    if (found.has(event)) continue;
    const { type, data, metadata } = event;
    const format = formatOf(type);
    if (format === undefined) continue;
    const faults = [...faultsOfData(format.data, data), ...faultsOf('metadata', format.metadata, metadata)];
    if (faults.length > 0) throw new UnrecordableEvent(type, faults);
    found.add(event);
  }
}

function faultsOfData(read: Read | 'bytes', data: NewEvent['data']): readonly Fault[] {
  const isBytes = data instanceof Uint8Array;
  if (isBytes !== (read === 'bytes')) return [{ path: 'data', code: isBytes ? 'bytes' : 'not_bytes' }];
  return read === 'bytes' ? [] : faultsOf('data', read, data);
}

const faultsOf = (part: string, read: Read | undefined, value: unknown): readonly Fault[] =>
  read === undefined ? [] : faultsIn(part, read(asReadBack(value)).error);

/** JSON leaves out and replaces what it cannot say: the reader sees what is left. */
function asReadBack(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return undefined; // no JSON at all
  }
}
