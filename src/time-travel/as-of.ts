import type { Kysely } from 'kysely';
import type { EventLog } from '../events/event-log.ts';
import { appointmentStream, callStream, ticketStream } from '../events/streams.ts';
import { callIdOfTicket } from '../events/ticket-facts.ts';
import type { StaffState } from '../model/appointment.ts';
import { customerIdOf } from '../model/customer.ts';
import { sessionIdOf } from '../model/session.ts';
import type { WholeCall } from '../model/stream-state.ts';
import type { TicketLog } from '../model/ticket.ts';
import type { CallSessionRow, ReadModel } from '../projections/tables.ts';
import type { AsOf, Expansion } from '../read-api/as-of.ts';
import { callIdIn } from '../read-api/call-session.ts';
import { type Past, pastAt } from './past.ts';
import { callsEverIn, everAbout, partsOf, type RelatedCall, relatedCalls, streamsOf } from './related.ts';
import { appointmentAsOf, customerAsOf, sessionAsOf, ticketAsOf } from './rows.ts';

/**
 * Resources as they were known at a moment (`at=`). The read model only says *which* streams to read; the facts decide
 * whether they were related then.
 */
export function asOf(stores: { readonly log: EventLog; readonly db: Kysely<ReadModel> }): AsOf {
  return {
    async callSession(tenantId, id, moment, expand = []) {
      const past = await pastAt(stores, tenantId, moment);
      const session = past && (await sessionNamed(past, id));
      return session && { ...session, ...(await expansions(past, session, expand)) };
    },
    async appointment(tenantId, id, moment) {
      const past = await pastAt(stores, tenantId, moment);
      return past && appointment(past, id);
    },
    async ticket(tenantId, id, moment) {
      const past = await pastAt(stores, tenantId, moment);
      return past && ticket(past, id);
    },
  };
}

async function sessionNamed(past: Past, id: string) {
  const named = await session(past, id);
  if (named) return named;
  // The id of a call still answers when the session has another id.
  const callId = callIdIn(id);
  const calls = await relatedCalls(past.reads, [callId]);
  const sessionId = sessionIdOf(callId, await foldedParts(past, [], calls));
  return sessionId === undefined ? undefined : session(past, sessionId);
}

async function session(past: Past, id: string) {
  const calls = await callsEverIn(past.reads, [id]);
  return sessionAsOf(id, await foldedParts(past, [id], calls));
}

async function appointment(past: Past, id: string) {
  const own = appointmentStream(past.tenantId, id);
  const staff = (await past.fold([own])).get(own) as StaffState | undefined;
  const statesOf = async (streams: readonly string[]) => (await past.fold(streams)).values();
  const { sessionIds, parts } = await everAbout(past.reads, { tenantId: past.tenantId, id }, statesOf);
  return appointmentAsOf(id, sessionIds, parts, staff);
}

async function ticket(past: Past, id: string) {
  const callId = callIdOfTicket(id);
  if (callId === undefined) return undefined;
  const [ofCall, ofTicket] = [callStream(past.tenantId, callId), ticketStream(past.tenantId, id)];
  const { requests } = await foldedParts(past, [], await relatedCalls(past.reads, [callId]));
  const states = await past.fold([ofCall, ofTicket]);
  const call = states.get(ofCall) as WholeCall | undefined;
  return call && ticketAsOf(call, states.get(ofTicket) as TicketLog | undefined, requests);
}

/** By the calls that are with the customer now, as far as they were then. */
async function customer({ tenantId, reads, fold }: Past, id: string) {
  const calls = await reads.tickets().select('call_id').where('customer_id', '=', id).execute();
  const states = await fold(calls.map(({ call_id }) => callStream(tenantId, call_id)));
  return customerAsOf(id, [...states.values()] as WholeCall[]);
}

async function expansions(past: Past, session: CallSessionRow, expand: readonly Expansion[]) {
  const { appointment_id, ticket_id, customer_phone } = session;
  const itsTicket =
    ticket_id === null || expand.every((one) => one === 'appointment') ? undefined : await ticket(past, ticket_id);
  const customerId = itsTicket?.customer_id ?? (customer_phone && customerIdOf(past.tenantId, customer_phone));
  const has = (one: Expansion) => expand.includes(one);
  return {
    ...(has('appointment') && appointment_id !== null && { appointment: await appointment(past, appointment_id) }),
    ...(has('ticket') && { ticket: itsTicket }),
    ...(has('customer') && customerId && { customer: await customer(past, customerId) }),
  };
}

/** The states of the sessions, the calls and the sessions that placed them. */
const foldedParts = async (past: Past, sessionIds: readonly string[], calls: readonly RelatedCall[]) =>
  partsOf(past.tenantId, (await past.fold(streamsOf(past.tenantId, sessionIds, calls))).values());
