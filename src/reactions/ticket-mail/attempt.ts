import type { Logger } from 'pino';
import { UnrecordableEvent } from '../../events/codec.ts';
import { type EventLog, EventStoreUnavailable, StreamDeleted } from '../../events/event-log.ts';
import { type MailObstacle, type TicketEvent, ticketIdOf } from '../../events/ticket-facts.ts';
import { pause } from '../../events/waiting.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import type { TenantDirectory } from '../../tenants/tenant.ts';
import { contentOf } from './content.ts';
import { type DueOptions, dueMailsOf } from './due.ts';
import {
  among,
  appendMailFact,
  isErased,
  type MailKey,
  type MailRecord,
  openRecipients,
  readTicketFacts,
  recipientId,
  validRecipients,
} from './mail-record.ts';
import type { JobResult } from './queue.ts';
import { renderTicketMail } from './render.ts';
import { deliver, messageIdOf, messageOf, openLine, type SmtpTimes } from './smtp.ts';

export type AttemptOptions = DueOptions & {
  readonly log: EventLog;
  readonly tenants: TenantDirectory;
  /** Absent: mails are recorded as not sent. */
  readonly smtpUrl: string | undefined;
  readonly from: string;
  /** Names this process in the claims of mails. */
  readonly me: string;
  readonly times: SmtpTimes;
  /** How long a mail is tried as long as it is not refused for good. */
  readonly giveUpAfterMs: number;
  /** When to try the recipients again that a server refused for now while it accepted others. */
  readonly othersAfterMs: number;
  readonly now: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** For the counters. */
  readonly onSettled: (word: 'sent' | 'failed' | 'not_sent' | 'later') => void;
  /** Schedules another attempt. */
  readonly again: (key: MailKey, inMs: number) => Promise<void>;
};

/** Mails that this process is sending; a claim only keeps other processes away. */
export type UnderWay = Set<string>;

/** One attempt at a mail: claim, send, record. The claim is appended at the revision just read, so one process gets it. */
export async function attemptMail(
  options: AttemptOptions,
  underWay: UnderWay,
  key: MailKey,
  job: { readonly createdAt: number },
): Promise<JobResult> {
  const name = `${key.tenantId}.${key.opening}.${key.callId}`;
  if (underWay.has(name)) return { word: 'retry', reason: 'under_way' };
  underWay.add(name);
  try {
    return await attempt(options, key, job);
  } catch (error) {
    if (error instanceof StreamDeleted) return { word: 'done' }; // its data was erased
    if (error instanceof UnrecordableEvent) {
      options.logger.error({ ...idsOf(key), error: error.message }, 'ticket_mail_unrecordable');
      return { word: 'dead', reason: 'unrecordable' };
    }
    // The event store is away, or a fact is unreadable: the mail may succeed later.
    options.logger.warn({ ...idsOf(key), error: safeErrorMessage(error) }, 'ticket_mail_postponed');
    return { word: 'retry', reason: error instanceof EventStoreUnavailable ? 'event_store' : 'unexpected' };
  } finally {
    underWay.delete(name);
  }
}

