import { isDeepStrictEqual } from 'node:util';
import { decode, type Fact } from '../events/codec.ts';
import { type EventLog, readLeft } from '../events/event-log.ts';
import { FactMetadata, occurrenceOf } from '../events/metadata.ts';
import { type PendingText, wholeFacts, withPersonal } from '../events/personal-text.ts';
import type { Recorded } from '../events/recorded.ts';
import { callStream, parseStream, sessionStream } from '../events/streams.ts';
import { type EvidenceVerdict, evidenceVerdicts } from '../evidence/evidence.ts';
import {
  noFactsYet,
  type SessionDocument,
  type SessionFold,
  sessionDocument,
  sessionOf,
  withFact,
} from '../model/session-document.ts';
import { BrokenFact } from '../projections/engine/faults.ts';
import type { ReadHistory } from '../read-api/history.ts';
import type { TenantDirectory } from '../tenants/tenant.ts';

/** `from` and `to`, or for a long list what was `added` and `removed`. */
type Change = { field: string; from?: unknown; to?: unknown; added?: unknown[]; removed?: unknown[] };

/** A fact of a session, with its changes to the API document. */
type HistoryItem = {
  readonly position: string;
  /** With the name of its stream it gives the place of the fact in the log. */
  readonly revision: number;
  readonly type: string;
  /** This and `source` are absent when a broken fact lacks them. */
  readonly occurredAt?: string;
  readonly recordedAt: string;
  readonly source?: FactMetadata['source'];
  readonly changes: readonly Change[];
  /** It is broken and changed nothing; its stream is parked from here on. */
  readonly unreadable?: { readonly stream: string; readonly reason: string };
  /** The position of the broken fact before it in its stream; it has not changed anything yet. */
  readonly waitsFor?: string;
};

/** A stored fact that cannot be decoded, in its place among the others. */
type BrokenEvent = { readonly recorded: Recorded; readonly error: unknown };

/** A part of a history: the facts after a position, at most so many. */
export type Page = { readonly after: bigint; readonly limit: number };

const WHOLE: Page = { after: -1n, limit: Number.POSITIVE_INFINITY };

/**
 * The history of a session; its changes add up to the current document. As in the read model, a broken fact and all
 * later ones of its stream change nothing. One item over the limit: there are more.
 */
export function historyOf(
  tenantId: string,
  sessionId: string,
  facts: readonly (Fact | BrokenEvent)[],
  { after, limit }: Page = WHOLE,
): HistoryItem[] {
  const items: HistoryItem[] = [];
  const tell = (recorded: Recorded, item: HistoryItem) => {
    if (recorded.position > after) items.push(item);
  };
  const unreadable = new Map<string, string>();
  let fold = noFactsYet(tenantId, sessionId);
  let texts: PendingText = {};
  let before: SessionDocument | undefined;
  for (const one of facts) {
    if (items.length > limit) break;
    const recorded: Recorded = 'recorded' in one ? one.recorded : one;
    const { stream, position } = recorded;
    const waitsFor = unreadable.get(stream);
    if (waitsFor !== undefined) {
      if (recorded.type !== 'CallTextPart') tell(recorded, { ...metadataOf(recorded), changes: [], waitsFor });
      continue;
    }
    try {
      if ('recorded' in one) throw one.error;
      const [pending, fact] = withPersonal(texts, one);
      texts = pending;
      if (!fact) continue;
      const next = withFact(fold, fact);
      // Of a session with many calls a document is dear, so none is made of what is not shown.
      if (position > after) {
        const document = documentOf(next);
        tell(recorded, { ...metadataOf(fact), changes: changes(before ?? documentOf(fold), document) });
        before = document;
      }
      fold = next;
    } catch (error) {
      unreadable.set(stream, `${position}`);
      const { reason } = new BrokenFact(recorded, error);
      tell(recorded, { ...metadataOf(recorded), changes: [], unreadable: { stream, reason } });
    }
  }
  return items;
}

