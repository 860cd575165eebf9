import type { Logger } from 'pino';
import { UnrecordableEvent } from '../../events/codec.ts';
import { type EventLog, StreamDeleted } from '../../events/event-log.ts';
import { type MailObstacle, type TicketEvent, ticketIdOf } from '../../events/ticket-facts.ts';
import { pause } from '../../events/waiting.ts';
import { safeErrorMessage } from '../../postgres/errors.ts';
import { among, appendMailFact, type MailKey, type MailRecord, recipientId } from './mail-record.ts';
import type { JobResult } from './queue.ts';

export type Recording = {
  readonly log: EventLog;
  /** How long a mail is tried as long as it is not refused for good. */
  readonly giveUpAfterMs: number;
  readonly now: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onOutcome: (counter: 'sent' | 'failed' | 'notSent' | 'postponed') => void;
};

/** A mail that some have not got yet. */
export type OpenMail = {
  readonly key: MailKey;
  /** Of its job. */
  readonly createdAt: number;
  readonly record: MailRecord;
  readonly recipients: readonly string[];
  /** Those of them who neither have it nor were refused. */
  readonly open: readonly string[];
  readonly messageId: string;
};

export const DONE: JobResult = { word: 'done' };

export const idOf = ({ callId, opening }: MailKey) => ({ callId, opening });
export const idsOf = ({ tenantId, callId, opening }: MailKey) => ({ tenantId, ticketId: ticketIdOf(callId), opening });

/** All recipients have it, but for those refused for good, before or now. */
export async function recordSent(
  options: Recording,
  { key, record, recipients, open, messageId }: OpenMail,
  refusedNow: readonly string[] = [],
): Promise<JobResult> {
  const refused = (record.refused?.length ?? 0) + among(open, refusedNow).length;
  const data = { ...idOf(key), messageId, ...(refused > 0 && { refused }) };
  await recordSurely(options, key, ({ settled }) =>
    settled === 'sent' ? undefined : { type: 'TicketMailSent', data },
  );
  options.onOutcome('sent');
  const counts = { recipients: recipients.length, refusedRecipients: refused };
  options.logger.info({ ...idsOf(key), ...counts }, 'ticket_mail_sent');
  return DONE;
}

type Answers = { readonly refused: readonly string[]; readonly later: readonly string[]; readonly reason?: string };

/** Some have it by now, and others are refused only for now. */
export async function recordPartlySent(
  options: Recording,
  { key, open, messageId }: OpenMail,
  answers: Answers,
): Promise<void> {
  const idsAmong = (some: readonly string[]) => some.map((address) => recipientId(key, address));
  const [refusedNow, later] = [among(open, answers.refused), among(open, answers.later)];
  const accepted = idsAmong(open.filter((address) => !refusedNow.includes(address) && !later.includes(address)));
  const data = { ...idOf(key), messageId, accepted, refused: idsAmong(refusedNow) };
  await recordSurely(options, key, ({ settled, accepted: before = [] }) =>
    settled === 'sent' || accepted.every((id) => before.includes(id))
      ? undefined
      : { type: 'TicketMailPartlySent', data },
  );
  options.onOutcome('postponed');
  const about = { recipients: later.length, reason: answers.reason };
  options.logger.warn({ ...idsOf(key), ...about }, 'ticket_mail_partly_sent');
}

/** Retries for as long as the process lives: a mail that was sent but not recorded would be sent again. */
async function recordSurely(
  { log, now, signal, logger }: Recording,
  key: MailKey,
  decide: (record: MailRecord) => TicketEvent | undefined,
): Promise<void> {
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

export async function recordNotSent(options: Recording, key: MailKey, reason: MailObstacle): Promise<JobResult> {
  if (await recordUnlessSettled(options, key, { type: 'TicketMailNotSent', data: { ...idOf(key), reason } })) {
    options.onOutcome('notSent');
    options.logger.info({ ...idsOf(key), reason }, 'ticket_mail_not_sent');
  }
  return DONE;
}

export async function giveUp(options: Recording, key: MailKey, reason: string): Promise<JobResult> {
  if (await recordUnlessSettled(options, key, { type: 'TicketMailFailed', data: { ...idOf(key), reason } })) {
    options.onOutcome('failed');
    options.logger.error({ ...idsOf(key), reason }, 'ticket_mail_failed');
  }
  return { word: 'dead', reason };
}

const recordUnlessSettled = ({ log, now }: Recording, key: MailKey, event: TicketEvent): Promise<boolean> =>
  appendMailFact<never>(log, key, now(), ({ settled }) => (settled === undefined ? event : undefined));

export async function giveUpOrRetry(options: Recording, mail: OpenMail, reason: string): Promise<JobResult> {
  const { now, giveUpAfterMs, onOutcome, logger } = options;
  if (now() - mail.createdAt >= giveUpAfterMs) return giveUp(options, mail.key, `given_up_${reason}`);
  onOutcome('postponed');
  logger.warn({ ...idsOf(mail.key), reason }, 'ticket_mail_later');
  return { word: 'retry', reason };
}