async function attempt(options: AttemptOptions, key: MailKey, job: { readonly createdAt: number }): Promise<JobResult> {
  const { log, tenants, now, again, smtpUrl, times, onSettled } = options;
  const facts = await readTicketFacts(log, key.tenantId, key.callId);
  const due = dueMailsOf(facts, options).mails.find(({ opening }) => opening === key.opening);
  // One that is not due yet is queued again by the fact that makes it due.
  if (due?.dueAt === undefined || due.record.settled !== undefined) return { word: 'done' };
  if (due.dueAt > now()) {
    await again(key, due.dueAt - now());
    return { word: 'done' };
  }
  if (!tenants.ready()) return { word: 'retry', reason: 'tenants_unknown' };
  const { record } = due;
  const settings = tenants.get(key.tenantId)?.settings;
  const enabled = settings?.mail?.enabled === true;
  const recipients = validRecipients(settings?.mail?.recipients ?? []);
  const open = enabled ? openRecipients(key, record, recipients) : [];
  const messageId = messageIdOf(key, options.from);
  const refusedBefore = record.refused?.length ?? 0;
  // Some have it, and no further recipient is left.
  if (record.accepted && open.length === 0) {
    await recordSent(options, key, messageId, { recipients: recipients.length, refused: refusedBefore });
    return { word: 'done' };
  }
  const obstacle = obstacleOf(enabled, recipients, smtpUrl);
  if (obstacle !== undefined || smtpUrl === undefined) {
    await recordUnsent(options, key, {
      type: 'TicketMailNotSent',
      data: { ...idOf(key), reason: obstacle ?? 'no_smtp' },
    });
    return { word: 'done' };
  }
  const foreign = foreignClaim(record.claim, options);
  if (foreign !== undefined) {
    await again(key, foreign - now());
    return { word: 'done' };
  }
  const content = contentOf(facts, { name: settings?.name ?? key.tenantId, timeZone: settings?.timeZone })!;
  const envelope = { from: options.from, to: recipients, now: open, messageId, at: now() };
  const message = messageOf(renderTicketMail(content), envelope);
  const line = await openLine(smtpUrl, times);
  if (!('socket' in line)) return giveUpOrRetry(options, key, job, line.reason);
  try {
    const claim = (await isErased(log, key)) ? 'settled' : await claimMail(options, key, record);
    if (claim !== 'claimed') return { word: 'retry', reason: claim };
    const delivery = await deliver(smtpUrl, line.socket, message, times);
    if (delivery.word === 'later') return await giveUpOrRetry(options, key, job, delivery.reason);
    if (delivery.word === 'refused' && !record.accepted) return await giveUp(options, key, delivery.reason);
    const refused = delivery.word === 'refused' ? open : among(open, delivery.refused);
    const later = delivery.word === 'refused' ? [] : among(open, delivery.later);
    if (later.length === 0) {
      const counts = { recipients: recipients.length, refused: refusedBefore + refused.length };
      await recordSent(options, key, messageId, counts);
      return { word: 'done' };
    }
    const accepted = open.filter((address) => !refused.includes(address) && !later.includes(address));
    await recordPartlySent(options, key, { messageId, accepted, refused });
    // A new job has fresh back-off, for servers that accept few recipients at a time.
    await again(key, options.othersAfterMs);
    onSettled('later');
    const { reason } = delivery;
    options.logger.warn({ ...idsOf(key), recipients: later.length, reason }, 'ticket_mail_partly_sent');
    return { word: 'done' };
  } finally {
    line.socket.destroySoon();
  }
}

const idOf = ({ callId, opening }: MailKey) => ({ callId, opening });
const idsOf = ({ tenantId, callId, opening }: MailKey) => ({ tenantId, ticketId: ticketIdOf(callId), opening });

/** The first one counts (docs/rules.md, "Tickets, customers, mail"). */
const obstacleOf = (enabled: boolean, recipients: readonly string[], smtpUrl?: string): MailObstacle | undefined =>
  !enabled ? 'disabled' : recipients.length === 0 ? 'no_recipients' : smtpUrl === undefined ? 'no_smtp' : undefined;

/** Until when another process may be sending. */
const foreignClaim = (
  claim: { readonly by: string; readonly until: number } | undefined,
  { me, now }: AttemptOptions,
): number | undefined => (claim !== undefined && claim.by !== me && claim.until > now() ? claim.until : undefined);

type Claimed = 'claimed' | 'settled' | 'claimed_elsewhere' | 'partly_sent_elsewhere';

