import type { Json, JsonObject } from '../../events/json.ts';
import { type CallFact, namesOf } from '../../model/call-fact.ts';
import { customerBy } from '../../model/customer.ts';
import { latestValue, occurredAt } from '../../model/latest.ts';
import { isSelection } from '../../model/outcome.ts';
import { decidingFields } from '../../model/redaction.ts';
import {
  noFactsYet,
  type SessionDocument,
  type SessionFold,
  sessionDocument,
  sessionOf,
  withFact,
} from '../../model/session-document.ts';
import { reduceTicket, type Ticket, ticketOf } from '../../model/ticket.ts';
import { isBlankAnswer, isScalar, normalName, truthOf } from '../../model/words.ts';
import { orUnreadable } from '../../projections/fold-stream.ts';
import type { TicketFacts } from './mail-record.ts';

/** Retell's own variables, which are about the agent's machinery and not the call. */
const vendorsOwn: ReadonlySet<string> = new Set([
  'current_agent_state',
  'previous_agent_state',
  'current_node',
  'previous_node',
  'last_node_name',
  'current_time',
  'current_hour',
  'current_calendar',
  'session_type',
  'session_duration',
]);

/** Webhooks store flags apart from the other fields; here they are together again. */
const groups: readonly ((fact: CallFact) => readonly (JsonObject | undefined)[])[] = [
  ({ data }) => [data.personal?.variables],
  ({ data }) => [data.personal?.collected, data.collectedFlags],
  ({ data }) => [data.personal?.custom, data.flags],
];

/**
 * What a business wants to read of a call (B9): given and collected variables, then custom analysis fields; later ones win.
 * Without fields that decide an outcome, and without empty ones.
 */
export function businessDataOf(facts: readonly CallFact[]): JsonObject {
  const known = new Map<string, readonly [name: string, value: Json]>();
  const inOrder = facts.toSorted((a, b) => occurredAt(a) - occurredAt(b) || (a.id < b.id ? -1 : 1));
  for (const groupOf of groups)
    for (const fact of inOrder) {
      const deciding = decidingNames(fact);
      for (const [name, value] of groupOf(fact).flatMap((fields) => Object.entries(fields ?? {}))) {
        const normal = normalName(name);
        const decided = deciding.has(normal) && decides(value);
        if (!decided && !vendorsOwn.has(normal) && !isBlankAnswer(value)) known.set(normal, [name, value]);
      }
    }
  return Object.fromEntries(known.values());
}

/** Normalised, with the tenant's own names. */
const decidingNames = ({ metadata }: CallFact): ReadonlySet<string> =>
  new Set(decidingFields.flatMap((name) => [...namesOf(name, metadata.fieldNames)]));

/** Prose in a deciding field decides nothing, so it is shown. */
const decides = (value: Json): boolean => isScalar(value) && (truthOf(value) !== undefined || isSelection(value));

/** What a ticket's mail shows (B9): values of the log, which rendering cleans and escapes. */
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
  const fold = ofCall.reduce(orUnreadable<SessionFold>(withFact), noFactsYet(tenantId, callId));
  const customer = customerBy(call);
  const name = customer?.name?.value ?? latestValue(call.known, 'customerName');
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
