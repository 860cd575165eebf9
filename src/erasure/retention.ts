import { type Kysely, sql } from 'kysely';
import { erasureIn } from '../events/erased.ts';
import { EVIDENCE_ERASED } from '../events/erasure-facts.ts';
import { type EventLog, readLeft } from '../events/event-log.ts';
import type { Recorded } from '../events/recorded.ts';
import { callStream, evidenceStream, quarantineStream, sessionStream } from '../events/streams.ts';
import { latestValue } from '../model/latest.ts';
import { reduceStream, type WholeCall } from '../model/stream-state.ts';
import { factsUntil, foldStream } from '../projections/fold-stream.ts';
import type { ReadModel } from '../projections/tables.ts';
import type { Found } from './find.ts';

type Due = {
  readonly log: Pick<EventLog, 'read'>;
  readonly db: Kysely<ReadModel>;
  readonly tenantId: string;
  readonly what: 'personal' | 'evidence';
  /** What ended before it is due, in milliseconds. */
  readonly until: number;
  readonly signal: AbortSignal;
};

/** Sessions that are looked at at once, and erased in one erasure. */
const PAGE = 1000;

/** What is due of a tenant, some at a time, the oldest first. What is erased already is passed over. */
export async function* dueOf(due: Due): AsyncGenerator<Found> {
  let after: readonly [string, string] = ['-infinity', ''];
  for (;;) {
    const rows = await sessionsDue(due, after);
    const found = { calls: [] as string[], sessions: [] as string[], quarantined: [] as string[] };
    for (const row of rows) {
      due.signal.throwIfAborted();
      const calls = [];
      for (const callId of row.retell_call_ids) if (await isCallDue(due, row, callId)) calls.push(callId);
      found.calls.push(...calls);
      if (due.what === 'personal' && row.requested && calls.length === row.retell_call_ids.length) {
        const request = await readLeft(due.log, sessionStream(due.tenantId, row.id));
        if (request.length > 0 && !erasureIn(request)) found.sessions.push(row.id);
      }
    }
    if (found.calls.length + found.sessions.length > 0) yield found;
    if (rows.length < PAGE) break;
    const { since, id } = rows.at(-1)!;
    after = [since, id];
  }
  yield* bodiesDue(due);
}

type SessionRow = {
  readonly id: string;
  readonly retell_call_ids: readonly string[];
  readonly requested: boolean;
  /** As Postgres writes it. */
  readonly since: string;
};

/** By when they ended, else by their first record; of several calls each is looked at by itself. */
async function sessionsDue({ db, tenantId, what, until }: Due, [since, id]: readonly [string, string]) {
  const limit = new Date(until).toISOString();
  const open = what === 'personal' ? sql`not erased` : sql`true`;
  const { rows } = await sql<SessionRow>`
    select id, retell_call_ids, requested_at is not null as requested,
      coalesce(ended_at, created_at)::text as since
    from call_sessions where tenant_id = ${tenantId} and ${open}
      and (coalesce(ended_at, created_at) < ${limit}::timestamptz
        or (cardinality(retell_call_ids) > 1 and created_at < ${limit}::timestamptz))
      and (coalesce(ended_at, created_at), id) > (${since}::timestamptz, ${id})
    order by coalesce(ended_at, created_at), id limit ${PAGE}`.execute(db);
  return rows;
}

async function isCallDue({ log, tenantId, what, until }: Due, row: SessionRow, callId: string): Promise<boolean> {
  if (what === 'evidence') {
    const last = await lastOf(log, evidenceStream(tenantId, callId));
    if (last === undefined || last.type === EVIDENCE_ERASED) return false;
    if (row.retell_call_ids.length === 1) return true;
  }
  const events = await readLeft(log, callStream(tenantId, callId));
  if (events.length === 0 || (what === 'personal' && erasureIn(events))) return false;
  return row.retell_call_ids.length === 1 || endOf(events) < until;
}

const lastOf = async (log: Due['log'], stream: string): Promise<Recorded | undefined> =>
  (await readLeft(log, stream, { backwards: true, max: 1 }))[0];

/** The end of a call, else its first record; of one that cannot be read never. */
function endOf(events: readonly Recorded[]): number {
  try {
    const facts = factsUntil(events, { position: events.at(-1)!.position });
    const call = foldStream(reduceStream, facts) as WholeCall | undefined;
    return Date.parse((call && latestValue(call.known, 'endedAt')) ?? events[0]!.recordedAt);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

async function* bodiesDue({ log, db, tenantId, until, signal }: Due): AsyncGenerator<Found> {
  for (let after = ''; ; ) {
    const { rows } = await sql<{ id: string }>`
      select id from quarantine where tenant_id = ${tenantId} and erased_at is null and id > ${after}
        and received_at < ${new Date(until).toISOString()}::timestamptz order by id limit ${PAGE}`.execute(db);
    const quarantined: string[] = [];
    for (const { id } of rows) {
      signal.throwIfAborted();
      const digest = id.slice(tenantId.length + 1);
      if (!erasureIn(await readLeft(log, quarantineStream(tenantId, digest)))) quarantined.push(digest);
    }
    if (quarantined.length > 0) yield { calls: [], sessions: [], quarantined };
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}
