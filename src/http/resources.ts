import { z } from '@hono/zod-openapi';
import { appointmentStatuses } from '../events/appointment-facts.ts';
import { directions } from '../events/call-facts.ts';
import { ticketStatuses } from '../events/ticket-facts.ts';
import { ticketDirections } from '../model/call-fact.ts';
import { type Outcome, outcomes as weakestFirst } from '../model/outcome.ts';
import { appointmentReasons, callReasons, mailReasons, ticketReasons } from '../model/reasons.ts';
import { mailStates } from '../model/ticket.ts';

// The resources as every route shows them: queries, commands, and the live feed.

/** A time as this API writes all of them. */
export const instant = z.iso.datetime({ precision: 3 });

/** One of these words, and of those that a later release adds. Each has its sentence in docs/words.md. */
export const word = (words: Readonly<Record<string, string>>, description: string) =>
  z.string().openapi({ enum: Object.keys(words), description: `${description} Explained in docs/words.md; ${OPEN}` });
const OPEN = 'new words may come, so take one that is not listed as a word and no error.';

/** Strongest first (docs/rules.md, "Outcome of a call"). */
export const outcomes = weakestFirst.toReversed() as [Outcome, ...Outcome[]];

const lastEventAt = instant.openapi({ description: 'When the latest fact about it took place.' });

/** Of what is shown without its person. */
export const erased = z
  .literal(true)
  .optional()
  .openapi({ description: 'The person is erased: what identified them is absent, and stays so.' });

const Analysis = z
  .object({
    summary: z.string().optional(),
    sentiment: z.string().optional(),
    successful: z.boolean().optional(),
    inVoicemail: z.boolean().optional(),
    custom: z
      .record(z.string(), z.unknown())
      .openapi({ type: 'object', description: 'The fields that the agent was told to fill in.' }),
  })
  .openapi('CallAnalysis');

/** docs/rules.md, "API shapes". What is not known is absent. */
export const CallSession = z
  .object({
    id: z.string().openapi({ description: 'The call session id; `call:<Retell call id>` for a call without one.' }),
    tenantId: z.string(),
    appointmentId: z.string().optional().openapi({ description: 'The appointment that the call is about.' }),
    contactId: z
      .string()
      .optional()
      .openapi({ description: 'The id of the person in your own system, as the call named it.' }),
    ticketId: z.string().optional().openapi({ description: 'The ticket that the call made.' }),
    retellCallId: z.string().optional().openapi({ description: 'The latest started of `retellCallIds`.' }),
    retellCallIds: z.array(z.string()),
    matchedByPhoneNumber: z
      .array(z.string())
      .optional()
      .openapi({
        description:
          'Those of `retellCallIds` that named no session when they were first heard of, and were linked by their ' +
          'phone number to the only request that waited for a call to it; also where a later fact has confirmed it.',
      }),
    createdAt: instant.openapi({ description: 'When the first fact was recorded; never changes.' }),
    tenantMismatch: z
      .literal(true)
      .optional()
      .openapi({ description: 'A call named another tenant; its correlation ids were ignored.' }),
    direction: z.enum(directions).optional().openapi({ description: 'Absent as long as no fact has told.' }),
    status: z.enum(outcomes).openapi({ description: 'The strongest outcome of all calls of the session.' }),
    statusReason: word(callReasons, 'Why; also a disconnection reason that Retell has had only since.'),
    agentId: z.string().optional().openapi({ description: "Retell's id of the agent." }),
    agentName: z.string().optional(),
    fromNumber: z.string().optional().openapi({ description: 'As Retell gave it.' }),
    toNumber: z.string().optional().openapi({ description: 'As Retell gave it.' }),
    customerPhone: z
      .string()
      .optional()
      .openapi({ description: 'The number of the other side, in E.164; absent where it is withheld or no number.' }),
    startedAt: instant.optional(),
    endedAt: instant.optional(),
    durationMs: z.number().optional().openapi({ description: 'Of the call, in milliseconds, as Retell says.' }),
    disconnectionReason: z.string().optional().openapi({ description: "Retell's word; an open list." }),
    transferred: z.boolean().openapi({ description: 'Whether the caller was put through to a person.' }),
    analysis: Analysis.optional(),
    transcript: z.string().optional().openapi({ description: 'In lists only where `fields` names it.' }),
    recordingUrl: z.string().optional().openapi({ description: 'Where Retell keeps the recording.' }),
    archived: z.boolean().openapi({ description: 'Left out of lists, unless they ask for it.' }),
    requestedAt: instant
      .optional()
      .openapi({ description: 'When the call was requested here; absent for calls placed elsewhere.' }),
    lastEventAt,
    revision: z.int().openapi({ description: 'Grows with every fact of the session.' }),
    erased,
  })
  .openapi('CallSession');
