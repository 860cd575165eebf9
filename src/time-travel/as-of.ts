import type { Kysely } from 'kysely';
import type { EventLog } from '../events/event-log.ts';
import { appointmentStream, callStream, sessionStream, ticketStream } from '../events/streams.ts';
import { callIdOfTicket } from '../events/ticket-facts.ts';
import { findNamed } from '../model/named.ts';
import type { CallFields, WholeCall } from '../model/stream-state.ts';
import { appointmentAsOf } from '../projections/appointments/appointment-as-of.ts';
import type { StaffState } from '../projections/appointments/staff-state.ts';
import { type Parts, sessionIdOf } from '../projections/as-of/sessions.ts';
import { sessionAsOf } from '../projections/call-sessions/session-as-of.ts';
import { ownSessionId, sessionsEverOf } from '../projections/calls/session.ts';
import type { ReadModel } from '../projections/tables.ts';
import { ticketAsOf } from '../projections/tickets/ticket-as-of.ts';
import type { TicketLog } from '../projections/tickets/ticket-log.ts';
import type { AsOf } from '../read-api/as-of.ts';
import { callsEverIn, type RelatedCall, relatedCalls, sessionsEverAbout } from '../related-streams.ts';
import { type Past, pastAt } from './past.ts';

/**
 * Resources as they were known at a moment (`at=`): folded from the log by the reducers of the read model. Only
 * *which* streams to read is asked of the read model; whether they had to do with it at the time, the facts say.
 */
export function asOf(stores: { readonly log: EventLog; readonly db: Kysely<ReadModel> }): AsOf {
  return {
    async callSession(tenantId, id, moment) {
      const past = await pastAt(stores, tenantId, moment);
      if (!past) return undefined;
      const named = await session(past, id);
      if (named || !id.startsWith('call:')) return named;
      // `call:<id>` goes on answering when the session has another id.
      const callId = id.slice('call:'.length);
      const calls = await relatedCalls(past.reads, [callId]);
      const sessionId = sessionIdOf(callId, await partsOf(past, [], calls));
      return sessionId === undefined ? undefined : session(past, sessionId);
    },

    async appointment(tenantId, id, moment) {
      const past = await pastAt(stores, tenantId, moment);
      if (!past) return undefined;
      const own = appointmentStream(tenantId, id);
      const staff = (await past.fold([own])).get(own) as StaffState | undefined;
      const about = await sessionsEverAbout(past.reads, id);
      const calls = await callsEverIn(past.reads, about);
      // A call that named it may have done so in another session, where it spoke for other calls too.
      const sessionIds = [...new Set([...about, ...sessionsOfNaming(id, calls, await partsOf(past, about, calls))])];
      const parts = await partsOf(past, sessionIds, await callsEverIn(past.reads, sessionIds));
      return appointmentAsOf(id, sessionIds, parts, staff);
    },

    async ticket(tenantId, id, moment) {
      const callId = callIdOfTicket(id);
      const past = callId === undefined ? undefined : await pastAt(stores, tenantId, moment);
      if (!past || callId === undefined) return undefined;
      const [ofCall, ofTicket] = [callStream(tenantId, callId), ticketStream(tenantId, id)];
      const calls = await relatedCalls(past.reads, [callId]);
      const { requests } = await partsOf(past, [], calls);
      const states = await past.fold([ofCall, ofTicket]);
      const call = states.get(ofCall) as WholeCall | undefined;
      return call && ticketAsOf(call, states.get(ofTicket) as TicketLog | undefined, requests);
    },
  };
}

async function session(past: Past, id: string) {
  const calls = await callsEverIn(past.reads, [id]);
  return sessionAsOf(id, await partsOf(past, [id], calls));
}

/** What the sessions, the calls and those who have placed them came to. */
async function partsOf(
  past: Past,
  sessionIds: readonly string[],
  calls: readonly RelatedCall[],
): Promise<Parts<CallFields>> {
  const { tenantId } = past;
  const requesters = new Set([...sessionIds, ...calls.flatMap(({ placedBy }) => placedBy ?? [])]);
  const states = await past.fold([
    ...[...requesters].map((id) => sessionStream(tenantId, id)),
    ...calls.map(({ callId }) => callStream(tenantId, callId)),
  ]);
  const found = [...states.values()];
  return {
    tenantId,
    calls: found.filter((state) => 'callId' in state),
    requests: found.filter((state) => 'sessionId' in state),
  };
}

/** Every session that one of the calls which named an appointment may have been in. */
const sessionsOfNaming = (appointmentId: string, related: readonly RelatedCall[], { calls }: Parts<CallFields>) =>
  calls
    .filter(({ appointmentsNamed }) => findNamed(appointmentsNamed, appointmentId))
    .flatMap((call) => [
      ...sessionsEverOf(call, related.find(({ callId }) => callId === call.callId)!.placedBy),
      ownSessionId(call.callId),
    ]);
