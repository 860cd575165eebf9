import type { EventLog } from '../../events/event-log.ts';
import { callIdOfTicket } from '../../events/ticket-facts.ts';
import { contentOf } from './content.ts';
import { type RenderedMail, renderTicketMail } from './render.ts';
import { readTicketFacts } from './ticket-facts-of.ts';

/** A ticket's mail as it would go out now, whether or not one is due. Nothing is sent or recorded. */
export async function previewTicketMail(
  log: EventLog,
  tenantId: string,
  ticketId: string,
  tenant: { readonly name?: string | undefined; readonly timeZone?: string | undefined } = {},
): Promise<RenderedMail | 'unknown_ticket'> {
  const callId = callIdOfTicket(ticketId);
  if (callId === undefined) return 'unknown_ticket';
  const facts = await readTicketFacts(log, tenantId, callId);
  const content = contentOf(facts, { name: tenant.name ?? tenantId, timeZone: tenant.timeZone });
  return content ? renderTicketMail(content) : 'unknown_ticket';
}
