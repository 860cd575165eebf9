import { callStream, sessionStream } from '../../events/streams.ts';
import type { CallState, Correlation } from '../../model/call.ts';
import { isBefore, type Position } from '../../model/entries.ts';
import { latestValue, noFields } from '../../model/latest.ts';
import { ownSessionId, type RequestState, type Session, sessionsEverOf } from '../../model/session.ts';
import type { TicketParts } from '../../model/ticket-call.ts';
import type { Change, FoldedBatch } from '../engine/projection.ts';
import type { Tables } from '../engine/table.ts';
import type { SessionKey } from './related-sessions.ts';
import { type LinkRow, linksOfCalls, linksOfSessions, sessionCalls } from './session-calls.ts';

type Placement = {
  readonly tenantId: string;
  readonly callId: string;
  readonly sessionId: string;
  readonly position: Position;
};

/** By call stream: the first session that placed the call. */
function placements(requests: readonly Change<RequestState>[]): ReadonlyMap<string, Placement> {
  const first = new Map<string, Placement>();
  for (const { after } of requests) {
    const { tenantId, sessionId } = after;
    for (const [callId, { position }] of Object.entries(after.placed)) {
      const stream = callStream(tenantId, callId);
      const earliest = first.get(stream);
      if (!earliest || isBefore(position, earliest.position))
        first.set(stream, { tenantId, callId, sessionId, position });
    }
  }
  return first;
}

// The session of a call (A6): the one it names, else the one that placed it, else the one its number was linked to
// (reactions/call-linking), else its own.

/** A session that a batch changed; `isNew`: it was unknown before. */
type Touched<Fields extends Correlation> = Session<Fields> & { readonly isNew: boolean };

export type Membership<Fields extends Correlation> = {
  /** The changed sessions, after the batch; one without request and calls is gone. */
  readonly touched: readonly Touched<Fields>[];
  /** The same, and the other sessions that their calls may have been in. */
  readonly affected: readonly SessionKey[];
  /** By call stream: the links of changed calls, and of all others in the affected sessions. */
  readonly links: ReadonlyMap<string, LinkRow>;
  /** Streams of sessions that a call has left. */
  readonly left: ReadonlySet<string>;
};

/** Updates `sessionCalls` with a batch and returns the sessions that changed. */
export async function updateMembership<Fields extends Correlation>(
  tables: Tables,
  batch: FoldedBatch<unknown>,
): Promise<Membership<Fields>> {
  const calls = changesOf<CallState<Fields>>(batch, 'callId').filter(({ after }) => after.first !== undefined);
  const requests = changesOf<RequestState>(batch, 'sessionId');
  const placed = placements(requests);
  const ids = [...calls.map(({ after }) => after), ...placed.values()];
  const rows = await linksOfCalls(tables, ids);
  const before = new Map(rows.map((row) => [callStream(row.tenant_id, row.call_id), row]));

  const links = new Map<string, LinkRow>();
  const states = new Map(
    calls.map(({ after }) => [callStream(after.tenantId, after.callId), after as typeof after & Partial<TicketParts>]),
  );
  for (const { tenantId, callId } of ids) {
    const stream = callStream(tenantId, callId);
    const stored = before.get(stream);
    const state = states.get(stream);
    const own = latestValue(state?.known ?? noFields, 'callSessionId') ?? stored?.own_session_id ?? null;
    const placedBy = stored?.placed_session_id ?? placed.get(stream)?.sessionId ?? null;
    const linked = state?.linked?.id ?? stored?.matched_session_id ?? null;
    links.set(stream, {
      tenant_id: tenantId,
      call_id: callId,
      session_id: own ?? placedBy ?? linked ?? ownSessionId(callId),
      own_session_id: own,
      placed_session_id: placedBy,
      matched_session_id: linked,
      phones: state ? phonesOf(state) : (stored?.phones ?? null),
    });
  }
  const isKnown = (link: LinkRow) => before.has(callStream(link.tenant_id, link.call_id));
  const changed = [...links.values()].filter((link) => isNewOrChanged(link, before));
  const [moved, added] = [changed.filter(isKnown), changed.filter((link) => !isKnown(link))];
  await tables.write(sessionCalls, { added, changed: moved });

  const keys = new Map<string, SessionKey>();
  const touch = (tenantId: string, sessionId: string) =>
    keys.set(sessionStream(tenantId, sessionId), { tenantId, sessionId });
  for (const link of [...links.values(), ...before.values()]) touch(link.tenant_id, link.session_id);
  for (const { after } of requests) touch(after.tenantId, after.sessionId);
  const left = new Set(
    moved
      .map((link) => before.get(callStream(link.tenant_id, link.call_id))!)
      .filter((row, i) => row.session_id !== moved[i]!.session_id)
      .map((row) => sessionStream(row.tenant_id, row.session_id)),
  );
  const newCalls = new Set(added.map((link) => callStream(link.tenant_id, link.call_id)));
  const affected = new Map(keys);
  for (const { after } of calls) {
    const placedBy = links.get(callStream(after.tenantId, after.callId))?.placed_session_id;
    for (const sessionId of sessionsEverOf(after, placedBy))
      affected.set(sessionStream(after.tenantId, sessionId), { tenantId: after.tenantId, sessionId });
  }
  const members = await linksOfSessions(tables, [...affected.values()]);
  for (const link of members) links.set(callStream(link.tenant_id, link.call_id), link);
  return {
    touched: await loadSessions(batch, [...keys.values()], members, { newCalls, left }),
    affected: [...affected.values()],
    links,
    left,
  };
}

