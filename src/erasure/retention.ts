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
import { parkedOf } from './find-unread.ts';
import { PAGE, pages } from './pages.ts';

type Due = {
  readonly log: Pick<EventLog, 'read'>;
  readonly db: Kysely<ReadModel>;
  readonly tenantId: string;
  readonly what: 'personal' | 'evidence';
  /** What ended before it is due, in milliseconds. */
  readonly until: number;
  /** An earlier look, which found all that was due then. */
  readonly looked?: Looked | undefined;
  readonly signal: AbortSignal;
};

/** In milliseconds: until when calls that had ended were due, and when that was. */
export type Looked = { readonly until: number; readonly at: number };

/** Erased in one erasure. */
const PIECE = 1000;
/** `created_at` is the event store's time, a look's ours. */
const CLOCKS_APART_MS = 3_600_000;

/** What is due of a tenant, some at a time, the oldest first. What is erased already is passed over. */
export async function* dueOf(due: Due): AsyncGenerator<Found> {
  const all = [sessionsDue(due), parkedDue(due), bodiesDue(due)];
  let some: One[] = [];
  for (const these of all)
    for await (const one of these) {
      some.push(one);
      if (some.length < PIECE) continue;
      yield foundOf(some);
      some = [];
    }
  if (some.length > 0) yield foundOf(some);
}

/** Of a session in the order of time. */
type Place = readonly [since: string, id: string];

type One = readonly [kind: keyof Found, id: string];

const foundOf = (some: readonly One[]): Found => {
  const of = (wanted: keyof Found) => [...new Set(some.filter(([kind]) => kind === wanted).map(([, id]) => id))];
  return { calls: of('calls'), sessions: of('sessions'), quarantined: of('quarantined') };
};

async function* sessionsDue(due: Due): AsyncGenerator<One> {
  const { log, tenantId, what, signal } = due;
  const rows = pages<SessionRow, Place>(
    ['-infinity', ''],
    (after) => sessionRows(due, after),
    ({ since, id }) => [since, id],
    signal,
  );
  for await (const row of rows) {
    signal.throwIfAborted();
    const calls: string[] = [];
    for (const callId of row.retell_call_ids) if (await isCallDue(due, row, callId)) calls.push(callId);
    for (const id of calls) yield ['calls', id];
    if (what === 'evidence' || !row.requested || calls.length < row.retell_call_ids.length) continue;
    const request = await readLeft(log, sessionStream(tenantId, row.id));
    if (request.length > 0 && !erasureIn(request)) yield ['sessions', row.id];
  }
}

type SessionRow = {
  readonly id: string;
  readonly retell_call_ids: readonly string[];
  readonly requested: boolean;
  /** As Postgres writes it. */
  readonly since: string;
};

/** By when they ended, else by their first record; of several calls each is looked at by itself. */
async function sessionRows({ db, tenantId, until, looked }: Due, [since, id]: Place) {
  const limit = new Date(until).toISOString();
  const isNew = looked
    ? sql`(coalesce(ended_at, created_at) >= ${new Date(looked.until).toISOString()}::timestamptz
        or created_at >= ${new Date(looked.at - CLOCKS_APART_MS).toISOString()}::timestamptz)`
    : sql`true`;
  const { rows } = await sql<SessionRow>`
    select id, retell_call_ids, requested_at is not null as requested,
      coalesce(ended_at, created_at)::text as since
    from call_sessions where tenant_id = ${tenantId} and not erased and ${isNew}
      and (coalesce(ended_at, created_at) < ${limit}::timestamptz
        or (cardinality(retell_call_ids) > 1 and created_at < ${limit}::timestamptz))
      and (coalesce(ended_at, created_at), id) > (${since}::timestamptz, ${id})
    order by coalesce(ended_at, created_at), id limit ${PAGE}`.execute(db);
  return rows;
}

async function isCallDue(due: Due, row: SessionRow, callId: string): Promise<boolean> {
  const { log, tenantId, what, until } = due;
  if (what === 'evidence') {
    if (!(await hasEvidence(due, callId))) return false;
    if (row.retell_call_ids.length === 1) return true;
  }
  const events = await readLeft(log, callStream(tenantId, callId));
  if (events.length === 0 || (what === 'personal' && erasureIn(events))) return false;
  return row.retell_call_ids.length === 1 || endOf(events) < until;
}

async function hasEvidence({ log, tenantId }: Due, callId: string): Promise<boolean> {
  const [last] = await readLeft(log, evidenceStream(tenantId, callId), { backwards: true, max: 1 });
  return last !== undefined && last.type !== EVIDENCE_ERASED;
}

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

/** Of streams that are parked the first record alone can be read. */
async function* parkedDue(due: Due): AsyncGenerator<One> {
  for await (const { kind, id, events } of parkedOf(due)) {
    if (events.length === 0 || Date.parse(events[0]!.recordedAt) >= due.until) continue;
    if (due.what === 'personal' && !erasureIn(events)) yield [kind === 'call' ? 'calls' : 'sessions', id];
    if (due.what === 'evidence' && kind === 'call' && (await hasEvidence(due, id))) yield ['calls', id];
  }
}

async function* bodiesDue({ log, db, tenantId, until, signal }: Due): AsyncGenerator<One> {
  const limit = new Date(until).toISOString();
  const read = async (after: string) =>
    (
      await sql<{ id: string }>`
        select id from quarantine where tenant_id = ${tenantId} and erased_at is null and id > ${after}
          and received_at < ${limit}::timestamptz order by id limit ${PAGE}`.execute(db)
    ).rows;
  for await (const { id } of pages('', read, (row) => row.id, signal)) {
    signal.throwIfAborted();
    const digest = id.slice(tenantId.length + 1);
    if (!erasureIn(await readLeft(log, quarantineStream(tenantId, digest)))) yield ['quarantined', digest];
  }
}