/** The metadata of a fact, even if its content is broken. */
function metadataOf({ position, revision, type, recordedAt, metadata }: Recorded) {
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

/** The session of these facts; undefined without any. */
export function sessionFromFacts(
  tenantId: string,
  sessionId: string,
  facts: readonly Fact[],
): SessionDocument | undefined {
  return documentOf([...wholeFacts(facts)].reduce(withFact, noFactsYet(tenantId, sessionId)));
}

function documentOf(fold: SessionFold): SessionDocument | undefined {
  const session = sessionOf(fold);
  return session && sessionDocument(session);
}

/** Absent counts as null. The revision is shown beside the changes. */
function changes(before: SessionDocument | undefined, after: SessionDocument | undefined): Change[] {
  const from: Readonly<Record<string, unknown>> = before ?? {};
  const to: Readonly<Record<string, unknown>> = after ?? {};
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter((field) => field !== 'revision' && !isDeepStrictEqual(from[field], to[field]))
    .map((field) => changeOf(field, from[field] ?? null, to[field] ?? null));
}

/** Of a longer list only what came and what went is shown, or each fact of a long session would repeat it. */
const SHOWN_WHOLE = 20;

function changeOf(field: string, from: unknown, to: unknown): Change {
  const [before, after] = [from ?? [], to ?? []];
  if (!Array.isArray(before) || !Array.isArray(after) || before.length + after.length <= SHOWN_WHOLE)
    return { field, from, to };
  const without = (list: unknown[], others: ReadonlySet<unknown>) => list.filter((one) => !others.has(one));
  return { field, added: without(after, new Set(before)), removed: without(before, new Set(after)) };
}

/**
 * The history of a session from the log, with the verdict on its evidence. A broken fact is listed as such and hides no
 * other.
 */
export const sessionHistory =
  (log: EventLog, tenants: TenantDirectory): ReadHistory =>
  async ({ tenantId, sessionId, callIds }, page) => {
    const streams = [sessionStream(tenantId, sessionId), ...callIds.map((id) => callStream(tenantId, id))];
    const recorded = (await Promise.all(streams.map((stream) => readLeft(log, stream)))).flat();
    recorded.sort((a, b) => (a.position < b.position ? -1 : 1));
    const facts = recorded.map(readOrNot).filter((fact) => fact !== undefined);
    const items = historyOf(tenantId, sessionId, facts, page);
    const shown = items.slice(0, page.limit);
    const isShown = new Set(shown.map(({ position }) => position));
    const asked = recorded.filter(({ position }) => isShown.has(`${position}`));
    const verdicts = await verdictsByPosition(log, tenants, tenantId, asked);
    const told = shown.map((item) => {
      // Without its source, a fact cannot be known to be signed.
      const evidence = verdicts.get(item.position) ?? (item.source === undefined ? undefined : 'none');
      return { ...item, changes: [...item.changes], ...(evidence && { evidence }) };
    });
    return { items: told, hasMore: items.length > shown.length };
  };

/** Undefined for a type that a newer version wrote. */
function readOrNot(recorded: Recorded): Fact | BrokenEvent | undefined {
  try {
    return decode(recorded);
  } catch (error) {
    return { recorded, error };
  }
}

async function verdictsByPosition(
  log: EventLog,
  tenants: TenantDirectory,
  tenantId: string,
  recorded: readonly Recorded[],
) {
  const tenant = tenants.get(tenantId);
  if (tenant === undefined) return new Map<string, EvidenceVerdict>();
  const signed = recorded.flatMap(({ stream, position, metadata }) => {
    const name = parseStream(stream);
    const { data } = FactMetadata.safeParse(metadata);
    return name?.category === 'call' && data ? [{ callId: name.id, position, metadata: data }] : [];
  });
  const byCall = Map.groupBy(signed, ({ callId }) => callId);
  const verdicts = new Map<string, EvidenceVerdict>();
  // One call after the other: what is signed may be large.
  for (const [callId, ofCall] of byCall) {
    const told = await evidenceVerdicts(
      log,
      tenant,
      callId,
      ofCall.map((fact) => fact.metadata),
    );
    for (const [i, { position }] of ofCall.entries()) verdicts.set(`${position}`, told[i]!);
  }
  return verdicts;
}
