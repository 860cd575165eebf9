import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import { decode } from '../../events/codec.ts';
import { type EventLog, EventStoreUnavailable, StreamDeleted } from '../../events/event-log.ts';
import type { Recorded } from '../../events/recorded.ts';
import { parseStream, prefixOf } from '../../events/streams.ts';
import { callIdOfTicket } from '../../events/ticket-facts.ts';
import { pause } from '../../events/waiting.ts';
import type { CallFact } from '../../model/call-fact.ts';
import { needsShownBy } from '../../model/ticket-call.ts';
import { type Beginning, loadCheckpoint, prepareCheckpoints, saveCheckpoint, wordsOf } from '../reaction.ts';
import { dutiesOf, isOpen } from './due.ts';
import { readTicketFacts } from './mail-record.ts';
import type { MailQueue } from './queue.ts';

export async function prepareTables(db: Kysely<unknown>): Promise<void> {
  await prepareCheckpoints(db);
  await sql`create table if not exists reactions.waiting_calls (
    tenant_id text not null, call_id text not null, since timestamptz not null default now(),
    primary key (tenant_id, call_id))`.execute(db);
  // Most of what waits for long are transfers of calls that no ticket endpoint will ever hear of.
  await sql`delete from reactions.waiting_calls where since < now() - interval '90 days'`.execute(db);
}

const REACTION = 'ticket-mail';

/** `origin`: this log, and the queue that the jobs up to there went into. Undefined: begin at the beginning. */
async function loadPosition(db: Kysely<unknown>, origin: string): Promise<bigint | undefined> {
  const position = await loadCheckpoint(db, REACTION, origin);
  if (position === undefined) await sql`truncate reactions.waiting_calls`.execute(db);
  return position;
}

type CallKey = { readonly tenantId: string; readonly callId: string };

/** Which of these calls somebody is needed for, while a fact that is still to come decides about the mail. */
async function waitingAmong(db: Kysely<unknown>, calls: readonly CallKey[]): Promise<readonly CallKey[]> {
  if (calls.length === 0) return [];
  const { rows } = await sql<{ tenant_id: string; call_id: string }>`
    select w.tenant_id, w.call_id from reactions.waiting_calls w
    join json_to_recordset(${asRows(calls)}::json) as c(tenant_id text, call_id text)
      on w.tenant_id = c.tenant_id and w.call_id = c.call_id`.execute(db);
  return rows.map(({ tenant_id, call_id }) => ({ tenantId: tenant_id, callId: call_id }));
}

/** After the jobs of a batch are in the queue: what waits, and how far the log is read. One transaction. */
async function saveBatch(
  db: Kysely<unknown>,
  batch: {
    readonly origin: string;
    readonly position: bigint;
    readonly waiting: readonly CallKey[];
    readonly settled: readonly CallKey[];
  },
): Promise<void> {
  const { origin, position, waiting, settled } = batch;
  await db.transaction().execute(async (trx) => {
    if (waiting.length > 0)
      await sql`insert into reactions.waiting_calls (tenant_id, call_id)
        select tenant_id, call_id from json_to_recordset(${asRows(waiting)}::json) as c(tenant_id text, call_id text)
        on conflict do nothing`.execute(trx);
    if (settled.length > 0)
      await sql`delete from reactions.waiting_calls w
        using json_to_recordset(${asRows(settled)}::json) as c(tenant_id text, call_id text)
        where w.tenant_id = c.tenant_id and w.call_id = c.call_id`.execute(trx);
    await saveCheckpoint(trx, REACTION, origin, position);
  });
}

const asRows = (calls: readonly CallKey[]): string =>
  JSON.stringify(calls.map(({ tenantId, callId }) => ({ tenant_id: tenantId, call_id: callId })));

type FollowOptions = {
  readonly log: EventLog;
  readonly db: Kysely<unknown>;
  readonly queue: Pick<MailQueue, 'put' | 'bury'>;
  readonly begun: Beginning;
  readonly origin: string;
  readonly waitMs: number;
  readonly now: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly position: bigint | undefined; readonly caughtUp: boolean }) => void;
  /** A ticket whose facts cannot be read has no mail until somebody redrives it. */
  readonly onUnreadable: () => void;
};

/** No mail is in such a hurry that each fact needs a transaction of its own: what comes meanwhile shares the next one. */
const REST_MS = 100;

