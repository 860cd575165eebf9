import type { AppointmentEvent } from '../../src/events/appointment-facts.ts';
import type { CallEvent, CallFacts } from '../../src/events/call-facts.ts';
import type { Fact } from '../../src/events/codec.ts';
import type { SessionEvent } from '../../src/events/session-facts.ts';
import { appointmentStream, parseStream } from '../../src/events/streams.ts';
import { appointmentOf, reduceStaff, type StaffState } from '../../src/model/appointment.ts';
import { decisionOf, decisions } from '../../src/model/appointment-decision.ts';
import { type CallState, reduceCall } from '../../src/model/call.ts';
import { entriesOf } from '../../src/model/entries.ts';
import { appointmentOfCall, type RequestState, reduceRequest, type Session } from '../../src/model/session.ts';
import { sessionFromFacts } from '../support/session-of-facts.ts';
import { TENANT } from './controls.ts';

/** The fold as one would explain it to a person: fact by fact, all in memory, no batch, no index. */
export function readModelOf(facts: readonly Fact[]) {
  const own = new Map<string, string>();
  const placedBy = new Map<string, string>();
  const linkedTo = new Map<string, string>();
  const heardOf = new Set<string>();
  const latestOwn = new Map<string, { at: number; by: string }>();
  for (const fact of facts) {
    const { id = '' } = parseStream(fact.stream) ?? {};
    if (fact.type === 'CallPlaced' && !placedBy.has(fact.data.retellCallId)) placedBy.set(fact.data.retellCallId, id);
    if (fact.type === 'CallLinked' && !linkedTo.has(id)) linkedTo.set(id, fact.data.sessionId);
    if (!fact.stream.startsWith('call-') || !('callId' in fact.data)) continue;
    const { callSessionId } = fact.data as CallFacts;
    if (callSessionId !== undefined) {
      const said = { at: Date.parse(fact.metadata.occurredAt ?? fact.metadata.receivedAt), by: fact.id };
      const known = latestOwn.get(id);
      if (!known || said.at > known.at || (said.at === known.at && said.by > known.by)) {
        latestOwn.set(id, said);
        own.set(id, callSessionId);
      }
    }
    heardOf.add(id);
  }
  const sessionOfCall = (call: string) => own.get(call) ?? placedBy.get(call) ?? linkedTo.get(call) ?? `call:${call}`;
  const bySession = Map.groupBy(
    facts.filter(({ stream }) => !stream.startsWith('appointment-')),
    ({ stream }) => {
      const name = parseStream(stream)!;
      return name.category === 'call' ? sessionOfCall(name.id) : name.id;
    },
  );
  const sessions = [...bySession].flatMap(([id, its]) => sessionFromFacts(TENANT, id, its) ?? []);
  const links = [...new Set([...heardOf, ...placedBy.keys()])].map((call) => [call, sessionOfCall(call)]);
  return { sessions, links, appointments: appointmentsOf(facts, bySession) };
}

function appointmentsOf(facts: readonly Fact[], bySession: ReadonlyMap<string, readonly Fact[]>) {
  const named = facts.flatMap(({ data, stream }) => {
    const name = parseStream(stream)!;
    if (name.category === 'appointment') return [name.id];
    return 'appointmentId' in data && data.appointmentId !== undefined ? [data.appointmentId] : [];
  });
  const made = [...bySession].flatMap(([id, its]) => {
    const states = new Map<string, CallState<never>>();
    let request: RequestState | undefined;
    for (const fact of its) {
      if (fact.stream.startsWith('session-')) request = reduceRequest(request, fact as Fact<SessionEvent>);
      else states.set(fact.stream, reduceCall(decisions as never, states.get(fact.stream), fact as Fact<CallEvent>));
    }
    const session: Session = { tenantId: TENANT, id, request, calls: [...states.values()] };
    return session.calls.map((call) => {
      const decision = decisionOf(call as never);
      return { about: appointmentOfCall(call, session), decision: decision && { ...decision, sessionId: id } };
    });
  });
  return [...new Set(named)].map((id) => {
    const staff = facts
      .filter(({ stream }) => stream === appointmentStream(TENANT, id))
      .reduce<StaffState | undefined>((state, fact) => reduceStaff(state, fact as Fact<AppointmentEvent>), undefined);
    const calls = made.flatMap(({ about, decision }) => (about === id && decision ? [decision] : []));
    return { id, ...appointmentOf(calls, entriesOf(staff?.entries)) };
  });
}

/** What each fact changed in an appointment: the read models of the log up to it and before it, beside each other. */
export function changesOfAppointments(facts: readonly Fact[]) {
  const last = new Map<string, string>();
  return facts.flatMap((fact, i) =>
    readModelOf(facts.slice(0, i + 1)).appointments.flatMap(({ id, notes: _, ...became }) => {
      const text = JSON.stringify({ ...became, decidedBy: undefined, statusReason: undefined });
      if (text === (last.get(id) ?? JSON.stringify({ status: 'scheduled', needsReview: false }))) return [];
      last.set(id, text);
      return [{ position: `${fact.position}`, id, ...became, startsAt: normal(became.startsAt) }];
    }),
  );
}
const normal = (at: string | undefined) => at && new Date(at).toISOString();
