import { callStream, sessionStream } from '../../events/streams.ts';
import type { Change, FoldedBatch } from '../runtime/projection.ts';
import { deleteBy, selectBy, type Table, type TableName, type Tx, upsert } from '../runtime/table.ts';
import type { CallState, Correlation } from './call-state.ts';
import { type Closings, matchByNumber, type Opening, openingKey, type Stray } from './match-by-number.ts';
import { first, isBefore, type Position } from './position.ts';
import type { RequestState } from './request-state.ts';
import { ownSessionId, type Session } from './session.ts';

// Which session a call belongs to (A6): the one it names itself, else the one that placed it, else the only request
// that it can be, else one of its own. Each projection that needs sessions keeps these two tables for itself.

export const sessionCalls: Table = {
  name: 'call_session_calls',
  columns: {
    tenant_id: 'text not null',
    call_id: 'text not null',
    session_id: 'text not null',
    own_session_id: 'text',
    placed_session_id: 'text',
    matched_session_id: 'text',
  },
  key: ['tenant_id', 'call_id'],
  indexes: ['(tenant_id, session_id)'],
};

/** Requests that are waiting for their call. */
export const openings: Table = {
  name: 'openings',
  columns: {
    tenant_id: 'text not null',
    session_id: 'text not null',
    to_number: 'text not null',
    requested_at: 'text not null',
    position: 'text not null',
  },
  key: ['tenant_id', 'session_id'],
  indexes: ['(tenant_id, to_number)'],
};

type LinkRow = {
  readonly tenant_id: string;
  readonly call_id: string;
  readonly session_id: string;
  readonly own_session_id: string | null;
  readonly placed_session_id: string | null;
  readonly matched_session_id: string | null;
};

type OpeningRow = { tenant_id: string; session_id: string; to_number: string; requested_at: string; position: string };

type SessionId = { readonly tenantId: string; readonly id: string };

/** Sessions that a batch has changed, as they are now; one without request and calls is no more. */
export type Touched<Fields extends Correlation> = readonly Session<Fields>[];

/** Brings the two tables up to date with a batch, and gathers the sessions that it has changed. */
export async function updateMembership<Fields extends Correlation>(
  trx: Tx,
  table: TableName,
  batch: FoldedBatch<unknown>,
  matchMinutes: number,
): Promise<Touched<Fields>> {
  const calls = changesOf<CallState<Fields>>(batch, 'callId').filter(({ after }) => after.first !== undefined);
  const requests = changesOf<RequestState>(batch, 'sessionId');
  const before = await linksOf(trx, table, calls, requests);
  const placed = placements(requests);
  const matched = await matchStrays(trx, table, { calls, requests, before, placed, matchMinutes });

  const links = new Map<string, LinkRow>();
  const ids = [...calls.map(({ after }) => after), ...placed.values()];
  const states = new Map(calls.map(({ after }) => [callStream(after.tenantId, after.callId), after]));
  for (const { tenantId, callId } of ids) {
    const stream = callStream(tenantId, callId);
    const known = before.get(stream);
    const own = states.get(stream)?.known.callSessionId?.value ?? known?.own_session_id ?? null;
    const placedBy = known?.placed_session_id ?? placed.get(stream)?.sessionId ?? null;
    const match = known?.matched_session_id ?? matched.get(stream) ?? null;
    links.set(stream, {
      tenant_id: tenantId,
      call_id: callId,
      session_id: own ?? placedBy ?? match ?? ownSessionId(callId),
      own_session_id: own,
      placed_session_id: placedBy,
      matched_session_id: match,
    });
  }
  await upsert(
    trx,
    table(sessionCalls),
    sessionCalls,
    [...links.values()].filter((link) => isNew(link, before)),
  );

  const touched = new Map<string, SessionId>();
  const touch = (tenantId: string, id: string) => touched.set(sessionStream(tenantId, id), { tenantId, id });
  for (const link of [...links.values(), ...before.values()]) touch(link.tenant_id, link.session_id);
  for (const { after } of requests) touch(after.tenantId, after.sessionId);
  return gather(trx, table, batch, [...touched.values()]);
}

