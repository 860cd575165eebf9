import { isDeepStrictEqual } from 'node:util';
import type { Fact } from '../events/codec.ts';
import { FactMetadata, occurrenceOf } from '../events/metadata.ts';
import type { Recorded } from '../events/recorded.ts';
import { type SessionDocument, sessionDocument } from '../model/session-document.ts';
import { noFactsYet, type SessionFold, sessionOf, withFact } from '../projections/call-sessions/session-fold.ts';
import { BrokenFact } from '../projections/engine/faults.ts';

export type Change = { readonly field: string; readonly from: unknown; readonly to: unknown };

/** A fact of a session, and what it changed in what the API shows. */
export type HistoryItem = {
  readonly position: string;
  /** In its stream: with the stream's name it says where the fact stands in the log. */
  readonly revision: number;
  readonly type: string;
  /** This and `source` are absent where a broken fact does not even say them. */
  readonly occurredAt?: string;
  readonly recordedAt: string;
  readonly source?: FactMetadata['source'];
  readonly changes: readonly Change[];
  /** It makes no sense, so it has changed nothing: its stream is parked from here on. */
  readonly unreadable?: { readonly stream: string; readonly reason: string };
  /** The position of the unreadable fact that it stands behind in its stream; it has not changed anything yet. */
  readonly waitsFor?: string;
};

/** A fact that stands in the log and cannot be read, in its place among the others. */
export type Unread = { readonly recorded: Recorded; readonly error: unknown };

/**
 * The history of a session from the facts of all its streams in the order of the log; the changes of all items,
 * one after the other, make the session as it is.
 * As in the read model, a fact that cannot be read or folded changes nothing, nor does what its stream says after it.
 */
export function historyOf(tenantId: string, sessionId: string, facts: readonly (Fact | Unread)[]): HistoryItem[] {
  const items: HistoryItem[] = [];
  const unreadable = new Map<string, string>();
  let fold = noFactsYet(tenantId, sessionId);
  let before: SessionDocument | undefined;
  for (const one of facts) {
    const recorded: Recorded = 'recorded' in one ? one.recorded : one;
    const { stream, position } = recorded;
    const waitsFor = unreadable.get(stream);
    if (waitsFor !== undefined) {
      if (recorded.type !== 'CallTextPart') items.push({ ...toldOf(recorded), changes: [], waitsFor });
      continue;
    }
    try {
      if ('recorded' in one) throw one.error;
      const [next, fact] = withFact(fold, one);
      const after = fact ? documentOf(next) : before;
      if (fact) items.push({ ...toldOf(fact), changes: changes(before, after) });
      [fold, before] = [next, after];
    } catch (error) {
      unreadable.set(stream, `${position}`);
      const { reason } = new BrokenFact(recorded, error);
      items.push({ ...toldOf(recorded), changes: [], unreadable: { stream, reason } });
    }
  }
  return items;
}

/** What a fact tells of itself, even where its content is broken. */
function toldOf({ position, revision, type, recordedAt, metadata }: Recorded) {
  const { data } = FactMetadata.safeParse(metadata);
  return {
    position: `${position}`,
    revision: Number(revision),
    type,
    ...(data && { occurredAt: new Date(occurrenceOf(data)).toISOString() }),
    recordedAt,
    ...(data && { source: data.source }),
  };
}

/** The session that these facts make; undefined when there are none. */
export function sessionFromFacts(
  tenantId: string,
  sessionId: string,
  facts: readonly Fact[],
): SessionDocument | undefined {
  return documentOf(facts.reduce((fold, fact) => withFact(fold, fact)[0], noFactsYet(tenantId, sessionId)));
}

function documentOf(fold: SessionFold): SessionDocument | undefined {
  const session = sessionOf(fold);
  return session && sessionDocument(session);
}

/** What is absent counts as null. The revision is told beside. */
function changes(before: SessionDocument | undefined, after: SessionDocument | undefined): Change[] {
  const from: Readonly<Record<string, unknown>> = before ?? {};
  const to: Readonly<Record<string, unknown>> = after ?? {};
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter((field) => field !== 'revision' && !isDeepStrictEqual(from[field], to[field]))
    .map((field) => ({ field, from: from[field] ?? null, to: to[field] ?? null }));
}
