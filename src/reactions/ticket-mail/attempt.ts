import { UnrecordableEvent } from '../../events/codec.ts';
import { EventStoreUnavailable, StreamDeleted } from '../../events/event-log.ts';
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
  mailName,
  openRecipients,
  readTicketFacts,
  validRecipients,
} from './mail-record.ts';
import type { HandleJob, JobResult } from './queue.ts';
import {
  DONE,
  giveUp,
  giveUpOrRetry,
  idOf,
  idsOf,
  type OpenMail,
  type Recording,
  recordNotSent,
  recordPartlySent,
  recordSent,
} from './record-outcome.ts';
import { renderTicketMail } from './render.ts';
import { type Delivery, deliver, type Message, messageIdOf, messageOf, openLine, type SmtpTimes } from './smtp.ts';

export type AttemptOptions = DueOptions &
  Recording & {
    readonly tenants: TenantDirectory;
    /** Absent: mails are recorded as not sent. */
    readonly smtpUrl: string | undefined;
    readonly from: string;
    /** Names this process in the claims of mails. */
    readonly me: string;
    /** Mails that this process is sending, by `mailName`: a claim keeps only other processes away. */
    readonly underWay: Set<string>;
    readonly times: SmtpTimes;
    /** When to try the recipients again that a server refused for now while it accepted others. */
    readonly othersAfterMs: number;
    /** Schedules another attempt. */
    readonly again: (key: MailKey, inMs: number) => Promise<void>;
  };

type Job = Parameters<HandleJob>[1];

/** One attempt at a mail: claim, send, record. The claim is appended at the revision just read, so one process gets it. */
export async function attemptMail(options: AttemptOptions, key: MailKey, job: Job): Promise<JobResult> {
  const { underWay, logger } = options;
  const name = mailName(key);
  if (underWay.has(name)) return { word: 'retry', reason: 'under_way' };
  underWay.add(name);
  try {
    return await attempt(options, key, job);
  } catch (error) {
    if (error instanceof StreamDeleted) return DONE; // its data was erased
    if (error instanceof UnrecordableEvent) {
      logger.error({ ...idsOf(key), error: error.message }, 'ticket_mail_unrecordable');
      return { word: 'dead', reason: 'unrecordable' };
    }
    // The event store is away, or a fact is unreadable: the mail may succeed later.
    logger.warn({ ...idsOf(key), error: safeErrorMessage(error) }, 'ticket_mail_postponed');
    return { word: 'retry', reason: error instanceof EventStoreUnavailable ? 'event_store' : 'unexpected' };
  } finally {
    underWay.delete(name);
  }
}

async function attempt(options: AttemptOptions, key: MailKey, { createdAt }: Job): Promise<JobResult> {
  const { log, tenants, now, smtpUrl, from } = options;
  const facts = await readTicketFacts(log, key.tenantId, key.callId);
  const due = dueMailsOf(facts, options).mails.find(({ opening }) => opening === key.opening);
  // One that is not due yet is queued again by the fact that makes it due.
  if (due?.dueAt === undefined || due.record.settled !== undefined) return DONE;
  if (due.dueAt > now()) return putOff(options, key, due.dueAt - now());
  if (!tenants.ready()) return { word: 'retry', reason: 'tenants_unknown' };

  const { record } = due;
  const settings = tenants.get(key.tenantId)?.settings;
  const enabled = settings?.mail?.enabled === true;
  const recipients = validRecipients(settings?.mail?.recipients ?? []);
  const open = enabled ? openRecipients(key, record, recipients) : [];
  const mail: OpenMail = { key, createdAt, record, recipients, open, messageId: messageIdOf(key, from) };
  // Some have it, and no further recipient is left.
  if (record.accepted && open.length === 0) return recordSent(options, mail);
  // The first obstacle counts (docs/rules.md, "Tickets, customers, mail").
  const obstacle = !enabled ? 'disabled' : recipients.length === 0 ? 'no_recipients' : undefined;
  if (obstacle !== undefined || smtpUrl === undefined) return recordNotSent(options, key, obstacle ?? 'no_smtp');
  const claimed = foreignClaim(record.claim, options);
  if (claimed !== undefined) return putOff(options, key, claimed - now());

  const content = contentOf(facts, { name: settings?.name ?? key.tenantId, timeZone: settings?.timeZone })!;
  const envelope = { from, to: recipients, now: open, messageId: mail.messageId, at: now() };
  return send(options, smtpUrl, mail, messageOf(renderTicketMail(content), envelope));
}

async function putOff({ again }: AttemptOptions, key: MailKey, inMs: number): Promise<JobResult> {
  await again(key, inMs);
  return DONE;
}

/** Claims, sends and records. The line is open before the claim: a server that is down leaves no claims in the log. */
async function send(options: AttemptOptions, smtpUrl: string, mail: OpenMail, message: Message): Promise<JobResult> {
  const { log, times } = options;
  const line = await openLine(smtpUrl, times);
  if (!('socket' in line)) return giveUpOrRetry(options, mail, line.reason);
  try {
    const claim = (await isErased(log, mail.key)) ? 'settled' : await claimMail(options, mail);
    if (claim !== 'claimed') return { word: 'retry', reason: claim };
    return await afterDelivery(options, mail, await deliver(smtpUrl, line.socket, message, times));
  } finally {
    line.socket.destroySoon();
  }
}

/** Until when another process may be sending. */
const foreignClaim = (claim: MailRecord['claim'], { me, now }: AttemptOptions): number | undefined =>
  claim !== undefined && claim.by !== me && claim.until > now() ? claim.until : undefined;

type Claimed = 'claimed' | 'settled' | 'claimed_elsewhere' | 'partly_sent_elsewhere';

async function claimMail(options: AttemptOptions, { key, record: before }: OpenMail): Promise<Claimed> {
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

/** Records what the server answered, and tries again whom it refused for now. */
async function afterDelivery(options: AttemptOptions, mail: OpenMail, delivery: Delivery): Promise<JobResult> {
  const { key, record, open } = mail;
  if (delivery.word === 'later') return giveUpOrRetry(options, mail, delivery.reason);
  if (delivery.word === 'refused')
    return record.accepted ? recordSent(options, mail, open) : giveUp(options, key, delivery.reason);
  if (among(open, delivery.later).length === 0) return recordSent(options, mail, delivery.refused);
  await recordPartlySent(options, mail, delivery);
  // A new job has fresh back-off, for servers that accept few recipients at a time.
  return putOff(options, key, options.othersAfterMs);
}
