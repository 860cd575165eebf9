import { isDeepStrictEqual } from 'node:util';
import type { Fact } from '../../events/codec.ts';
import { type FactMetadata, occurrenceOf } from '../../events/metadata.ts';
import { type SessionDocument, sessionDocument } from './session-document.ts';
import { noFactsYet, type SessionFold, sessionOf, withFact } from './session-fold.ts';

export type Change = { readonly field: string; readonly from: unknown; readonly to: unknown };

/** A fact of a session, and what it changed in what the API shows. */
export type HistoryItem = {
  readonly position: string;
  /** In its stream: with the stream's name it says where the fact stands in the log. */
  readonly revision: number;
  readonly type: Fact['type'];
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly source: FactMetadata['source'];
  readonly changes: readonly Change[];
};

/**
 * The history of a session from the facts of all its streams in the order of the log; the changes of all items,
 * one after the other, make the session as it is. `matched`: those of its calls that were linked by phone number.
 */
export function historyOf(
  tenantId: string,
  sessionId: string,
  facts: readonly Fact[],
  matched: readonly string[] = [],
): HistoryItem[] {
  const items: HistoryItem[] = [];
  let fold = noFactsYet(tenantId, sessionId, matched);
  let before: SessionDocument | undefined;
  for (const recorded of facts) {
    const [next, fact] = withFact(fold, recorded);
    fold = next;
    if (!fact) continue;
    const after = documentOf(fold);
    items.push({
      position: `${fact.position}`,
      revision: Number(fact.revision),
      type: fact.type,
      occurredAt: new Date(occurrenceOf(fact.metadata)).toISOString(),
      recordedAt: fact.recordedAt,
      source: fact.metadata.source,
      changes: changes(before, after),
    });
    before = after;
  }
  return items;
}

/** The session that these facts make; undefined when there are none. */
export function sessionFromFacts(
  tenantId: string,
  sessionId: string,
  facts: readonly Fact[],
  matched: readonly string[] = [],
): SessionDocument | undefined {
  return documentOf(facts.reduce((fold, fact) => withFact(fold, fact)[0], noFactsYet(tenantId, sessionId, matched)));
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
