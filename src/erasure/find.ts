import type { Kysely } from 'kysely';
import { decode } from '../events/codec.ts';
import { erasureIn } from '../events/erased.ts';
import { type EventLog, readLeft } from '../events/event-log.ts';
import { quarantineStream, sessionStream } from '../events/streams.ts';
import { assemble } from '../evidence/evidence.ts';
import { comparedNumber, phoneOf } from '../model/phone.ts';
import type { ReadModel } from '../projections/tables.ts';

/** What belongs to a person: ids, and of bodies in quarantine their digests. */
export type Found = {
  readonly calls: readonly string[];
  readonly sessions: readonly string[];
  readonly quarantined: readonly string[];
};

export type Finding = {
  readonly log: Pick<EventLog, 'read'>;
  readonly db: Kysely<ReadModel>;
  readonly tenantId: string;
  readonly region: string | undefined;
  readonly signal: AbortSignal;
};

/** Whether a number, in E.164, is the person's. */
export type IsPerson = (phone: string) => boolean;

/** Rows that are looked at at once. */
const PAGE = 2000;

type CallRow = {
  readonly call_id: string;
  readonly session_id: string;
  readonly placed_session_id: string | null;
  readonly matched_session_id: string | null;
  readonly phones: readonly string[] | null;
};

async function* callsOf({ db, tenantId, signal }: Finding): AsyncGenerator<readonly CallRow[]> {
  for (let after = ''; ; ) {
    signal.throwIfAborted();
    const rows = await db
      .selectFrom('call_session_calls')
      .select(['call_id', 'session_id', 'placed_session_id', 'matched_session_id', 'phones'])
      .where('tenant_id', '=', tenantId)
      .where('call_id', '>', after)
      .orderBy('call_id')
      .limit(PAGE)
      .execute();
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.call_id;
  }
}

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
  const calls: string[] = [];
  const candidates = new Set<string>();
  for await (const rows of callsOf(finding))
    for (const row of rows) {
      if (!row.phones?.some(isTheirs)) continue;
      calls.push(row.call_id);
      for (const id of [row.session_id, row.placed_session_id, row.matched_session_id])
        if (id !== null) candidates.add(id);
    }
  for await (const id of requestedSessions(finding, isTheirs)) candidates.add(id);
  const sessions = await requestsAmong(finding, candidates, new Set(calls), isTheirs);
  const quarantined = await findQuarantined(finding, { isTheirs, calls: new Set(calls) });
  return { calls, sessions, quarantined };
}

/** Sessions that were asked for here, by what is shown of them. */
async function* requestedSessions(
  { db, tenantId, region, signal }: Finding,
  isTheirs: IsPerson,
): AsyncGenerator<string> {
  for (let after = ''; ; ) {
    signal.throwIfAborted();
    const rows = await db
      .selectFrom('call_sessions')
      .select(['id', 'from_number', 'to_number'])
      .where('tenant_id', '=', tenantId)
      .where('requested_at', 'is not', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute();
    for (const { id, from_number, to_number } of rows)
      if ([from_number, to_number].some((raw) => isNumberOf(raw ?? undefined, region, isTheirs))) yield id;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}

const isNumberOf = (raw: string | undefined, region: string | undefined, isTheirs: IsPerson): boolean => {
  const phone = phoneOf(raw, region);
  return phone !== undefined && isTheirs(phone);
};

/** Of some sessions the requests that name the person, and those of which every call is among the found. */
async function requestsAmong(
  { log, db, tenantId, signal }: Finding,
  candidates: Iterable<string>,
  calls: ReadonlySet<string>,
  isTheirs: IsPerson = () => false,
): Promise<string[]> {
  const found: string[] = [];
  for (const id of candidates) {
    signal.throwIfAborted();
    const facts = (await readLeft(log, sessionStream(tenantId, id))).flatMap((event) => decodeOrNot(event) ?? []);
    if (facts.length === 0) continue;
    const names = facts.some(
      ({ type, data, metadata }) =>
        type === 'CallRequested' &&
        [data.fromNumber, data.toNumber].some((raw) => {
          const number = comparedNumber(raw, metadata.defaultRegion);
          return number !== undefined && isTheirs(number);
        }),
    );
    if (names || (await isWholly(db, tenantId, id, calls))) found.push(id);
  }
  return found;
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
  const calls = await callsIn(db, tenantId, sessionId);
  const hasRequest = (await readLeft(log, sessionStream(tenantId, sessionId))).length > 0;
  const quarantined = await findQuarantined(finding, { calls: new Set(calls) });
  return { calls, sessions: hasRequest ? [sessionId] : [], quarantined };
}

type Wanted = { readonly isTheirs?: IsPerson; readonly calls: ReadonlySet<string> };

/** The bodies in quarantine that are of one of the calls, or hold the number; read one after the other. */
async function findQuarantined(finding: Finding, wanted: Wanted): Promise<string[]> {
  const { db, log, tenantId, region, signal } = finding;
  const found: string[] = [];
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('quarantine')
      .select(['id', 'released_call_id'])
      .where('tenant_id', '=', tenantId)
      .where('erased_at', 'is', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute();
    for (const { id, released_call_id } of rows) {
      signal.throwIfAborted();
      const digest = id.slice(tenantId.length + 1);
      const events = await readLeft(log, quarantineStream(tenantId, digest));
      if (erasureIn(events)) continue;
      const isOfCall = released_call_id !== null && wanted.calls.has(released_call_id);
      const delivery = isOfCall ? undefined : await assemble(events, digest, digest).catch(() => undefined);
      if (isOfCall || (delivery && isAbout(delivery.body.toString('utf8'), region, wanted))) found.push(digest);
    }
    if (rows.length < PAGE) return found;
    after = rows.at(-1)!.id;
  }
}

/** A number as people and machines write it, with what they put between its digits. */
const NUMBER = /\+?\d[\d ().\-/\u00a0]{4,40}\d/g;
const CALL_ID = /"call_id"\s*:\s*("(?:[^"\\]|\\.){1,600}")/g;

function isAbout(body: string, region: string | undefined, { isTheirs, calls }: Wanted): boolean {
  for (const [, text] of body.matchAll(CALL_ID)) {
    try {
      if (calls.has(JSON.parse(text!) as string)) return true;
    } catch {}
  }
  if (!isTheirs) return false;
  for (const [text] of body.matchAll(NUMBER)) {
    const digits = text.replace(/\D/g, '');
    for (const spelling of [text, `+${digits}`]) if (isNumberOf(spelling, region, isTheirs)) return true;
  }
  return false;
}
