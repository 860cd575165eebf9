import { decode, type Fact } from '../events/codec.ts';
import { beginsErasure, erasureIn } from '../events/erased.ts';
import {
  type Erasure,
  type ErasureEvent,
  EVIDENCE_ERASED,
  erasedTypes,
  isErasedType,
  type KeptFact,
} from '../events/erasure-facts.ts';
import {
  type EventLog,
  EventStoreUnavailable,
  type Expected,
  type NewEvent,
  readLeft,
  StreamDeleted,
} from '../events/event-log.ts';
import { APPEND_LIMIT } from '../events/idempotent-append.ts';
import { digestOf, uuidOf } from '../events/identity.ts';
import type { JsonObject } from '../events/json.ts';
import { FactMetadata } from '../events/metadata.ts';
import { type PendingText, withPersonal } from '../events/personal-text.ts';
import type { Recorded } from '../events/recorded.ts';
import { type Category, evidenceStream, parseStream } from '../events/streams.ts';
import { erasedData } from '../model/redaction.ts';

type Log = Pick<EventLog, 'read' | 'append' | 'truncateBefore'>;

/** What became of a stream: nothing is shown of it before this revision. */
export type ErasedStream = {
  readonly stream: string;
  readonly before: bigint;
  /** As they were, or what is left of them. */
  readonly facts: readonly Fact[];
  /** Of the event that hides them: a scavenge from beyond it removes them. */
  readonly position: bigint | undefined;
};

/** Who writes to the stream meanwhile wins a round at most. */
const ATTEMPTS = 50;

type Erasing = {
  readonly erasure: Erasure;
  readonly now: () => number;
  /** Also a stream without events: what is written to it later shows that its person was erased. */
  readonly evenEmpty?: boolean;
};

/**
 * Appends what is left of a stream's facts, and hides the facts themselves. Can be repeated at any point. Undefined: there
 * is no such stream. Throws EventStoreUnavailable.
 */
export async function eraseStream(log: Log, stream: string, erasing: Erasing): Promise<ErasedStream | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const events = await readLeft(log, stream);
    if (events.length === 0 && !erasing.evenEmpty) return undefined;
    const facts = wholeFactsOf(events);
    const begun = events.findLast(beginsErasure);
    const isWhole = begun !== undefined && !isCutOff(events) && facts.every(holdsNobody);
    let before = begun?.revision ?? 0n;
    if (!isWhole) {
      const last = events.at(-1)?.revision;
      before = (last ?? -1n) + 1n;
      if (!(await appendAll(log, stream, last ?? 'no_stream', erasureEvents(stream, facts, before, erasing)))) continue;
    }
    const position = before > 0n ? await log.truncateBefore(stream, before) : undefined;
    return { stream, before, facts, position };
  }
  throw new EventStoreUnavailable(`${stream} changed under us ${ATTEMPTS} times`);
}

/** Closes the stream of a call's signed bytes for good, and hides them. Repeated, it does nothing more. */
export async function eraseEvidence(
  log: Log,
  tenantId: string,
  callId: string,
  { erasure }: Pick<Erasing, 'erasure'>,
): Promise<ErasedStream | undefined> {
  const stream = evidenceStream(tenantId, callId);
  let hidden: Expected = 'no_stream';
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const last = (await log.read(stream)).at(-1);
      if (last?.type === EVIDENCE_ERASED) return await truncated(log, stream, last.revision);
      const expected = last?.revision ?? hidden;
      const data = { erasure };
      const id = uuidOf(stream, EVIDENCE_ERASED, erasure.id, `${expected}`);
      const result = await log.append(stream, expected, [{ id, type: EVIDENCE_ERASED, data, metadata: {} }]);
      if (result.outcome === 'appended') return await truncated(log, stream, result.revision);
      hidden = result.actual;
    }
  } catch (error) {
    if (error instanceof StreamDeleted) return undefined; // by an operator, for good
    throw error;
  }
  throw new EventStoreUnavailable(`${stream} changed under us ${ATTEMPTS} times`);
}

async function truncated(log: Log, stream: string, before: bigint): Promise<ErasedStream> {
  const position = before > 0n ? await log.truncateBefore(stream, before) : undefined;
  return { stream, before, facts: [], position };
}

/** All that can be read, each fact with its whole text. What is broken is lost with its person. */
function wholeFactsOf(events: readonly Recorded[]): Fact[] {
  const facts: Fact[] = [];
  let texts: PendingText = {};
  for (const event of events) {
    if (isErasedType(event.type)) continue;
    try {
      const fact = decode(event);
      if (!fact) continue;
      const [pending, whole] = withPersonal(texts, fact);
      texts = pending;
      if (whole) facts.push(whole);
    } catch {}
  }
  return facts;
}

/** A process was killed between the parts of an erasure. */
function isCutOff(events: readonly Recorded[]): boolean {
  const parts = events.filter(({ type }) => isErasedType(type)) as unknown as readonly ErasureEvent[];
  const { parts: wanted = 1 } = parts.at(-1)!.data;
  return parts.length < wanted;
}

const holdsNobody = (fact: Fact): boolean => digestOf(erasedData(fact) ?? null) === digestOf(fact.data);

/** What is left of the facts, in as many events as it takes. */
export function erasureEvents(
  stream: string,
  facts: readonly Fact[],
  before: bigint,
  { erasure, now }: Pick<Erasing, 'erasure' | 'now'>,
): NewEvent[] {
  const { category, tenantId } = parseStream(stream)!;
  const type = erasedTypes[category as Exclude<Category, 'tenant' | 'evidence' | 'erasure'>];
  const pieces = inPieces(facts.flatMap(keptOf));
  const receivedAt = new Date(now()).toISOString();
  const metadata: FactMetadata = { tenantId, source: 'command', receivedAt, $correlationId: erasure.id };
  return pieces.map((kept, part): NewEvent => {
    const parts = pieces.length > 1 ? { part, parts: pieces.length } : {};
    const id = uuidOf(stream, type, erasure.id, `${before}`, `${part}`);
    return { id, type, data: { erasure, before: `${before}`, facts: kept, ...parts }, metadata };
  });
}

function keptOf(fact: Fact): KeptFact[] {
  const { id, type, revision, position, recordedAt } = fact;
  const data = erasedData(fact);
  if (data === undefined) return [];
  const metadata = FactMetadata.parse(fact.metadata) as unknown as JsonObject;
  return [{ id, type, revision: `${revision}`, position: `${position}`, recordedAt, data, metadata }];
}

function inPieces(facts: readonly KeptFact[]): KeptFact[][] {
  const pieces: KeptFact[][] = [[]];
  let size = 0;
  for (const fact of facts) {
    const bytes = Buffer.byteLength(JSON.stringify(fact)) + 1;
    if (size > 0 && size + bytes > APPEND_LIMIT - 10_000) {
      pieces.push([]);
      size = 0;
    }
    pieces.at(-1)!.push(fact);
    size += bytes;
  }
  return pieces;
}

/** False: somebody else has written to the stream. */
async function appendAll(log: Log, stream: string, expected: Expected, events: readonly NewEvent[]): Promise<boolean> {
  let at = expected;
  for (const event of events) {
    const result = await log.append(stream, at, [event]);
    if (result.outcome === 'conflict') return false;
    at = result.revision;
  }
  return true;
}

/** Whether a stream was erased, and nothing has come to it since that names a person. */
export const isErased = (events: readonly Recorded[]): boolean =>
  erasureIn(events) !== undefined && wholeFactsOf(events).every(holdsNobody);
