import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Fact } from '../events/codec.ts';
import type { Erasure } from '../events/erasure-facts.ts';
import type { EventLog } from '../events/event-log.ts';
import { FactMetadata, occurrenceOf } from '../events/metadata.ts';
import { type PendingText, withPersonal } from '../events/personal-text.ts';
import type { Recorded } from '../events/recorded.ts';
import { parseStream } from '../events/streams.ts';
import { type EvidenceVerdict, evidenceVerdicts } from '../evidence/evidence.ts';
import { reduceStream, type StreamState } from '../model/stream-state.ts';
import { BrokenFact } from '../projections/engine/faults.ts';
import type { TenantDirectory } from '../tenants/tenant.ts';

/** `from` and `to`, or for a long list what was `added` and `removed`. */
type Change = { field: string; from?: unknown; to?: unknown; added?: unknown[]; removed?: unknown[] };

/** A fact behind a resource, with its changes to the API document. */
type HistoryItem = {
  readonly position: string;
  /** With the name of its stream it gives the place of the fact in the log. */
  readonly revision: number;
  readonly type: string;
  /** This and `source` are absent when a broken fact lacks them. */
  readonly occurredAt?: string;
  readonly recordedAt: string;
  readonly source?: FactMetadata['source'];
  /** Of a fact of a call: Retell's id. */
  readonly callId?: string;
  /** Of a fact that a command made: the API key, and what was written beside it. */
  readonly keyId?: string;
  readonly note?: string;
  readonly changes: readonly Change[];
  /** It is broken and changed nothing; its stream is parked from here on. */
  readonly unreadable?: { readonly stream: string; readonly reason: string };
  /** The position of the broken fact before it in its stream; it has not changed anything yet. */
  readonly waitsFor?: string;
  /** What has erased its person. */
  readonly erased?: true;
  readonly erasure?: Erasure;
};

/** A stored fact that cannot be decoded, in its place among the others. */
export type BrokenEvent = { readonly recorded: Recorded; readonly error: unknown };

/** A part of a history: the facts after a position, at most so many. */
export type Page = { readonly after: bigint; readonly limit: number };

const WHOLE: Page = { after: -1n, limit: Number.POSITIVE_INFINITY };

/** A resource as the API shows it. */
type Document = Readonly<Record<string, unknown>>;

/** What a history is of. */
export type Subject = {
  /** What the states of streams make of it; undefined: it is not there yet. */
  documentOf(states: ReadonlyMap<string, StreamState>): Document | undefined;
  /** Whether all facts of a stream are listed; of the others only those that change something. */
  isAbout?(stream: string): boolean;
};

/**
 * The history of a resource; its changes add up to the current document. As in the read model, a broken fact and all
 * later ones of its stream change nothing. One item over the limit: there are more.
 */
export const historyOf = (...of: Parameters<typeof stepsOfHistory>): HistoryItem[] => [...stepsOfHistory(...of)].flat();

/** What a thread may do for one history before others have their turn. */
const AT_A_TIME_MS = 20;

/** The same, but that of a session of many calls takes a second, in which others are served too. */
export async function historyInTurns(...of: Parameters<typeof stepsOfHistory>): Promise<HistoryItem[]> {
  const items: HistoryItem[] = [];
  let since = performance.now();
  for (const told of stepsOfHistory(...of)) {
    items.push(...told);
    if (performance.now() - since < AT_A_TIME_MS) continue;
    await nextTurn();
    since = performance.now();
  }
  return items;
}

/** A step for each fact, with its item where it is on the page. */
function* stepsOfHistory(
  { documentOf, isAbout = () => true }: Subject,
  facts: readonly (Fact | BrokenEvent)[],
  { after, limit }: Page = WHOLE,
): Generator<HistoryItem[]> {
  let count = 0;
  const tell = (recorded: Recorded, item: HistoryItem): HistoryItem[] => {
    if (recorded.position <= after || (item.changes.length === 0 && !isAbout(recorded.stream))) return [];
    count++;
    return [item];
  };
  const unreadable = new Map<string, string>();
  const states = new Map<string, StreamState>();
  let texts: PendingText = {};
  let before: Document | undefined;
  let isBeforeKnown = false;
  for (const one of facts) {
    if (count > limit) return;
    const recorded: Recorded = 'recorded' in one ? one.recorded : one;
    const { stream, position } = recorded;
    const waitsFor = unreadable.get(stream);
    if (waitsFor !== undefined) {
      if (recorded.type !== 'CallTextPart') yield tell(recorded, { ...metadataOf(recorded), changes: [], waitsFor });
      continue;
    }
    try {
      if ('recorded' in one) throw one.error;
      const [pending, fact] = withPersonal(texts, one);
      texts = pending;
      if (!fact) continue;
      // Of a session with many calls a document is dear, so none is made of what is not shown.
      if (position > after && !isBeforeKnown) before = documentOf(states);
      isBeforeKnown = position > after;
      const next = new Map(states).set(stream, reduceStream(states.get(stream), fact));
      if (isBeforeKnown) {
        const document = documentOf(next);
        yield tell(recorded, { ...metadataOf(fact), ...sayings(fact), changes: changes(before, document) });
        before = document;
      } else yield [];
      states.set(stream, next.get(stream)!);
    } catch (error) {
      unreadable.set(stream, `${position}`);
      const { reason } = new BrokenFact(recorded, error);
      yield tell(recorded, { ...metadataOf(recorded), changes: [], unreadable: { stream, reason } });
    }
  }
}

/** The metadata of a fact, even if its content is broken. */
function metadataOf({ stream, position, revision, type, recordedAt, metadata, erasure }: Recorded) {
  const { data } = FactMetadata.safeParse(metadata);
  const name = parseStream(stream);
  return {
    position: `${position}`,
    revision: Number(revision),
    type,
    ...(data && { occurredAt: new Date(occurrenceOf(data)).toISOString() }),
    recordedAt,
    ...(data && { source: data.source }),
    ...(name?.category === 'call' && { callId: name.id }),
    ...(erasure && { erased: true as const, erasure }),
  };
}

/** Of a fact that a command made: the API key, and the note. */
function sayings(fact: Fact): Pick<HistoryItem, 'keyId' | 'note'> {
  switch (fact.type) {
    case 'CallRequested':
    case 'CallArchived':
    case 'CallUnarchived':
    case 'TicketStatusSet':
    case 'TicketMailRedriven':
    case 'AppointmentRegistered':
    case 'AppointmentChanged': {
      const { by: keyId, note } = { note: undefined, ...fact.data };
      return { ...(keyId !== undefined && { keyId }), ...(note !== undefined && { note }) };
    }
    default:
      return {};
  }
}

/** Absent counts as null. The revision is shown beside the changes. */
function changes(from: Document = {}, to: Document = {}): Change[] {
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

/** By position, whether the signed bytes behind facts of calls still verify. */
export async function verdictsByPosition(
  log: EventLog,
  tenants: TenantDirectory,
  tenantId: string,
  recorded: readonly Recorded[],
) {
  const tenant = tenants.get(tenantId);
  if (tenant === undefined) return new Map<string, EvidenceVerdict>();
  const verdicts = new Map<string, EvidenceVerdict>();
  const signed = recorded.flatMap(({ stream, position, metadata, erasure }) => {
    const name = parseStream(stream);
    const { data } = FactMetadata.safeParse(metadata);
    if (erasure) verdicts.set(`${position}`, data?.evidence ? 'erased' : 'none');
    return name?.category === 'call' && data && !erasure ? [{ callId: name.id, position, metadata: data }] : [];
  });
  const byCall = Map.groupBy(signed, ({ callId }) => callId);
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
