import { type Fact, factsIn } from './codec.ts';
import { Erased, type Erasure, EVIDENCE_ERASED, EvidenceErased, isErasedType } from './erasure-facts.ts';
import type { Recorded } from './recorded.ts';

/** An event that erases the stream before it; its other parts only go on with what is left. */
export function beginsErasure({ type, data }: { readonly type: string; readonly data?: unknown }): boolean {
  return type === EVIDENCE_ERASED || (isErasedType(type) && !(data as Partial<Erased> | null)?.part);
}

/** What erased a stream that is read to its end; undefined: nothing did. */
export function erasureIn(events: readonly Pick<Recorded, 'type' | 'data'>[]): Erasure | undefined {
  const last = events.findLast(({ type }) => isErasedType(type) || type === EVIDENCE_ERASED);
  return last && (last.type === EVIDENCE_ERASED ? EvidenceErased : Erased).safeParse(last.data).data?.erasure;
}

/** The events that an erasure has left of those before it, in their places. */
function keptEvents({ stream, data }: Pick<Recorded, 'stream'> & { readonly data: Erased }): Recorded[] {
  const { facts, erasure } = data;
  return facts.map(({ revision, position, ...kept }) => ({
    ...{ ...kept, stream, erasure },
    revision: BigInt(revision),
    position: BigInt(position),
  }));
}

/** The facts that an erasure has left of those before it. Throws UnreadableFact. */
export const keptFacts = (fact: Fact): Fact[] =>
  isErasedType(fact.type) ? [...factsIn(keptEvents(fact as Fact & { readonly data: Erased }))] : [];

/**
 * The events of one stream, from its beginning or `from` a revision, as they may be read: what was erased is replaced
 * by what is left of it. The same before and after the store has removed it.
 */
export function withoutErased(events: Recorded[], from = 0n): Recorded[] {
  const begins = events.findLastIndex(beginsErasure);
  if (begins < 0) return events;
  const left: Recorded[] = [];
  for (const event of events.slice(begins)) {
    const erased = isErasedType(event.type) ? Erased.safeParse(event.data).data : undefined;
    if (erased) left.push(...keptEvents({ ...event, data: erased }).filter(({ revision }) => revision >= from));
    left.push({ ...event, erasure: erased?.erasure ?? left.findLast(({ erasure }) => erasure)?.erasure });
  }
  return left.sort((a, b) => (a.revision < b.revision ? -1 : a.revision > b.revision ? 1 : 0));
}
