/** Why a webhook was refused, or what became of it. */
const webhooks: Readonly<Record<string, string>> = {
  recorded: 'Recorded.',
  duplicate: 'It had come before.',
  quarantined: 'Signed, but it makes no sense: kept in quarantine.',
  ignored: 'Of a kind that is not kept.',
  sig_missing: 'It carries no signature. Somebody posts here who is not Retell, or a proxy drops the header.',
  sig_malformed: 'Its signature has another form than Retell gives it.',
  sig_stale: 'It was signed over five minutes before or after now: a clock is wrong, or it was held back.',
  sig_mismatch: 'It was signed with another key, or for another tenant. Check the webhook key of the agent at Retell.',
  sig_mismatch_reserialised:
    'A proxy has written the body anew, which breaks its signature. It must pass bodies on as they are.',
  rate_limited: 'Too many of this address could not be verified.',
  body_too_large: 'The body is larger than WEBHOOK_BODY_LIMIT_BYTES.',
  body_too_slow: 'The body did not arrive in time.',
  client_gone: 'The connection ended before the body did.',
  unknown_path: 'It was posted to a path that does not exist. Correct the webhook URL at Retell.',
  store_unavailable: 'The event store did not confirm in time.',
  not_ready: 'The service was starting.',
  stopping: 'The service was stopping.',
  overloaded: 'More came at once than can be recorded in time.',
  too_busy: 'Too many large bodies came at once.',
};

/** Why an authentic delivery is in quarantine. */
const quarantined: Readonly<Record<string, string>> = {
  not_json: 'The body is no JSON.',
  schema_invalid: 'A field that is needed is missing, or is of another type.',
  too_deep: 'It is nested too deeply.',
  too_many_fields: 'It has too many fields.',
  call_id_invalid: 'Its call has no id that can be one.',
  not_a_call: 'It is about a chat, or asks before a call; there is nothing to record.',
  untranslatable: 'This version fails at it. A later one may not.',
  tenant_mismatch: 'Several tenants hold its key, and it names none of them.',
  stream_deleted: 'The record of its call was deleted for good in the event store.',
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

/** Why a call has its outcome: the sentences of `statusReason`. */
const callReasons: Readonly<Record<string, string>> = {
  appointment_confirmed: 'The agent noted that the appointment is confirmed.',
  appointment_rescheduled: 'The agent noted that the appointment was moved.',
  appointment_cancelled: 'The agent noted that the appointment is cancelled.',
  appointment_outcome: 'The agent chose this outcome of the appointment.',
  outcome: 'The agent chose this outcome.',
  voicemail_reached: 'A voicemail answered.',
  machine_detected: 'A machine answered.',
  in_voicemail: 'The call ended in a voicemail.',
  voicemail: 'The agent noted that a voicemail answered.',
  dial_no_answer: 'Nobody picked up.',
  no_answer: 'The agent noted that nobody answered.',
  user_declined: 'The call was declined.',
  ivr_reached: 'A telephone menu answered.',
  inactivity: 'The line stayed silent, and nobody was heard.',
  human_detected: 'No person was on the line.',
  dial_busy: 'The line was busy.',
  busy: 'The agent noted that the line was busy.',
  dial_failed: 'The number could not be dialled.',
  invalid_destination: 'The number does not exist.',
  failed: 'The agent noted that the call failed.',
  undecided: 'The call ended, and nothing says what became of the appointment. Somebody should ask.',
  answered: 'A conversation took place; the call is about no appointment.',
  analysis_missing: 'The call has ended; its analysis has not come yet.',
  in_progress: 'The call is under way.',
  requested: 'The call was asked for, and has not begun.',
};

/** Why a ticket has its status. */
const ticketReasons: Readonly<Record<string, string>> = {
  transferred: 'The caller was transferred to somebody.',
  action_required: 'The agent says that something has to be done.',
  action_not_required: 'The agent says that nothing has to be done.',
  qualified: 'The caller is a good prospect.',
  successful: 'The call did what it was for.',
  conversation: 'A conversation took place; whether something is to be done is not known.',
  unanswered: 'Nobody spoke; somebody may want to call back.',
  in_progress: 'The call is under way.',
  analysis_missing: 'The call has ended; its analysis has not come yet.',
  outbound_default: 'An outbound call that asks for nothing.',
  staff: 'Somebody here has set it.',
};

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

const mailReasons: Readonly<Record<string, string>> = {
  disabled: 'Mails are switched off in the settings of the tenant.',
  no_recipients: 'The tenant has no recipients.',
  no_smtp: 'This installation has no mail server.',
  recipients_refused: 'The mail server refused some of the recipients.',
  erased: 'What it was about has been erased.',
};

const sentences = {
  ...{ call: callReasons, ticket: ticketReasons, appointment: appointmentStatuses, mail: mails },
  ...{ webhook: webhooks, quarantine: quarantined },
} as const;

/** The sentence of a status or a reason. A reason without one is the vendor's own word. */
export const sentence = (of: keyof typeof sentences, code: string): string =>
  (sentences[of] as Readonly<Record<string, string>>)[code] ??
  (of === 'call' ? `The telephone network or Retell says: ${plain(code)}.` : `${plain(code)}.`);

/** What is known of a ticket's mail. */
export const mailSentence = (mail: string, reason?: string): string =>
  reason === undefined
    ? sentence('mail', mail)
    : `${sentence('mail', mail)} ${mailReasons[reason] ?? `${plain(reason)}.`}`;

const facts: Readonly<Record<string, string>> = {
  CallRequested: 'Call asked for',
  CallPlaced: 'Call placed',
  CallStarted: 'Call started',
  CallEnded: 'Call ended',
  CallAnalyzed: 'Analysis came',
  CallLinked: 'Matched by phone number',
};

/** A kind of fact in words: `CallEnded` as "Call ended". */
export const factName = (type: string): string =>
  facts[type] ?? type.replace(/(?<=[a-z])[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);

const evidence: Readonly<Record<string, string>> = {
  verified: 'The signed bytes are kept, and verify.',
  failed: 'The signed bytes do not verify: something was changed.',
  expired: 'The signed bytes are gone, or their key is.',
  none: 'Nothing was signed: it was said here, or asked of Retell.',
  erased: 'The signed bytes were erased.',
};
export const evidenceSentence = (verdict: string): string => evidence[verdict] ?? plain(verdict);

const fields: Readonly<Record<string, string>> = {
  status: 'Outcome',
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
export const fieldName = (field: string): string =>
  fields[field] ??
  plain(field.replace(/(?<=[a-z])[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)).replace(/^./, (first) =>
    first.toUpperCase(),
  );

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