const isNewOrChanged = (link: LinkRow, before: ReadonlyMap<string, LinkRow>): boolean => {
  const stored = before.get(callStream(link.tenant_id, link.call_id));
  const textOf = (row: LinkRow, column: string) => `${row[column as keyof LinkRow]}`;
  return !stored || Object.keys(link).some((column) => textOf(link, column) !== textOf(stored, column));
};

/** Sorted; null where there is none, as it is written. */
function phonesOf(state: Partial<TicketParts>): string[] | null {
  const phones = Object.keys(state.spellings ?? {}).sort();
  return phones.length > 0 ? phones : null;
}

export function changesOf<State>(batch: FoldedBatch<unknown>, idName: string): Change<State>[] {
  return [...batch.changed.values()].filter(({ after }) => idName in (after as object)) as Change<State>[];
}

/** The sessions with their request and calls, from the batch or as stored. */
async function loadSessions<Fields extends Correlation>(
  batch: FoldedBatch<unknown>,
  sessions: readonly SessionKey[],
  links: readonly LinkRow[],
  /** Streams of calls that are new, and of sessions that a call has left. */
  { newCalls, left }: { readonly newCalls: ReadonlySet<string>; readonly left: ReadonlySet<string> },
): Promise<readonly Touched<Fields>[]> {
  const members = Map.groupBy(links, (link) => sessionStream(link.tenant_id, link.session_id));
  const streams = [
    ...links.map((link) => callStream(link.tenant_id, link.call_id)),
    ...sessions.map(({ tenantId, sessionId }) => sessionStream(tenantId, sessionId)),
  ];
  const states = await batch.statesOf(streams);
  const stateOf = <S>(stream: string) => states.get(stream) as S | undefined;
  return sessions.map(({ tenantId, sessionId }) => {
    const stream = sessionStream(tenantId, sessionId);
    const itsLinks = members.get(stream) ?? [];
    const calls = itsLinks.flatMap((link) => {
      const call = stateOf<CallState<Fields>>(callStream(link.tenant_id, link.call_id));
      return call?.first ? [call] : [];
    });
    const change = batch.changed.get(stream);
    const isNew =
      !left.has(stream) &&
      (change ? !change.before : !states.has(stream)) &&
      itsLinks.every((link) => newCalls.has(callStream(link.tenant_id, link.call_id)));
    return { tenantId, id: sessionId, request: stateOf<RequestState>(stream), calls, isNew };
  });
}
