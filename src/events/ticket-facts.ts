import { z } from 'zod';
import type { EventOf } from './json.ts';

export const ticketStatuses = ['new', 'qualified', 'contacted', 'resolved', 'closed'] as const;
export type TicketStatus = (typeof ticketStatuses)[number];

/** Why a mail that was due could not be sent at all (docs/rules.md, "Tickets, customers, mail"). */
export const mailObstacles = ['disabled', 'no_recipients', 'no_smtp'] as const;
export type MailObstacle = (typeof mailObstacles)[number];

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

/** The status of an inbound ticket when the need for action is unknown; a tenant may override it. */
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
  /** The id of the API key. */
  by: z.string().optional(),
});

/**
 * Claims the sending until the lease ends (B8). The optimistic append is the lock, so it holds for two processes and
 * without Postgres.
 */
const TicketMailClaimed = z.object({
  callId: z.string(),
  opening: z.number().int(),
  by: z.string(),
  until: z.iso.datetime(),
});

/** `opening` counts from 1 how often the rules opened the ticket: at most one mail each (B8). */
const TicketMailSent = z.object({
  callId: z.string(),
  opening: z.number().int(),
  messageId: z.string(),
  /** How many of its recipients were refused for good; absent: none. */
  refused: z.number().int().positive().optional(),
});
/** Some recipients have it or were refused for good; the others are still due. Ids are digests of mail and address. */
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
/** An operator requeues a mail that was given up or could not be sent. */
const TicketMailRedriven = z.object({
  callId: z.string(),
  opening: z.number().int(),
  /** The id of the admin key. */
  by: z.string().optional(),
});

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

export type TicketEvent = EventOf<typeof ticketEventSchemas>;

/** A ticket is about one call and its id says which (B2). STORED FORMAT as well. */
export const ticketIdOf = (callId: string): string => `tkt_${callId}`;
export const callIdOfTicket = (ticketId: string): string | undefined =>
  ticketId.startsWith('tkt_') && ticketId.length > 4 ? ticketId.slice(4) : undefined;