/** Reads on in the log and puts into the queue what is due. Ends with the signal; throws when a store is away. */
export async function follow(options: FollowOptions): Promise<void> {
  const { log, db, origin, begun, signal, logger, onProgress } = options;
  const head = await log.head();
  const kept = await loadPosition(db, origin);
  const after = kept !== undefined && kept <= (head ?? -1n) ? kept : begun.after;
  onProgress({ position: after, caughtUp: false });
  const batches = log.subscribe({
    prefixes: [prefixOf('call'), prefixOf('ticket')],
    after,
    maxBatch: 1000,
    signal,
    onBreak: (error, retryInMs) => logger.warn({ error: wordsOf(error), retryInMs }, 'ticket_mail_subscription_broken'),
  });
  for await (const { events, caughtUp } of batches) {
    const last = events.at(-1);
    if (last) await take(options, events, last.position);
    onProgress({ position: last?.position, caughtUp });
    if (caughtUp) await pause(REST_MS, signal);
  }
}

/** Jobs first, then the checkpoint: what a crash in between repeats is found in the queue, or done. */
async function take(options: FollowOptions, events: readonly Recorded[], position: bigint): Promise<void> {
  const { db, origin } = options;
  const calls = await candidates(db, events);
  const waiting: CallKey[] = [];
  const settled: CallKey[] = [];
  for (const piece of pieces(calls, READERS)) {
    const waits = await Promise.all(piece.map((candidate) => consider(options, candidate)));
    for (const [i, candidate] of piece.entries()) (waits[i] ? waiting : settled).push(candidate);
  }
  await saveBatch(db, { origin, position, waiting, settled });
}

/** How many tickets are read at once. */
const READERS = 8;

type Candidate = CallKey & { readonly redriven: boolean };

/**
 * The calls that a batch may have made a mail due for, so that ordinary calls cost no reads: somebody is needed since
 * this fact, or was before and the mail still waits for something; or an operator wants it tried again.
 */
async function candidates(db: Kysely<unknown>, events: readonly Recorded[]): Promise<readonly Candidate[]> {
  const found = new Map<string, Candidate>();
  const others = new Map<string, CallKey>();
  for (const recorded of events) {
    const name = parseStream(recorded.stream);
    if (name === undefined) continue;
    const { tenantId, id } = name;
    if (name.category === 'ticket') {
      const callId = callIdOfTicket(id);
      if (recorded.type === 'TicketMailRedriven' && callId !== undefined)
        found.set(`${tenantId}.${callId}`, { tenantId, callId, redriven: true });
    } else {
      const key = `${tenantId}.${id}`;
      const redriven = found.get(key)?.redriven ?? false;
      if (mayNeedSomebody(recorded)) found.set(key, { tenantId, callId: id, redriven });
      else others.set(key, { tenantId, callId: id });
    }
  }
  const unseen = [...others].filter(([key]) => !found.has(key)).map(([, call]) => call);
  const waiting = await waitingAmong(db, unseen);
  return [...found.values(), ...waiting.map((call) => ({ ...call, redriven: false }))];
}

function mayNeedSomebody(recorded: Recorded): boolean {
  try {
    const fact = decode(recorded);
    if (fact === undefined || !('callId' in fact.data)) return false;
    if ('personalParts' in fact.data) return true; // its fields come with its text
    return needsShownBy(fact as CallFact).some((need) => need !== 'not_required');
  } catch {
    return true; // told where it is read
  }
}

/** Whether facts that are still to come decide about a mail of this call. */
async function consider(options: FollowOptions, candidate: Candidate): Promise<boolean> {
  const { log, queue, now, waitMs, begun, logger } = options;
  const { tenantId, callId, redriven } = candidate;
  const duties = await readTicketFacts(log, tenantId, callId)
    .then((facts) => dutiesOf(facts, { begunAfter: begun.after, waitMs }))
    .catch((error: unknown) => {
      if (error instanceof EventStoreUnavailable) throw error;
      if (error instanceof StreamDeleted) return undefined; // nobody is to be told any more
      logger.error({ tenantId, callId, error: wordsOf(error) }, 'ticket_mail_unreadable');
      options.onUnreadable();
      return undefined;
    });
  if (!duties) return false;
  const open = duties.of.filter(isOpen);
  for (const { opening, dueAt } of open) {
    if (redriven) await queue.bury({ tenantId, callId, opening });
    await queue.put({ tenantId, callId, opening }, dueAt - now());
  }
  return duties.waiting || open.some(({ dueAt }) => dueAt > now());
}

function* pieces<T>(all: readonly T[], size: number): Iterable<readonly T[]> {
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size);
}