async function claimMail(options: AttemptOptions, key: MailKey, before: MailRecord): Promise<Claimed> {
  const { log, me, now, times } = options;
  const until = now() + times.totalMs + times.leaseMarginMs;
  const result = await appendMailFact<Claimed>(log, key, now(), ({ settled, claim, accepted }) => {
    if (settled !== undefined) return 'settled';
    if (foreignClaim(claim, options) !== undefined) return 'claimed_elsewhere';
    if (accepted?.length !== before.accepted?.length) return 'partly_sent_elsewhere';
    const data = { ...idOf(key), by: me, until: new Date(until).toISOString() };
    return { type: 'TicketMailClaimed', data };
  });
  if (typeof result === 'string') return result;
  // A process that was suspended in between may hold a claim that is about to end.
  return now() < until - times.totalMs ? 'claimed' : 'claimed_elsewhere';
}

/** All recipients have it, but for those refused for good. */
async function recordSent(
  options: AttemptOptions,
  key: MailKey,
  messageId: string,
  { recipients, refused }: { readonly recipients: number; readonly refused: number },
): Promise<void> {
  const data = { ...idOf(key), messageId, ...(refused > 0 && { refused }) };
  await recordDelivery(options, key, ({ settled }) =>
    settled === 'sent' ? undefined : { type: 'TicketMailSent', data },
  );
  options.onSettled('sent');
  options.logger.info({ ...idsOf(key), recipients, refusedRecipients: refused }, 'ticket_mail_sent');
}

type PartlySent = {
  readonly messageId: string;
  readonly accepted: readonly string[];
  readonly refused: readonly string[];
};

async function recordPartlySent(options: AttemptOptions, key: MailKey, sent: PartlySent): Promise<void> {
  const [accepted, refused] = [sent.accepted, sent.refused].map((some) =>
    some.map((address) => recipientId(key, address)),
  ) as [string[], string[]];
  const data = { ...idOf(key), messageId: sent.messageId, accepted, refused };
  await recordDelivery(options, key, ({ settled, accepted: before = [] }) =>
    settled === 'sent' || accepted.every((id) => before.includes(id))
      ? undefined
      : { type: 'TicketMailPartlySent', data },
  );
}

/** Retries for as long as the process lives: a mail that was sent but not recorded would be sent again. */
async function recordDelivery(
  options: AttemptOptions,
  key: MailKey,
  decide: (record: MailRecord) => TicketEvent | undefined,
): Promise<void> {
  const { log, now, signal, logger } = options;
  for (let wait = 100; ; wait = Math.min(wait * 2, 2000)) {
    try {
      await appendMailFact(log, key, now(), decide);
      return;
    } catch (error) {
      logger.error({ ...idsOf(key), error: safeErrorMessage(error) }, 'ticket_mail_sent_but_not_recorded');
      if (signal.aborted || error instanceof UnrecordableEvent || error instanceof StreamDeleted) throw error;
      await pause(wait, signal);
    }
  }
}

async function recordUnsent(options: AttemptOptions, key: MailKey, event: TicketEvent): Promise<void> {
  const { log, now, logger, onSettled } = options;
  const reason = 'reason' in event.data ? event.data.reason : undefined;
  const isNew = await appendMailFact(log, key, now(), ({ settled }) => (settled === undefined ? event : undefined));
  if (!isNew) return;
  const word = event.type === 'TicketMailFailed' ? 'failed' : 'not_sent';
  onSettled(word);
  logger[word === 'failed' ? 'error' : 'info']({ ...idsOf(key), reason }, `ticket_mail_${word}`);
}

async function giveUpOrRetry(
  options: AttemptOptions,
  key: MailKey,
  job: { readonly createdAt: number },
  reason: string,
): Promise<JobResult> {
  if (options.now() - job.createdAt >= options.giveUpAfterMs) return giveUp(options, key, `given_up_${reason}`);
  options.onSettled('later');
  options.logger.warn({ ...idsOf(key), reason }, 'ticket_mail_later');
  return { word: 'retry', reason };
}

async function giveUp(options: AttemptOptions, key: MailKey, reason: string): Promise<JobResult> {
  await recordUnsent(options, key, { type: 'TicketMailFailed', data: { ...idOf(key), reason } });
  return { word: 'dead', reason };
}