const isNew = (link: LinkRow, before: ReadonlyMap<string, LinkRow>): boolean => {
  const known = before.get(callStream(link.tenant_id, link.call_id));
  return !known || Object.keys(link).some((column) => link[column as keyof LinkRow] !== known[column as keyof LinkRow]);
};

function changesOf<State>(batch: FoldedBatch<unknown>, idName: string): Change<State>[] {
  return [...batch.changed.values()].filter(({ after }) => idName in (after as object)) as Change<State>[];
}

/** The links so far of the calls in a batch and of those that its sessions have placed. */
async function linksOf(
  trx: Tx,
  table: TableName,
  calls: readonly Change<CallState>[],
  requests: readonly Change<RequestState>[],
): Promise<ReadonlyMap<string, LinkRow>> {
  const keys = [
    ...calls.map(({ after }) => ({ tenant_id: after.tenantId, call_id: after.callId })),
    ...[...placements(requests).values()].map(({ tenantId, callId }) => ({ tenant_id: tenantId, call_id: callId })),
  ];
  const rows = await selectBy<LinkRow>(
    trx,
    table(sessionCalls),
    sessionCalls,
    ['tenant_id', 'call_id'],
    distinct(keys),
  );
  return new Map(rows.map((row) => [callStream(row.tenant_id, row.call_id), row]));
}

type Placement = { readonly tenantId: string; readonly callId: string; readonly sessionId: string; position: Position };

/** By call stream: the first session that says it has placed this call. */
function placements(requests: readonly Change<RequestState>[]): ReadonlyMap<string, Placement> {
  const first = new Map<string, Placement>();
  for (const { after } of requests) {
    const { tenantId, sessionId } = after;
    for (const [callId, { position }] of Object.entries(after.placed)) {
      const stream = callStream(tenantId, callId);
      const known = first.get(stream);
      if (!known || isBefore(position, known.position)) first.set(stream, { tenantId, callId, sessionId, position });
    }
  }
  return first;
}

type Matching = {
  readonly calls: readonly Change<CallState>[];
  readonly requests: readonly Change<RequestState>[];
  readonly before: ReadonlyMap<string, LinkRow>;
  readonly placed: ReadonlyMap<string, Placement>;
  readonly matchMinutes: number;
};

/** Decides the fallback for calls that are new in this batch, and keeps the list of waiting requests. */
async function matchStrays(trx: Tx, table: TableName, matching: Matching): Promise<ReadonlyMap<string, string>> {
  const { calls, requests, matchMinutes } = matching;
  const closings = closingsOf(calls, requests);
  const fresh = await newOpenings(trx, table, requests);
  const strays = straysOf(matching);
  const byNumber = distinct(strays.map(({ tenantId, toNumber }) => ({ tenant_id: tenantId, to_number: toNumber })));
  const rows = await selectBy<OpeningRow>(trx, table(openings), openings, ['tenant_id', 'to_number'], byNumber);
  const matches = matchByNumber(strays, [...rows.map(openingOf), ...fresh], closings, matchMinutes * 60_000);

  const closed = [...closings.keys()].map((key) => {
    const dot = key.indexOf('.');
    return { tenant_id: key.slice(0, dot), session_id: key.slice(dot + 1) };
  });
  await deleteBy(trx, table(openings), openings, openings.key, closed);
  const waiting = fresh.filter(({ tenantId, sessionId }) => !closings.has(openingKey(tenantId, sessionId)));
  await upsert(trx, table(openings), openings, waiting.map(openingRow));
  return new Map([...matches].map(([stray, sessionId]) => [callStream(stray.tenantId, stray.callId), sessionId]));
}

/** A session has its call once a call names it, or once its own stream says how the placing ended. */
function closingsOf(calls: readonly Change<CallState>[], requests: readonly Change<RequestState>[]): Closings {
  const closings: Closings = new Map();
  const close = (tenantId: string, sessionId: string, position: Position) => {
    const key = openingKey(tenantId, sessionId);
    closings.set(key, first(closings.get(key), position));
  };
  for (const { after } of calls)
    for (const [sessionId, position] of Object.entries(after.sessionsNamed)) close(after.tenantId, sessionId, position);
  for (const { after } of requests) if (after.closedAt) close(after.tenantId, after.sessionId, after.closedAt);
  return closings;
}

