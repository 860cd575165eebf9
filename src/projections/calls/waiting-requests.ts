import { callStream } from '../../events/streams.ts';
import type { Change } from '../runtime/projection.ts';
import { deleteBy, selectBy, type Table, type TableName, type Tx, upsert } from '../runtime/table.ts';
import type { CallState } from './call-state.ts';
import { type Closings, matchByNumber, type Opening, openingKey, type Stray } from './match-by-number.ts';
import { findNamed } from './named.ts';
import type { Placement } from './placements.ts';
import { first, isBefore, type Position } from './position.ts';
import type { RequestState } from './request-state.ts';
import { distinct, type LinkRow, linksOfSessions } from './session-calls.ts';

/** Requests that are waiting for their call. Each projection that needs sessions keeps them. */
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

/**
 * Sessions that a call has named among others. They have had their call, wherever it is by now; also those whose request
 * is still to come. Almost no call names two. Rows are added and never change.
 */
export const leftSessions: Table = {
  name: 'left_sessions',
  columns: { tenant_id: 'text not null', session_id: 'text not null' },
  key: ['tenant_id', 'session_id'],
};

type OpeningRow = { tenant_id: string; session_id: string; to_number: string; requested_at: string; position: string };

export type Matching = {
  readonly calls: readonly Change<CallState>[];
  readonly requests: readonly Change<RequestState>[];
  /** By call stream: what was known of the batch's calls before it. */
  readonly before: ReadonlyMap<string, LinkRow>;
  readonly placed: ReadonlyMap<string, Placement>;
  readonly matchMinutes: number;
};

/** A call that was led to a session by its phone number. */
export type Match = { readonly tenantId: string; readonly callId: string; readonly sessionId: string };

/** Decides the fallback for calls that are new in this batch, and keeps the list of waiting requests. */
export async function matchStrays(trx: Tx, table: TableName, matching: Matching): Promise<readonly Match[]> {
  const { calls, requests, matchMinutes } = matching;
  const closings = closingsOf(calls, requests);
  const fresh = await newOpenings(trx, table, requests);
  const strays = straysOf(matching);
  const byNumber = distinct(strays.map(({ tenantId, toNumber }) => ({ tenant_id: tenantId, to_number: toNumber })));
  const rows = await selectBy<OpeningRow>(trx, table(openings), openings, ['tenant_id', 'to_number'], byNumber);
  const matches = matchByNumber(strays, [...rows.map(openingOf), ...fresh], closings, matchMinutes * 60_000);

  const matched = [...matches].map(([{ tenantId }, sessionId]) => ({ tenant_id: tenantId, session_id: sessionId }));
  await deleteBy(trx, table(openings), openings, openings.key, [...matched, ...newlyClosed(calls, requests)]);
  const waiting = fresh.filter(({ tenantId, sessionId }) => !closings.has(openingKey(tenantId, sessionId)));
  await upsert(trx, table(openings), openings, waiting.map(openingRow));
  await upsert(trx, table(leftSessions), leftSessions, leftBy(calls));
  return [...matches].map(([{ tenantId, callId }, sessionId]) => ({ tenantId, callId, sessionId }));
}

/** A session has its call once a call names it, or once its own stream says how the placing ended. */
function closingsOf(calls: readonly Change<CallState>[], requests: readonly Change<RequestState>[]): Closings {
  const closings: Closings = new Map();
  const close = (tenantId: string, sessionId: string, position: Position) => {
    const key = openingKey(tenantId, sessionId);
    closings.set(key, first(closings.get(key), position));
  };
  for (const { after } of calls)
    for (const { id, position } of after.sessionsNamed) close(after.tenantId, id, position);
  for (const { after } of requests) if (after.closedAt) close(after.tenantId, after.sessionId, after.closedAt);
  return closings;
}

/** Sessions that earlier batches have closed are not waiting any more. */
function newlyClosed(calls: readonly Change<CallState>[], requests: readonly Change<RequestState>[]) {
  const named = calls.flatMap(({ before, after: { tenantId, sessionsNamed } }) =>
    sessionsNamed
      .filter(({ id }) => !before || !findNamed(before.sessionsNamed, id))
      .map(({ id }) => ({ tenant_id: tenantId, session_id: id })),
  );
  const ended = requests.flatMap(({ before, after: { tenantId, sessionId, closedAt } }) =>
    closedAt && !before?.closedAt ? [{ tenant_id: tenantId, session_id: sessionId }] : [],
  );
  return [...named, ...ended];
}

function leftBy(calls: readonly Change<CallState>[]): { readonly tenant_id: string; readonly session_id: string }[] {
  return distinct(
    calls.flatMap(({ after: { tenantId, sessionsNamed } }) =>
      sessionsNamed.length > 1 ? sessionsNamed.map(({ id }) => ({ tenant_id: tenantId, session_id: id })) : [],
    ),
  );
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
  const linked = await linksOfSessions(trx, table, opened);
  const keys = opened.map(({ tenantId, sessionId }) => ({ tenant_id: tenantId, session_id: sessionId }));
  const left = await selectBy<(typeof keys)[number]>(trx, table(leftSessions), leftSessions, leftSessions.key, keys);
  const taken = new Set([...linked, ...left].map((row) => openingKey(row.tenant_id, row.session_id)));
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
