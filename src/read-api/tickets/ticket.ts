import { z } from '@hono/zod-openapi';
import { ticketStatuses } from '../../events/ticket-facts.ts';
import type { TicketRow } from '../../projections/tables.ts';

/** A web call has none of its own: its URL decides (docs/rules.md, "Tickets, customers, mail"). */
export const ticketDirections = ['inbound', 'outbound'] as const;
export const mailStates = ['none', 'queued', 'sent', 'failed', 'not_sent'] as const;

const instant = z.iso.datetime({ precision: 3 });

/** docs/rules.md, "API shapes". What is not known is absent, but for `actionRequired`, whose null is an answer. */
export const Ticket = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    callId: z.string().openapi({ description: "Retell's call id." }),
    sessionId: z.string(),
    direction: z.enum(ticketDirections).optional(),
    status: z.enum(ticketStatuses),
    active: z.boolean().openapi({ description: 'Whether something is left to be done.' }),
    actionRequired: z
      .boolean()
      .nullable()
      .openapi({ description: 'What the analysis says; null: nothing that is understood.' }),
    transferred: z.boolean(),
    customerId: z.string().optional().openapi({ description: 'Absent where no usable number is known.' }),
    statusReason: z.string(),
    setBy: z.enum(['rule', 'staff']),
    mail: z.enum(mailStates),
    mailReason: z.string().optional().openapi({
      description:
        'Why it was not sent: `disabled`, `no_recipients`, `no_smtp`; sent: `recipients_refused`, some for good.',
    }),
    createdAt: instant.openapi({ description: 'When the first fact was recorded; never changes.' }),
    lastEventAt: instant,
  })
  .openapi('Ticket');
export type Ticket = z.infer<typeof Ticket>;

/** What the row holds null for is undefined here, and so absent from the JSON. */
export const ticketOf = (row: TicketRow): Ticket => ({
  id: row.id,
  tenantId: row.tenant_id,
  callId: row.call_id,
  sessionId: row.session_id,
  direction: (row.direction as Ticket['direction'] | null) ?? undefined,
  status: row.status as Ticket['status'],
  active: row.active,
  actionRequired: row.action_required,
  transferred: row.transferred,
  customerId: row.customer_id ?? undefined,
  statusReason: row.status_reason,
  setBy: row.set_by as Ticket['setBy'],
  mail: row.mail as Ticket['mail'],
  mailReason: row.mail_reason ?? undefined,
  createdAt: row.created_at.toISOString(),
  lastEventAt: row.last_event_at.toISOString(),
});
