import { codes } from '../http/codes.ts';
import { appointmentReasons, callReasons, mailReasons, quarantineReasons, ticketReasons } from '../model/reasons.ts';

/** What became of a webhook, where that is no code of the API. */
const webhooks: Readonly<Record<string, string>> = {
  recorded: 'Recorded.',
  duplicate: 'It had come before.',
  quarantined: 'Signed, but it makes no sense: kept in quarantine.',
  ignored: 'Of a kind that is not kept.',
  sig_mismatch_reserialised:
    'A proxy has written the body anew, which breaks its signature. It must pass bodies on as they are.',
  unknown_path: 'It was posted to a path that does not exist. Correct the webhook URL at Retell.',
  store_unavailable: 'The event store did not confirm in time.',
};

/** A code in plain words where no sentence is known: what is new is shown as it is. */
export const plain = (code: string): string => code.replaceAll('_', ' ');

const labels: Readonly<Record<string, string>> = {
  no_answer: 'No answer',
  not_sent: 'Not sent',
};

/** A status as a label. */
export const label = (code: string): string =>
  labels[code] ?? plain(code).replace(/^./, (first) => first.toUpperCase());

const appointmentStatuses: Readonly<Record<string, string>> = {
  scheduled: 'No call and nobody here has decided anything yet.',
  confirmed: 'It takes place.',
  rescheduled: 'It was moved.',
  cancelled: 'It does not take place.',
};

const mails: Readonly<Record<string, string>> = {
  none: 'No mail is due.',
  queued: 'The mail waits to be sent.',
  sent: 'The mail was sent.',
  failed: 'The mail could not be sent, and was given up.',
  not_sent: 'A mail was due, and was not sent.',
};

const sentences = {
  ...{ call: callReasons, ticket: ticketReasons, appointment: appointmentReasons, mail: mails },
  ...{
    mailReason: mailReasons,
    status: appointmentStatuses,
    webhook: { ...codes, ...webhooks },
    quarantine: quarantineReasons,
  },
} as const;

/** The sentence of a status or a reason. A reason without one is the vendor's own word. */
export const sentence = (of: keyof typeof sentences, code: string): string =>
  (sentences[of] as Readonly<Record<string, string>>)[code]?.replaceAll('`', '') ??
  (of === 'call' ? `The telephone network or Retell says: ${plain(code)}.` : `${plain(code)}.`);

/** What is known of a ticket's mail. */
export const mailSentence = (mail: string, reason?: string): string =>
  reason === undefined ? sentence('mail', mail) : `${sentence('mail', mail)} ${sentence('mailReason', reason)}`;

const facts: Readonly<Record<string, string>> = {
  CallRequested: 'Call asked for',
  CallPlaced: 'Call placed',
  CallStarted: 'Call started',
  CallEnded: 'Call ended',
  CallAnalyzed: 'Analysis came',
  CallLinked: 'Matched by phone number',
};

/** A name of a program in words: `CallEnded` as "Call ended". */
export const spaced = (name: string): string =>
  name.replace(/(?<=[a-z])[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);

export const factName = (type: string): string => facts[type] ?? spaced(type);

const evidence: Readonly<Record<string, string>> = {
  verified: 'The signed bytes are kept, and verify.',
  failed: 'The signed bytes do not verify: something was changed.',
  expired: 'The signed bytes are gone, or their key is.',
  none: 'Nothing was signed: it was said here, or asked of Retell.',
  erased: 'The signed bytes were erased.',
};
export const evidenceSentence = (verdict: string): string => evidence[verdict] ?? plain(verdict);

/** What has a history. */
export type HistoryOf = 'call' | 'appointment' | 'ticket';

const fields: Readonly<Record<string, string>> = {
  statusReason: 'Reason',
  startedAt: 'Started',
  endedAt: 'Ended',
  durationMs: 'Duration',
  fromNumber: 'From',
  toNumber: 'To',
  customerPhone: "Customer's number",
  agentId: 'Agent id',
  agentName: 'Agent',
  contactId: 'Contact',
  appointmentId: 'Appointment',
  ticketId: 'Ticket',
  retellCallId: 'Call id',
  retellCallIds: 'Call ids',
  recordingUrl: 'Recording',
  disconnectionReason: 'Ended because',
  lastEventAt: 'Last heard of',
  requestedAt: 'Asked for',
};

/** A field of the API in words. */
export const fieldName = (field: string, of: HistoryOf): string =>
  (field === 'status' && of === 'call' ? 'Outcome' : fields[field]) ?? label(spaced(field));

/** What was done, by the code in the address that the console leads to afterwards. */
const done: Readonly<Record<string, string>> = {
  archived: 'The call is archived: lists leave it out.',
  unarchived: 'The call is back in the lists.',
  confirmed: 'The appointment is confirmed.',
  moved: 'The appointment has its new time.',
  cancelled: 'The appointment is cancelled.',
  noted: 'The note is recorded.',
  status: 'The ticket has its new status.',
  redriven: 'The mail will be tried again.',
  nothing_to_send: 'There is no mail to send.',
  already_sent: 'The mail was sent before; it is not sent twice.',
  stream_redriven: 'The stream is applied.',
  still_parked: 'It breaks again, and stays parked.',
  requested: 'It is requested, and will be tried as soon as a process leads the projection.',
  recorded: 'It is recorded now, and has left the quarantine.',
  duplicate: 'It was on record already, and has left the quarantine.',
  still_quarantined: 'It still makes no sense, and stays in quarantine.',
  reconciling: 'Retell is being asked.',
  cancelled_operation: 'It is cancelled.',
  revoked: 'The key opens nothing any more.',
  retired: 'The key verifies nothing any more.',
  settings: 'The settings are in force.',
  queued: 'It will be sent in a moment.',
  removed: 'Nothing more is sent there.',
};
export const doneSentence = (code: string | undefined): string | undefined =>
  code === undefined ? undefined : done[code];
