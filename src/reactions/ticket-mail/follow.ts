import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import { decode } from '../../events/codec.ts';
import { type EventLog, EventStoreUnavailable, StreamDeleted } from '../../events/event-log.ts';
import type { Place, Recorded } from '../../events/recorded.ts';
import { parseStream, prefixOf } from '../../events/streams.ts';
import { callIdOfTicket, ticketIdOf } from '../../events/ticket-facts.ts';
import { pause } from '../../events/waiting.ts';
import type { CallFact } from '../../model/call-fact.ts';
import { needsShownBy } from '../../model/ticket-call.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { loadCheckpoint, type StartPosition } from '../reaction.ts';
import { type CallKey, saveBatch, selectSent, selectWaiting, sentMails } from './bookkeeping.ts';
import { dueMailsOf, isOpen } from './due.ts';
import { appendMailFact, type MailKey, mailName, readTicketFacts } from './mail-record.ts';
import type { MailQueue } from './queue.ts';

type FollowOptions = {
  readonly log: EventLog;
  readonly db: Kysely<unknown>;
  readonly queue: Pick<MailQueue, 'put' | 'removeDeadLetter'>;
  readonly start: StartPosition;
  /** The log and the queue that the jobs so far went into. */
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
  const kept = await loadCheckpoint(options, 'ticket-mail', options.origin);
  if (!kept) await sql`truncate reactions.waiting_calls`.execute(options.db);
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
  const { db, origin, start } = options;
  const calls = await affectedCalls(db, events);
  const sent = await selectSent(db, calls, start.id);
  const waiting: CallKey[] = [];
  const settled: CallKey[] = [];
  for (const piece of pieces(calls, READERS)) {
    const waits = await Promise.all(piece.map((call) => queueMailsOf(options, call, sent)));
    for (const [i, call] of piece.entries()) (waits[i] ? waiting : settled).push(call);
  }
  await saveBatch(db, { origin, place, waiting, settled, sent: sentMails(events, start.id) });
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

/** For a mail that went out before the log was restored to a state that does not know of it. */
async function recordSentBefore({ log, now, logger }: FollowOptions, key: MailKey, messageId: string): Promise<void> {
  const { tenantId, callId, opening } = key;
  const data = { callId, opening, messageId };
  await appendMailFact(log, key, now(), ({ settled }) =>
    settled === undefined ? { type: 'TicketMailSent', data } : undefined,
  );
  logger.warn({ tenantId, ticketId: ticketIdOf(callId), opening }, 'ticket_mail_sent_before_restore');
}

function* pieces<T>(all: readonly T[], size: number): Iterable<readonly T[]> {
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size);
}
