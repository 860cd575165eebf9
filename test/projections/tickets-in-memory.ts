import fc from 'fast-check';
import type { CallEvent, CallFacts } from '../../src/events/call-facts.ts';
import type { Fact } from '../../src/events/codec.ts';
import { parseStream } from '../../src/events/streams.ts';
import { callIdOfTicket } from '../../src/events/ticket-facts.ts';
import { type CallState, correlation, reduceCall, statusOf } from '../../src/model/call.ts';
import { type Customer, customerBy, withCall } from '../../src/model/customer.ts';
import { type Outcome, stronger } from '../../src/model/outcome.ts';
import { reduceTicket, type TicketState, ticketOf } from '../../src/model/ticket.ts';
import * as controls from './controls.ts';
import { minute, placed, placementFailed, requested, type Said } from './controls.ts';
import { inbound, mailFailed, mailSent, noTicket, outbound, staffSays } from './tickets-controls.ts';

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const claims = fc.record(
  {
    direction: some('inbound' as const, 'outbound' as const, 'web' as const),
    callSessionId: some('cs_1', 'cs_2'),
    appointmentId: some('apt_1', 'apt_2'),
    disconnectionReason: some('user_hangup', 'dial_busy', 'call_transfer'),
    flags: some(
      {},
      { appointment_confirmed: true },
      { action_required: true },
      { action_required: 'no' },
      { qualified: 1 },
    ),
    personal: fc.record(
      {
        fromNumber: some('+4930123456', '+49 30 123456', 'anonymous'),
        toNumber: some('+4930123456', '+442079460018'),
        custom: some({}, { customer_name: 'Ada' }, { customer_name: 'Eve' }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const callFact = fc
  .tuple(
    some(controls.started, controls.ended, controls.analyzed, controls.unrecognized, controls.transferBridged),
    claims,
    some(inbound, inbound, outbound, noTicket),
    some({}, { occurredAt: minute(1) }, { occurredAt: minute(2) }),
    some('call_1', 'call_2', 'call_3'),
  )
  .map(([about, what, endpoint, when, callId]) => about(what, { ...endpoint, ...when }, callId));
const others = some<Said>(
  requested({ appointmentId: 'apt_1' }, 'cs_1'),
  requested({}, 'cs_2'),
  requested({ appointmentId: 'apt_3' }, 'cs_3'),
  placed('call_1', 'cs_2'),
  placed('call_2', 'cs_3'),
  placed('call_1', 'cs_3'),
  placed('call_9', 'cs_3'),
  placementFailed('refused', 'cs_1'),
  controls.archived('call_1'),
  staffSays('closed', '', 'call_1'),
  staffSays('contacted', '', 'call_2'),
  staffSays('closed', '', 'call_9'),
  mailSent(1, 'call_1'),
  mailFailed(1, 'call_2'),
);
/** Some facts about a few calls and sessions, as they may meet. */
export const world = fc.uniqueArray(fc.oneof({ weight: 3, arbitrary: callFact }, { weight: 2, arbitrary: others }), {
  minLength: 1,
  maxLength: 20,
  selector: controls.idOf,
});

/** Tickets and customers as one would explain them: fact by fact, in memory. */
function ticketsAndCustomers(facts: readonly Fact[]) {
  const states = new Map<string, TicketState>();
  const changes: unknown[] = [];
  for (const fact of facts) {
    const { category, id } = parseStream(fact.stream)!;
    if (category === 'session') continue;
    const callId = category === 'ticket' ? callIdOfTicket(id)! : id;
    const before = ticketOf(states.get(callId) ?? {});
    states.set(callId, reduceTicket(states.get(callId) ?? {}, fact));
    const after = ticketOf(states.get(callId)!);
    if (!after) continue;
    const isOpened = after.openings > (before?.openings ?? 0);
    const isChanged = before && (before.status !== after.status || before.setBy !== after.setBy);
    const { id: ticketId, status, setBy: set_by, mail } = after;
    if (isOpened || isChanged)
      changes.push({
        position: `${fact.position}`,
        change: isOpened ? 'opened' : 'changed',
        id: ticketId,
        status,
        set_by,
        mail,
      });
  }
  const tickets = [...states.values()].flatMap((state) => ticketOf(state) ?? []);
  const customers = new Map<string, Customer>();
  for (const { call } of states.values()) {
    const customer = call && customerBy(call);
    if (customer) customers.set(customer.id, withCall(customers.get(customer.id), customer));
  }
  return { tickets, customers: [...customers.values()], changes };
}

/** The changes of outcomes likewise: after each fact, one looks at every call again. */
function changesOfOutcomes(facts: readonly Fact[]) {
  const calls = new Map<string, CallState>();
  const sessions = new Map<string, { named: string[]; placed: string[]; all: Set<string> }>();
  const appointments = new Map<string, Set<string>>();
  const outcomes = new Map<string, Outcome>();
  const wereConcerned = new Map<string, boolean>();
  const changes: unknown[] = [];
  const entry = <K, V>(map: Map<K, V>, key: K, fresh: () => V): V => {
    if (!map.has(key)) map.set(key, fresh());
    return map.get(key)!;
  };
  const sessionsOf = (callId: string) =>
    entry(sessions, callId, () => ({ named: [], placed: [], all: new Set<string>() }));
  for (const fact of facts) {
    const { category, id } = parseStream(fact.stream)!;
    if (category === 'ticket') continue;
    if (category === 'session') {
      if (fact.type === 'CallPlaced') {
        const { placed, all } = sessionsOf(fact.data.retellCallId);
        // A call is in the session that placed it first, and was in no other that says so.
        if (placed.length === 0) all.add(id);
        placed.push(id);
      }
      if (fact.type === 'CallRequested' && fact.data.appointmentId)
        entry(appointments, `session ${id}`, () => new Set<string>()).add(fact.data.appointmentId);
    } else {
      calls.set(id, reduceCall(correlation, calls.get(id), fact as Fact<CallEvent>));
      const { callSessionId, appointmentId } = fact.data as Partial<CallFacts>;
      if (callSessionId && !sessionsOf(id).named.includes(callSessionId)) sessionsOf(id).named.push(callSessionId);
      if (callSessionId) sessionsOf(id).all.add(callSessionId);
      if (appointmentId) entry(appointments, `call ${id}`, () => new Set<string>()).add(appointmentId);
    }
    // What a call names, all its sessions concern from then on.
    for (const [callId, { all }] of sessions)
      for (const session of all)
        for (const appointment of (calls.get(callId)?.first && appointments.get(`call ${callId}`)) || [])
          entry(appointments, `session ${session}`, () => new Set<string>()).add(appointment);
    for (const [callId, call] of [...calls].sort()) {
      if (!call.first) continue;
      const { named, placed, all } = sessionsOf(callId);
      const concerned = [`call ${callId}`, ...[...all].map((session) => `session ${session}`)].some((key) =>
        appointments.has(key),
      );
      const before = outcomes.get(callId) ?? 'pending';
      const { status } = statusOf(call, concerned);
      const rises = status !== before && stronger(status, before) === status;
      const turnsOut = status !== 'pending' && concerned && wereConcerned.get(callId) !== true;
      if (!rises && !turnsOut) continue;
      outcomes.set(callId, status);
      wereConcerned.set(callId, concerned);
      const session_id = named.at(-1) ?? placed[0] ?? `call:${callId}`;
      changes.push({ position: `${fact.position}`, call_id: callId, session_id, concerned, outcome: status });
    }
  }
  return changes;
}

export const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

/** What the views must show of these facts. */
export function expected(facts: readonly Fact[]) {
  const { tickets, customers, changes } = ticketsAndCustomers(facts);
  return {
    tickets: tickets.map(({ openings: _, erased: __, ...ticket }) => ({ mailReason: undefined, ...ticket })).sort(byId),
    customers: customers
      .map(({ tenantId: _, spelled: __, name, ...rest }) => ({ ...rest, name: name?.value }))
      .sort(byId),
    ticketChanges: changes,
    changes: changesOfOutcomes(facts),
  };
}
