import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import { decode } from '../../events/codec.ts';
import { type EventLog, EventStoreUnavailable, StreamDeleted } from '../../events/event-log.ts';
import type { Place, Recorded } from '../../events/recorded.ts';
import { parseStream, prefixOf } from '../../events/streams.ts';
import { callIdOfTicket, ticketEventSchemas, ticketIdOf } from '../../events/ticket-facts.ts';
import { pause } from '../../events/waiting.ts';
import type { CallFact } from '../../model/call-fact.ts';
import { needsShownBy } from '../../model/ticket-call.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { type Checkpoint, loadCheckpoint, type StartPosition, saveCheckpoint } from '../reaction.ts';
import { dueMailsOf, isOpen } from './due.ts';
import { appendMailFact, type MailKey, readTicketFacts } from './mail-record.ts';
import type { MailQueue } from './queue.ts';

/** Most of what waits for long are transfers of calls that no ticket endpoint will ever hear of. No older log is restored. */
export async function deleteOld(db: Kysely<unknown>): Promise<void> {
  await sql`delete from reactions.waiting_calls where since < now() - interval '90 days'`.execute(db);
  await sql`delete from reactions.mails_sent where seen_at < now() - interval '90 days'`.execute(db);
}

const REACTION = 'ticket-mail';
const { TicketMailSent } = ticketEventSchemas;

/** `origin`: the log and the queue that the jobs so far went into. Undefined: from the start position. */
async function loadPlace(options: FollowOptions): Promise<Checkpoint | undefined> {
  const kept = await loadCheckpoint(options, REACTION, options.origin);
  if (!kept) await sql`truncate reactions.waiting_calls`.execute(options.db);
  return kept;
}

type CallKey = { readonly tenantId: string; readonly callId: string };

/** Which of these calls wait for a fact that decides about their mail. */
async function selectWaiting(db: Kysely<unknown>, calls: readonly CallKey[]): Promise<readonly CallKey[]> {
  if (calls.length === 0) return [];
  const { rows } = await sql<{ tenant_id: string; call_id: string }>`
    select w.tenant_id, w.call_id from reactions.waiting_calls w
    join json_to_recordset(${asRows(calls)}::json) as c(tenant_id text, call_id text)
      on w.tenant_id = c.tenant_id and w.call_id = c.call_id`.execute(db);
  return rows.map(({ tenant_id, call_id }) => ({ tenantId: tenant_id, callId: call_id }));
}

/** Saves the waiting calls and the checkpoint in one transaction, after the jobs of a batch are in the queue. */
async function saveBatch(
  db: Kysely<unknown>,
  batch: {
    readonly origin: string;
    readonly place: Place;
    readonly waiting: readonly CallKey[];
    readonly settled: readonly CallKey[];
    readonly sent: readonly SentMail[];
  },
): Promise<void> {
  const { origin, place, waiting, settled, sent } = batch;
  await db.transaction().execute(async (trx) => {
    if (waiting.length > 0)
      await sql`insert into reactions.waiting_calls (tenant_id, call_id)
        select tenant_id, call_id from json_to_recordset(${asRows(waiting)}::json) as c(tenant_id text, call_id text)
        on conflict do nothing`.execute(trx);
    if (settled.length > 0)
      await sql`delete from reactions.waiting_calls w
        using json_to_recordset(${asRows(settled)}::json) as c(tenant_id text, call_id text)
        where w.tenant_id = c.tenant_id and w.call_id = c.call_id`.execute(trx);
    for (const { origin, tenantId, callId, opening, messageId } of sent)
      await sql`insert into reactions.mails_sent (origin, tenant_id, call_id, opening, message_id)
        values (${origin}, ${tenantId}, ${callId}, ${opening}, ${messageId}) on conflict do nothing`.execute(trx);
    await saveCheckpoint(trx, REACTION, origin, place);
  });
}

/** `origin`: the log that says so. */
type SentMail = MailKey & { readonly origin: string; readonly messageId: string };

function sentMails(events: readonly Recorded[], { id: origin }: StartPosition): readonly SentMail[] {
  return events.flatMap((recorded) => {
    const data = TicketMailSent.safeParse(recorded.data).data;
    const tenantId = parseStream(recorded.stream)?.tenantId;
    if (recorded.type !== 'TicketMailSent' || data === undefined || tenantId === undefined) return [];
    const { callId, opening, messageId } = data;
    return [{ origin, tenantId, callId, opening, messageId }];
  });
}

const asRows = (calls: readonly CallKey[]): string =>
  JSON.stringify(calls.map(({ tenantId, callId }) => ({ tenant_id: tenantId, call_id: callId })));

/** What this log had said of these calls' mails, whether or not it still does: message ids by `mailName`. */
async function selectSent(
  db: Kysely<unknown>,
  calls: readonly CallKey[],
  { id: origin }: StartPosition,
): Promise<ReadonlyMap<string, string>> {
  if (calls.length === 0) return new Map();
  const { rows } = await sql<{ tenant_id: string; call_id: string; opening: number; message_id: string }>`
    select m.tenant_id, m.call_id, m.opening, m.message_id from reactions.mails_sent m
    join json_to_recordset(${asRows(calls)}::json) as c(tenant_id text, call_id text)
      on m.tenant_id = c.tenant_id and m.call_id = c.call_id where m.origin = ${origin}`.execute(db);
  return new Map(
    rows.map(({ tenant_id, call_id, opening, message_id }) => [
      mailName({ tenantId: tenant_id, callId: call_id, opening }),
      message_id,
    ]),
  );
}

