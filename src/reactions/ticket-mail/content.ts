import type { Fact } from '../../events/codec.ts';
import type { JsonObject } from '../../events/json.ts';
import type { CallFact } from '../../model/call-fact.ts';
import { customerBy } from '../../model/customer.ts';
import { told } from '../../model/latest.ts';
import { type SessionDocument, sessionDocument } from '../../model/session-document.ts';
import { reduceTicket, type Ticket, ticketOf } from '../../model/ticket.ts';
import { noFactsYet, type SessionFold, sessionOf, withFact } from '../../projections/call-sessions/session-fold.ts';
import { orUnreadable } from '../../projections/known.ts';
import { businessDataOf } from '../../projections/tickets/business-data.ts';
import type { TicketFacts } from './ticket-facts-of.ts';

/** What a ticket's mail tells (B9): values as the log has them, for the rendering to clean and escape. */
export type MailContent = {
  readonly ticket: Ticket;
  readonly call: SessionDocument;
  readonly customer?: { readonly name?: string; readonly phone?: string; readonly rawPhones: readonly string[] };
  readonly businessData: JsonObject;
  /** Absent: UTC. */
  readonly timeZone?: string;
  readonly tenantName: string;
};

/** Undefined: there is no ticket. Throws UnreadableFact. */
export function contentOf(
  facts: TicketFacts,
  tenant: { readonly name: string; readonly timeZone?: string | undefined },
): MailContent | undefined {
  const { tenantId, callId, ofCall, ofTicket } = facts;
  const state = [...ofCall, ...ofTicket].reduce(orUnreadable(reduceTicket), {});
  const { call } = state;
  const ticket = ticketOf(state);
  if (!call || !ticket) return undefined;
  const withWhole = orUnreadable((known: SessionFold, fact) => withFact(known, wholeAlready(fact))[0]);
  const fold = ofCall.reduce(withWhole, noFactsYet(tenantId, callId));
  const customer = customerBy(call);
  const name = customer?.name?.value ?? told(call.known, 'customerName');
  const phone = customer?.phone;
  return {
    ticket,
    call: sessionDocument(sessionOf(fold)!),
    ...((name ?? phone) !== undefined && {
      customer: {
        ...(name !== undefined && { name }),
        ...(phone !== undefined && { phone }),
        rawPhones: customer?.rawPhones ?? [],
      },
    }),
    businessData: businessDataOf(ofCall.filter((fact) => 'callId' in fact.data) as CallFact[]),
    tenantName: tenant.name,
    ...(tenant.timeZone !== undefined && { timeZone: tenant.timeZone }),
  };
}

/** Its text is in it by now; the session's fold would wait for the parts again. */
function wholeAlready(fact: Fact): Fact {
  if (!('personalParts' in fact.data)) return fact;
  const { personalParts: _, ...data } = fact.data;
  return { ...fact, data } as Fact;
}
