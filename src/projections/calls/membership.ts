import { callStream, sessionStream } from '../../events/streams.ts';
import { isBefore, type Position } from '../../model/entries.ts';
import { latestValue, noFields } from '../../model/latest.ts';
import { ownSessionId, type RequestState, type Session, sessionsEverOf } from '../../model/session.ts';
import type { CallFields, StreamState, WholeCall } from '../../model/stream-state.ts';
import type { Change, FoldedBatch } from '../engine/projection.ts';
import type { Tables } from '../engine/table.ts';
import {
  type CallKey,
  callStreamOf,
  type LinkRow,
  linksOfCalls,
  linksOfSessions,
  type SessionKey,
  sessionCalls,
  sessionStreamOf,
} from './session-calls.ts';

type Placement = CallKey & SessionKey & { readonly position: Position };

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

/** A session that a batch changed; `isNew`: it was unknown before. */
type Touched = Session<CallFields> & { readonly calls: readonly WholeCall[]; readonly isNew: boolean };

export type Membership = {
  /** The changed sessions, after the batch; one without request and calls is gone. */
  readonly touched: readonly Touched[];
  /** The same, and the other sessions that their calls may have been in. */
  readonly affected: readonly SessionKey[];
  /** By call stream: the links of changed calls, and of all others in the affected sessions. */
  readonly links: ReadonlyMap<string, LinkRow>;
  /** Streams of sessions that a call has left. */
  readonly left: ReadonlySet<string>;
};

/** Updates `sessionCalls` with a batch and returns the sessions that changed. */
export async function updateMembership(tables: Tables, batch: FoldedBatch<StreamState>): Promise<Membership> {
  const calls = changedCalls(batch).filter(({ after }) => after.first !== undefined);
  const requests = [...batch.changed.values()].filter(isOfRequest);
  const placed = placements(requests);
  const ids = [...calls.map(({ after }) => after), ...placed.values()];
  const before = new Map((await linksOfCalls(tables, ids)).map((row) => [callStreamOf(row), row]));
  const states = new Map(calls.map(({ after }) => [callStream(after.tenantId, after.callId), after]));
  const links = new Map<string, LinkRow>();
  for (const { tenantId, callId } of ids) {
    const stream = callStream(tenantId, callId);
    const known = { stored: before.get(stream), state: states.get(stream), placed: placed.get(stream) };
    links.set(stream, linkOf({ tenantId, callId }, known));
  }
  const added = [...links.values()].filter((link) => !before.has(callStreamOf(link)));
  const changed = [...links.values()].filter((link) => isChanged(link, before.get(callStreamOf(link))));
  await tables.write(sessionCalls, { added, changed });

  const keys = new Map<string, SessionKey>();
  for (const row of [...links.values(), ...before.values()])
    keys.set(sessionStreamOf(row), { tenantId: row.tenant_id, sessionId: row.session_id });
  for (const { after } of requests) keys.set(sessionStream(after.tenantId, after.sessionId), after);
  const affected = new Map(keys);
  for (const { after } of calls) {
    const { tenantId, callId } = after;
    const placedBy = links.get(callStream(tenantId, callId))?.placed_session_id;
    for (const sessionId of sessionsEverOf(after, placedBy))
      affected.set(sessionStream(tenantId, sessionId), { tenantId, sessionId });
  }
  const members = await linksOfSessions(tables, [...affected.values()]);
  for (const link of members) links.set(callStreamOf(link), link);
  const newCalls = new Set(added.map(callStreamOf));
  const moved = changed.map((link) => [before.get(callStreamOf(link))!, link] as const);
  const left = new Set(
    moved.filter(([was, is]) => was.session_id !== is.session_id).map(([was]) => sessionStreamOf(was)),
  );
  return {
    touched: await loadSessions(batch, [...keys.values()], members, { newCalls, left }),
    affected: [...affected.values()],
    links,
    left,
  };
}

type Known = {
  readonly stored: LinkRow | undefined;
  readonly state: WholeCall | undefined;
  readonly placed: Placement | undefined;
};

/** The session of a call (A6): the one it names, else that placed it, else its number was linked to, else its own. */
function linkOf({ tenantId, callId }: CallKey, { stored, state, placed }: Known): LinkRow {
  const own = latestValue(state?.known ?? noFields, 'callSessionId') ?? stored?.own_session_id ?? null;
  const placedBy = stored?.placed_session_id ?? placed?.sessionId ?? null;
  const linked = state?.linked?.id ?? stored?.matched_session_id ?? null;
  return {
    tenant_id: tenantId,
    call_id: callId,
    session_id: own ?? placedBy ?? linked ?? ownSessionId(callId),
    own_session_id: own,
    placed_session_id: placedBy,
    matched_session_id: linked,
    phones: state ? phonesOf(state) : (stored?.phones ?? null),
  };
}

function isChanged(link: LinkRow, stored: LinkRow | undefined): boolean {
  const textOf = (row: LinkRow, column: string) => `${row[column as keyof LinkRow]}`;
  return stored !== undefined && Object.keys(link).some((column) => textOf(link, column) !== textOf(stored, column));
}

/** Sorted; null where there is none, as it is written. */
function phonesOf({ spellings }: WholeCall): string[] | null {
  const phones = Object.keys(spellings).sort();
  return phones.length > 0 ? phones : null;
}

const isOfCall = (change: Change<StreamState>): change is Change<WholeCall> => 'callId' in change.after;
const isOfRequest = (change: Change<StreamState>): change is Change<RequestState> => 'sessionId' in change.after;

export const changedCalls = ({ changed }: FoldedBatch<StreamState>): Change<WholeCall>[] =>
  [...changed.values()].filter(isOfCall);

/** The sessions with their request and calls, from the batch or as stored. */
async function loadSessions(
  batch: FoldedBatch<StreamState>,
  sessions: readonly SessionKey[],
  links: readonly LinkRow[],
  /** Streams of calls that are new, and of sessions that a call has left. */
  { newCalls, left }: { readonly newCalls: ReadonlySet<string>; readonly left: ReadonlySet<string> },
): Promise<readonly Touched[]> {
  const members = Map.groupBy(links, sessionStreamOf);
  const streams = [
    ...links.map(callStreamOf),
    ...sessions.map(({ tenantId, sessionId }) => sessionStream(tenantId, sessionId)),
  ];
  const states = await batch.statesOf(streams);
  const stateOf = <S>(stream: string) => states.get(stream) as S | undefined;
  return sessions.map(({ tenantId, sessionId }) => {
    const stream = sessionStream(tenantId, sessionId);
    const itsLinks = members.get(stream) ?? [];
    const calls = itsLinks.flatMap((link) => {
      const call = stateOf<WholeCall>(callStreamOf(link));
      return call?.first ? [call] : [];
    });
    const change = batch.changed.get(stream);
    const isNew =
      !left.has(stream) &&
      (change ? !change.before : !states.has(stream)) &&
      itsLinks.every((link) => newCalls.has(callStreamOf(link)));
    return { tenantId, id: sessionId, request: stateOf<RequestState>(stream), calls, isNew };
  });
}
