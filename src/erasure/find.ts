import type { Kysely } from 'kysely';
import { decode } from '../events/codec.ts';
import { readLeft } from '../events/event-log.ts';
import { sessionStream } from '../events/streams.ts';
import { comparedNumber } from '../model/phone.ts';
import type { ReadModel } from '../projections/tables.ts';
import {
  type Finding,
  findQuarantined,
  holdsNumber,
  type IsPerson,
  isNumberOf,
  parkedOf,
  textOf,
} from './find-unread.ts';
import { PAGE, pages } from './pages.ts';

/** What belongs to a person: ids, and of bodies in quarantine their digests. */
export type Found = {
  readonly calls: readonly string[];
  readonly sessions: readonly string[];
  readonly quarantined: readonly string[];
};

/** So that the door and reads have their turn. */
const READS_AT_ONCE = 4;

type CallRow = {
  readonly call_id: string;
  readonly session_id: string;
  readonly placed_session_id: string | null;
  readonly matched_session_id: string | null;
  readonly phones: readonly string[] | null;
};

const callsOf = ({ db, tenantId, signal }: Finding): AsyncGenerator<CallRow> =>
  pages(
    '',
    (after) =>
      db
        .selectFrom('call_session_calls')
        .select(['call_id', 'session_id', 'placed_session_id', 'matched_session_id', 'phones'])
        .where('tenant_id', '=', tenantId)
        .where('call_id', '>', after)
        .orderBy('call_id')
        .limit(PAGE)
        .execute(),
    (row) => row.call_id,
    signal,
  );

/** Every call from or to a number of the person, the requests for such calls, and the bodies that hold the number. */
export async function findPerson(finding: Finding, isPerson: IsPerson): Promise<Found> {
  const known = new Map<string, boolean>();
  const isTheirs = (phone: string): boolean => {
    const cached = known.get(phone);
    if (cached !== undefined) return cached;
    if (known.size > 100_000) known.clear();
    const is = isPerson(phone);
    known.set(phone, is);
    return is;
  };
  const calls = new Set<string>();
  const candidates = new Set<string>();
  for await (const row of callsOf(finding)) {
    if (!row.phones?.some(isTheirs)) continue;
    calls.add(row.call_id);
    for (const id of [row.session_id, row.placed_session_id, row.matched_session_id])
      if (id !== null) candidates.add(id);
  }
  for await (const id of requestedSessions(finding, isTheirs)) candidates.add(id);
  const sessions = await requestsAmong(finding, candidates, calls, isTheirs);
  const parked = new Set<string>();
  for await (const { kind, id, events } of parkedOf(finding))
    if (events.some((event) => holdsNumber(textOf(event), finding.region, isTheirs)))
      (kind === 'call' ? calls : parked).add(id);
  const quarantined = await findQuarantined(finding, { isTheirs, calls });
  return { calls: [...calls], sessions: [...new Set([...sessions, ...parked])], quarantined };
}

/** Sessions that were asked for here, by what is shown of them. */
async function* requestedSessions(
  { db, tenantId, region, signal }: Finding,
  isTheirs: IsPerson,
): AsyncGenerator<string> {
  const read = (after: string) =>
    db
      .selectFrom('call_sessions')
      .select(['id', 'from_number', 'to_number'])
      .where('tenant_id', '=', tenantId)
      .where('requested_at', 'is not', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute();
  for await (const { id, from_number, to_number } of pages('', read, (row) => row.id, signal))
    if ([from_number, to_number].some((raw) => isNumberOf(raw ?? undefined, region, isTheirs))) yield id;
}

/** Of some sessions the requests that name the person, and those of which every call is among the found. */
async function requestsAmong(
  { log, db, tenantId, signal }: Finding,
  candidates: Iterable<string>,
  calls: ReadonlySet<string>,
  isTheirs: IsPerson = () => false,
): Promise<string[]> {
  const isAmong = async (id: string): Promise<boolean> => {
    const facts = (await readLeft(log, sessionStream(tenantId, id))).flatMap((event) => decodeOrNot(event) ?? []);
    if (facts.length === 0) return false;
    const names = facts.some(
      ({ type, data, metadata }) =>
        type === 'CallRequested' &&
        [data.fromNumber, data.toNumber].some((raw) => {
          const number = comparedNumber(raw, metadata.defaultRegion);
          return number !== undefined && isTheirs(number);
        }),
    );
    return names || isWholly(db, tenantId, id, calls);
  };
  const found: string[] = [];
  const ids = [...candidates];
  for (let i = 0; i < ids.length; i += PAGE) {
    const requested = await requestedAmong(db, tenantId, ids.slice(i, i + PAGE));
    for (let k = 0; k < requested.length; k += READS_AT_ONCE) {
      signal.throwIfAborted();
      const some = requested.slice(k, k + READS_AT_ONCE);
      const are = await Promise.all(some.map(isAmong));
      found.push(...some.filter((_, n) => are[n]));
    }
  }
  return found;
}

/** Most sessions have no request, so the log is not asked about each. */
async function requestedAmong(db: Kysely<ReadModel>, tenantId: string, ids: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('call_sessions')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('requested_at', 'is not', null)
    .where('id', 'in', ids)
    .execute();
  return rows.map(({ id }) => id);
}

const decodeOrNot = (event: Parameters<typeof decode>[0]) => {
  try {
    return decode(event);
  } catch {
    return undefined;
  }
};

async function callsIn(db: Kysely<ReadModel>, tenantId: string, sessionId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('call_session_calls')
    .select('call_id')
    .where('tenant_id', '=', tenantId)
    .where('session_id', '=', sessionId)
    .execute();
  return rows.map(({ call_id }) => call_id);
}

async function isWholly(db: Kysely<ReadModel>, tenantId: string, id: string, calls: ReadonlySet<string>) {
  const members = await callsIn(db, tenantId, id);
  return members.length > 0 && members.every((callId) => calls.has(callId));
}

/** One call, with the request for it where it has no other call, and its bodies in quarantine. */
export async function findCall(finding: Finding, callId: string): Promise<Found> {
  const row = await finding.db
    .selectFrom('call_session_calls')
    .select(['session_id', 'placed_session_id', 'matched_session_id'])
    .where('tenant_id', '=', finding.tenantId)
    .where('call_id', '=', callId)
    .executeTakeFirst();
  const candidates = new Set(row ? Object.values(row).filter((id) => id !== null) : []);
  const calls = new Set([callId]);
  const sessions = await requestsAmong(finding, candidates, calls);
  return { calls: [callId], sessions, quarantined: await findQuarantined(finding, { calls }) };
}

/** A session: its request, and its calls. */
export async function findSession(finding: Finding, sessionId: string): Promise<Found> {
  const { db, log, tenantId } = finding;
  const calls = new Set(await callsIn(db, tenantId, sessionId));
  const named = `"callSessionId":${JSON.stringify(sessionId)}`;
  for await (const { kind, id, events } of parkedOf(finding))
    if (kind === 'call' && events.some((event) => textOf(event).includes(named))) calls.add(id);
  const hasRequest = (await readLeft(log, sessionStream(tenantId, sessionId))).length > 0;
  const quarantined = await findQuarantined(finding, { calls });
  return { calls: [...calls], sessions: hasRequest ? [sessionId] : [], quarantined };
}