export type CallSession = z.infer<typeof CallSession>;

const DecidedBy = z
  .object({
    kind: z.enum(['call', 'staff']),
    callId: z.string().optional().openapi({ description: "Retell's id of the call." }),
    sessionId: z.string().optional().openapi({ description: "The call's session." }),
    keyId: z.string().optional().openapi({
      description: 'The API key with which staff decided; absent where an earlier release did not record it.',
    }),
    at: instant.openapi({ description: 'When the call took place, or when staff said so: the latest decides.' }),
  })
  .openapi('DecidedBy');

/** Of the appointment and of the feed's event about one. */
export const decision = {
  decidedByCallId: z.string().optional().openapi({ description: "Retell's id of the call that decided the status." }),
  decidedBy: DecidedBy.optional().openapi({
    description: 'Who decided the status: a call, or staff. Absent: nobody yet.',
  }),
  statusReason: word(
    appointmentReasons,
    "The field of the call's analysis that decided the status; `staff`. Absent: nobody has decided yet.",
  ).optional(),
};

/** docs/rules.md, "API shapes". What is not known is absent. */
export const Appointment = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    status: z.enum(appointmentStatuses),
    startsAt: instant.optional().openapi({ description: 'When it is, as far as is known.' }),
    rescheduleText: z.string().optional().openapi({ description: 'A new time that was said in words; never guessed.' }),
    cancellationReason: z.string().optional(),
    needsReview: z.boolean().openapi({ description: 'Something was said that a person has to read.' }),
    ...decision,
    notes: z
      .array(z.object({ text: z.string(), at: instant }))
      .openapi({ description: 'What staff wrote, oldest first.' }),
    lastEventAt,
    erased,
  })
  .openapi('Appointment');
export type Appointment = z.infer<typeof Appointment>;

/** docs/rules.md, "API shapes". What is not known is absent, but for `actionRequired`, whose null is an answer. */
export const Ticket = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    callId: z.string().openapi({ description: "Retell's call id." }),
    sessionId: z.string().openapi({ description: "The call's session." }),
    direction: z.enum(ticketDirections).optional(),
    status: z.enum(ticketStatuses),
    active: z.boolean().openapi({ description: 'Whether something is left to be done.' }),
    actionRequired: z
      .boolean()
      .nullable()
      .openapi({ description: 'What the analysis says; null: nothing that is understood.' }),
    transferred: z.boolean(),
    customerId: z.string().optional().openapi({ description: 'Absent where no usable number is known.' }),
    statusReason: word(ticketReasons, 'Why it has this status.'),
    setBy: z
      .enum(['rule', 'staff'])
      .openapi({ description: 'Who set the status: the rules, from what calls say, or staff.' }),
    mail: z.enum(mailStates).openapi({ description: 'What became of its mail; `none`: none is due.' }),
    mailReason: word(mailReasons, 'Why it was not sent, or not to all.').optional(),
    createdAt: instant.openapi({ description: 'When the first fact was recorded; never changes.' }),
    lastEventAt,
    erased,
  })
  .openapi('Ticket');
export type Ticket = z.infer<typeof Ticket>;
