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

type Change = { readonly field: string; readonly from: unknown; readonly to: unknown };

/** A fact of a session, and what it changed in what the API shows. */
type HistoryItem = {
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
type Unread = { readonly recorded: Recorded; readonly error: unknown };

/**
 * The history of a session from the facts of all its streams in the order of the log; the changes of all items,
 * one after the other, make the session as it is.
 * As in the read model, a fact that cannot be read or folded changes nothing, nor does what its stream says after it.
 */
export function historyOf(tenantId: string, sessionId: string, facts: readonly (Fact | Unread)[]): HistoryItem[] {
  const items: HistoryItem[] = [];
  const unreadable = new Map<string, string>();
  let fold = noFactsYet(tenantId, sessionId);
  let texts: PendingText = {};
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
      const [pending, fact] = withPersonal(texts, one);
      texts = pending;
      if (!fact) continue;
      const next = withFact(fold, fact);
      const after = documentOf(next);
      items.push({ ...toldOf(fact), changes: changes(before, after) });
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
  return documentOf([...wholeFacts(facts)].reduce(withFact, noFactsYet(tenantId, sessionId)));
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

/**
 * The history of a session straight from the log: what each fact changed, and whether its evidence still verifies.
 * A fact that makes no sense hides no other: it is told as such.
 */
export const sessionHistory =
  (log: EventLog, tenants: TenantDirectory): ReadHistory =>
  async ({ tenantId, sessionId, callIds }) => {
    const streams = [sessionStream(tenantId, sessionId), ...callIds.map((id) => callStream(tenantId, id))];
    const recorded = (await Promise.all(streams.map((stream) => readLeft(log, stream)))).flat();
    recorded.sort((a, b) => (a.position < b.position ? -1 : 1));
    const facts = recorded.map(readOrNot).filter((fact) => fact !== undefined);
    const verdicts = await verdictsByPosition(log, tenants, tenantId, recorded);
    return historyOf(tenantId, sessionId, facts).map((item) => {
      // Of a fact that does not say how it came to be known, nobody can tell whether it was signed.
      const evidence = verdicts.get(item.position) ?? (item.source === undefined ? undefined : 'none');
      return { ...item, changes: [...item.changes], ...(evidence && { evidence }) };
    });
  };

/** Undefined: of a type that a newer version wrote. */
function readOrNot(recorded: Recorded): Fact | Unread | undefined {
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
  const verdicts = [...byCall].map(async ([callId, ofCall]) => {
    const words = await evidenceVerdicts(
      log,
      tenant,
      callId,
      ofCall.map((fact) => fact.metadata),
    );
    return ofCall.map((fact, i) => [String(fact.position), words[i]!] as const);
  });
  return new Map<string, EvidenceVerdict>((await Promise.all(verdicts)).flat());
}