/** Requests of this batch, unless an earlier batch has brought their call already. */
async function newOpenings(trx: Tx, table: TableName, requests: readonly Change<RequestState>[]): Promise<Opening[]> {
  const opened = requests.flatMap(({ before, after: { tenantId, sessionId, request } }) =>
    before?.request || !request?.toNumber
      ? []
      : [
          {
            tenantId,
            sessionId,
            toNumber: request.toNumber,
            requestedAt: request.recordedAt,
            position: request.position,
          },
        ],
  );
  const keys = opened.map(({ tenantId, sessionId }) => ({ tenant_id: tenantId, session_id: sessionId }));
  const linked = await selectBy<LinkRow>(trx, table(sessionCalls), sessionCalls, ['tenant_id', 'session_id'], keys);
  const taken = new Set(linked.map((row) => openingKey(row.tenant_id, row.session_id)));
  return opened.filter(({ tenantId, sessionId }) => !taken.has(openingKey(tenantId, sessionId)));
}

/** Calls that the batch has brought, whose first fact names a number but no session, and that nobody had placed yet. */
function straysOf({ calls, before, placed }: Matching): Stray[] {
  return calls.flatMap(({ before: known, after: { tenantId, callId, first } }) => {
    if (known?.first || !first?.toNumber || first.callSessionId !== undefined) return [];
    if (first.direction === 'inbound' || first.direction === 'web') return [];
    const stream = callStream(tenantId, callId);
    const placement = placed.get(stream);
    if (before.get(stream)?.placed_session_id || (placement && isBefore(placement.position, first.position))) return [];
    return [{ tenantId, callId, toNumber: first.toNumber, recordedAt: first.recordedAt, position: first.position }];
  });
}

/** The sessions with all that belongs to them, from the batch or as kept. */
async function gather<Fields extends Correlation>(
  trx: Tx,
  table: TableName,
  batch: FoldedBatch<unknown>,
  sessions: readonly SessionId[],
): Promise<Touched<Fields>> {
  const keys = sessions.map(({ tenantId, id }) => ({ tenant_id: tenantId, session_id: id }));
  const links = await selectBy<LinkRow>(trx, table(sessionCalls), sessionCalls, ['tenant_id', 'session_id'], keys);
  const members = Map.groupBy(links, (link) => sessionStream(link.tenant_id, link.session_id));
  const streams = [
    ...links.map((link) => callStream(link.tenant_id, link.call_id)),
    ...sessions.map(({ tenantId, id }) => sessionStream(tenantId, id)),
  ];
  const kept = await batch.statesOf(streams.filter((stream) => !batch.changed.has(stream)));
  const stateOf = <S>(stream: string) => (batch.changed.get(stream)?.after ?? kept.get(stream)) as S | undefined;
  return sessions.map(({ tenantId, id }) => {
    const stream = sessionStream(tenantId, id);
    const calls = (members.get(stream) ?? []).flatMap((link) => {
      const call = stateOf<CallState<Fields>>(callStream(link.tenant_id, link.call_id));
      return call?.first ? [call] : [];
    });
    return { tenantId, id, request: stateOf<RequestState>(stream), calls };
  });
}

const openingOf = (row: OpeningRow): Opening => ({
  tenantId: row.tenant_id,
  sessionId: row.session_id,
  toNumber: row.to_number,
  requestedAt: row.requested_at,
  position: row.position,
});

const openingRow = (opening: Opening): OpeningRow => ({
  tenant_id: opening.tenantId,
  session_id: opening.sessionId,
  to_number: opening.toNumber,
  requested_at: opening.requestedAt,
  position: opening.position,
});

/** A join finds a row as often as its key is given. */
function distinct<K extends Readonly<Record<string, string>>>(keys: readonly K[]): K[] {
  return [...new Map(keys.map((key) => [JSON.stringify(Object.values(key)), key])).values()];
}