const mailName = ({ tenantId, callId, opening }: MailKey) => `${tenantId}.${opening}.${callId}`;

/** For a mail that went out before the log was restored to a state that does not know of it. */
async function recordSentBefore({ log, now, logger }: FollowOptions, key: MailKey, messageId: string): Promise<void> {
  const { tenantId, callId, opening } = key;
  const data = { callId, opening, messageId };
  await appendMailFact(log, key, now(), ({ settled }) =>
    settled === undefined ? { type: 'TicketMailSent', data } : undefined,
  );
  logger.warn({ tenantId, ticketId: ticketIdOf(callId), opening }, 'ticket_mail_sent_before_restore');
}

type FollowOptions = {
  readonly log: EventLog;
  readonly db: Kysely<unknown>;
  readonly queue: Pick<MailQueue, 'put' | 'removeDeadLetter'>;
  readonly start: StartPosition;
  readonly origin: string;
  readonly waitMs: number;
  readonly now: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly position: bigint | undefined; readonly caughtUp: boolean }) => void;
  /** Called for a ticket with a broken fact: it gets no mail until it is redriven. */
  readonly onUnreadable: () => void;
};

/** So that facts that arrive meanwhile share a transaction: no mail is that urgent. */
const REST_MS = 100;

/** Reads the log and queues the mails that are due. Ends with the signal; throws when a store is away. */
export async function follow(options: FollowOptions): Promise<void> {
  const { log, start, signal, logger, onProgress } = options;
  const kept = await loadPlace(options);
  const after = kept?.position ?? start.after;
  onProgress({ position: after, caughtUp: false });
  const batches = log.subscribe({
    prefixes: [prefixOf('call'), prefixOf('ticket')],
    ...{ after, place: kept?.place },
    maxBatch: 1000,
    signal,
    onBreak: (error, retryInMs) =>
      logger.warn({ error: safeErrorMessage(error), retryInMs }, 'ticket_mail_subscription_broken'),
  });
  for await (const { events, caughtUp } of batches) {
    const last = events.at(-1);
    if (last) await queueDueMails(options, events, last);
    onProgress({ position: last?.position, caughtUp });
    if (caughtUp) await pause(REST_MS, signal);
  }
}

/** Puts the jobs first and saves the checkpoint after them, so that a crash in between repeats jobs and loses none. */
async function queueDueMails(options: FollowOptions, events: readonly Recorded[], place: Place): Promise<void> {
  const { db, origin } = options;
  const calls = await affectedCalls(db, events);
  const sent = await selectSent(db, calls, options.start);
  const waiting: CallKey[] = [];
  const settled: CallKey[] = [];
  for (const piece of pieces(calls, READERS)) {
    const waits = await Promise.all(piece.map((call) => queueMailsOf(options, call, sent)));
    for (const [i, call] of piece.entries()) (waits[i] ? waiting : settled).push(call);
  }
  await saveBatch(db, { origin, place, waiting, settled, sent: sentMails(events, options.start) });
}

/** How many tickets are read at once. */
const READERS = 8;

type AffectedCall = CallKey & { readonly redriven: boolean };

/** Calls in a batch that may need a mail; others are skipped without a read. */
async function affectedCalls(db: Kysely<unknown>, events: readonly Recorded[]): Promise<readonly AffectedCall[]> {
  const found = new Map<string, AffectedCall>();
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
      if (mayNeedStaff(recorded)) found.set(key, { tenantId, callId: id, redriven });
      else others.set(key, { tenantId, callId: id });
    }
  }
  const unseen = [...others].filter(([key]) => !found.has(key)).map(([, call]) => call);
  const waiting = await selectWaiting(db, unseen);
  return [...found.values(), ...waiting.map((call) => ({ ...call, redriven: false }))];
}

function mayNeedStaff(recorded: Recorded): boolean {
  try {
    const fact = decode(recorded);
    if (fact === undefined || !('callId' in fact.data)) return false;
    if ('personalParts' in fact.data) return true; // its fields come with its text
    return needsShownBy(fact as CallFact).some((need) => need !== 'not_required');
  } catch {
    return true; // logged when the ticket is read
  }
}

/** Queues what is due for a call; true when facts that are still to come decide about a mail of it. */
async function queueMailsOf(
  options: FollowOptions,
  call: AffectedCall,
  sent: ReadonlyMap<string, string>,
): Promise<boolean> {
  const { log, queue, now, waitMs, start, logger } = options;
  const { tenantId, callId, redriven } = call;
  const due = await readTicketFacts(log, tenantId, callId)
    .then((facts) => dueMailsOf(facts, { startAfter: start.after, waitMs }))
    .catch((error: unknown) => {
      if (error instanceof EventStoreUnavailable) throw error;
      if (error instanceof StreamDeleted) return undefined; // its data was erased
      logger.error({ tenantId, callId, error: safeErrorMessage(error) }, 'ticket_mail_unreadable');
      options.onUnreadable();
      return undefined;
    });
  if (!due) return false;
  const open = due.mails.filter(isOpen);
  for (const { opening, dueAt } of open) {
    const key = { tenantId, callId, opening };
    const messageId = sent.get(mailName(key));
    if (messageId !== undefined) {
      await recordSentBefore(options, key, messageId);
      continue;
    }
    if (redriven) await queue.removeDeadLetter(key);
    await queue.put(key, dueAt - now());
  }
  return due.waiting || open.some(({ dueAt }) => dueAt > now());
}

function* pieces<T>(all: readonly T[], size: number): Iterable<readonly T[]> {
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size);
}
