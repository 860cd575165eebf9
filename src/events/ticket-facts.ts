import { z } from 'zod';

export const ticketStatuses = ['new', 'qualified', 'contacted', 'resolved', 'closed'] as const;
export type TicketStatus = (typeof ticketStatuses)[number];

/** Why a mail that was due could not be sent at all (docs/rules.md, "Tickets, customers, mail"). */
export const mailObstacles = ['disabled', 'no_recipients', 'no_smtp'] as const;
export type MailObstacle = (typeof mailObstacles)[number];

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

/** What an inbound ticket becomes when nobody knows whether something is to be done; the tenant's own words win. */
export const Qualification = z
  .object({
    qualified: z.enum(ticketStatuses),
    successful: z.enum(ticketStatuses),
    conversation: z.enum(ticketStatuses),
    unanswered: z.enum(ticketStatuses),
  })
  .partial();
export type Qualification = z.infer<typeof Qualification>;

/** By staff. */
const TicketStatusSet = z.object({
  callId: z.string(),
  status: z.enum(ticketStatuses),
  note: z.string().optional(),
  /** Whoever said it: the id of the API key. */
  by: z.string().optional(),
});

/**
 * Somebody is about to send: until the lease ends nobody else may (B8). The log's optimistic append is the lock, so
 * it holds for two processes, and with Postgres lost.
 */
const TicketMailClaimed = z.object({
  callId: z.string(),
  opening: z.number().int(),
  by: z.string(),
  until: z.iso.datetime(),
});

/** `opening` counts the times that the rules opened the ticket, from 1: at most one mail each (B8). */
const TicketMailSent = z.object({
  callId: z.string(),
  opening: z.number().int(),
  messageId: z.string(),
  /** How many of its recipients were refused for good; absent: none. */
  refused: z.number().int().positive().optional(),
});
/**
 * Some recipients have it, or were refused for good; the others are still to get it. By their ids, which are digests of
 * mail and address: who has it must not be written to again.
 */
const TicketMailPartlySent = z.object({
  callId: z.string(),
  opening: z.number().int(),
  messageId: z.string(),
  accepted: z.array(z.string()),
  refused: z.array(z.string()),
});
/** Given up; a redrive may still send it. */
const TicketMailFailed = z.object({ callId: z.string(), opening: z.number().int(), reason: z.string() });
const TicketMailNotSent = z.object({ callId: z.string(), opening: z.number().int(), reason: z.enum(mailObstacles) });
/** An operator wants what was given up, or could not be sent, to be tried once more; it is queued again. */
const TicketMailRedriven = z.object({ callId: z.string(), opening: z.number().int() });

export const ticketEventSchemas = {
  TicketStatusSet,
  TicketMailClaimed,
  TicketMailSent,
  TicketMailPartlySent,
  TicketMailFailed,
  TicketMailNotSent,
  TicketMailRedriven,
} as const;

// End of the stored format.

export type TicketEventType = keyof typeof ticketEventSchemas;
export type TicketEvent = {
  readonly [T in TicketEventType]: { readonly type: T; readonly data: z.infer<(typeof ticketEventSchemas)[T]> };
}[TicketEventType];

/** A ticket is about one call, and its id says which (B2); the way back needs no look-up. STORED FORMAT as well. */
export const ticketIdOf = (callId: string): string => `tkt_${callId}`;
export const callIdOfTicket = (ticketId: string): string | undefined =>
  ticketId.startsWith('tkt_') && ticketId.length > 4 ? ticketId.slice(4) : undefined;
