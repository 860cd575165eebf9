import { appointmentStream, callStream, parseStream, sessionStream } from '../../events/streams.ts';
import {
  type Appointment,
  type AppointmentId,
  appointmentOf,
  type SessionDecision,
  type StaffState,
} from '../../model/appointment.ts';
import { decides, decisionOf } from '../../model/appointment-decision.ts';
import type { Correlation } from '../../model/call.ts';
import { entriesOf, type Place, placeOf } from '../../model/entries.ts';
import { latestOf, latestValue } from '../../model/latest.ts';
import { ownSessionId, type Parts, type RequestState, sessionsOf } from '../../model/session.ts';
import type { CallFields, StreamState, WholeCall } from '../../model/stream-state.ts';
import type { RelatedSession, RelatedSessions } from '../calls/related-sessions.ts';
import type { Course } from '../engine/projection.ts';
import { decisionsOf } from './appointments.ts';

/** What an appointment has become, by the fact at this place. A note, or why it is so, alone changes nothing of it. */
export type AppointmentChange = Place & AppointmentId & { readonly became: Omit<Appointment, 'notes'> };

/** What is folded, and what there was before its first fact. */
export type AppointmentCourse = Course<StreamState> & { before(stream: string): StreamState | undefined };

/** What is kept of some appointments, by their streams. */
export type Kept = {
  /** As the last fact has left it. */
  readonly staff: ReadonlyMap<string, StreamState>;
  /** What other calls have decided than those whose streams are `here`. */
  readonly elsewhere: ReadonlyMap<string, readonly SessionDecision[]>;
};

/**
 * What each fact changed in an appointment: before and after it, as if nothing later were known, so that it is the same
 * however the log is cut into batches.
 */
export async function changesOfAppointments(
  course: AppointmentCourse,
  ever: RelatedSessions,
  lookUp: (ids: readonly AppointmentId[], here: ReadonlySet<string>) => Promise<Kept>,
): Promise<AppointmentChange[]> {
  const scene = sceneOf(course, ever);
  const ids = new Map(course.facts.flatMap(({ stream }) => scene.about(stream)).map((id) => [streamOf(id), id]));
  if (ids.size === 0) return [];
  const { staff, elsewhere } = await lookUp([...ids.values()], scene.here);
  for (const id of ids.keys()) scene.begin(id, staff.get(id));
  const shownNow = (id: AppointmentId) => {
    const { notes: _, ...became } = scene.appointment(id, elsewhere.get(streamOf(id)) ?? []);
    return { became, text: JSON.stringify({ ...became, decidedBy: undefined, statusReason: undefined }) };
  };
  const last = new Map<string, string>();
  const changes: AppointmentChange[] = [];
  for (const [i, fact] of course.facts.entries()) {
    const next = course.states[i]!;
    const about = scene.mayFollow(fact.stream, next) ? scene.about(fact.stream) : [];
    for (const id of about) if (!last.has(streamOf(id))) last.set(streamOf(id), shownNow(id).text);
    scene.now.set(fact.stream, next);
    for (const id of about) {
      const { became, text } = shownNow(id);
      if (text === last.get(streamOf(id))) continue;
      last.set(streamOf(id), text);
      changes.push({ ...placeOf(fact), ...id, became });
    }
  }
  return changes;
}

const streamOf = ({ tenantId, id }: AppointmentId): string => appointmentStream(tenantId, id);

const callOf = ({ tenantId, callId }: WholeCall): string => callStream(tenantId, callId);

/** The calls whose session the facts may change, or that are in one which they may change; others decide elsewhere. */
function callsHere(
  { facts }: AppointmentCourse,
  { calls, sessions, sessionOf }: RelatedSessions,
): readonly WholeCall[] {
  const changing = new Set(facts.map(({ stream }) => stream));
  return calls.filter((call) => {
    if (changing.has(callOf(call))) return true;
    const now = sessionOf(call);
    return now !== undefined && sessions.has(sessionStream(call.tenantId, now));
  });
}

/** By stream: every session in which one of the calls may decide; also its own, in which it was before it was linked. */
function decidingSessions(
  calls: readonly WholeCall[],
  { sessions: related }: RelatedSessions,
): ReadonlyMap<string, RelatedSession> {
  const here = new Set(calls.map(callOf));
  const sessions = new Map<string, RelatedSession>();
  for (const [stream, session] of related) {
    const its = session.calls.filter((call) => here.has(callOf(call)));
    if (its.some(isDecisive)) sessions.set(stream, { ...session, calls: its });
  }
  for (const call of calls.filter(isDecisive)) {
    const { tenantId, callId } = call;
    const sessionId = ownSessionId(callId);
    const own = sessionStream(tenantId, sessionId);
    const there = sessions.get(own) ?? { tenantId, sessionId, request: undefined, calls: [] };
    if (!there.calls.includes(call)) sessions.set(own, { ...there, calls: [...there.calls, call] });
  }
  return sessions;
}

/** The sessions in which calls decide, and what is in them, while facts are folded one by one. */
function sceneOf(course: AppointmentCourse, ever: RelatedSessions) {
  const { facts, before } = course;
  /** The state of each stream, as far as the facts have been taken. */
  const now = new Map<string, StreamState>();
  const changing = new Set(facts.map(({ stream }) => stream));
  const begin = (stream: string, state: StreamState | undefined) => {
    const was = changing.has(stream) ? before(stream) : state;
    if (was) now.set(stream, was);
  };
  const calls = callsHere(course, ever);
  const sessions = decidingSessions(calls, ever);
  /** By stream: the appointments that its facts may change, and the calls that are together with it in sessions. */
  const about = new Map<string, Map<string, AppointmentId>>();
  const together = new Map<string, Set<string>>();
  /** By appointment. */
  const sessionsAbout = new Map<string, RelatedSession[]>();
  for (const [stream, session] of sessions) {
    const { tenantId, request, calls } = session;
    const parts = [
      ...(request ? [{ stream, state: request }] : []),
      ...calls.map((call) => ({ stream: callOf(call), state: call })),
    ];
    const named = new Map<string, AppointmentId>();
    for (const { state } of parts) for (const { id } of state.appointmentsNamed) named.set(id, { tenantId, id });
    for (const id of named.values()) added(sessionsAbout, streamOf(id), () => []).push(session);
    for (const { stream, state } of parts) {
      begin(stream, state);
      const its = added(about, stream, () => new Map<string, AppointmentId>());
      for (const [id, one] of named) its.set(id, one);
      const others = added(together, stream, () => new Set<string>());
      for (const call of calls) others.add(callOf(call));
    }
  }
  // A request may take a call from a session that was about another appointment.
  for (const [stream, { calls }] of sessions)
    for (const call of calls) for (const [id, one] of about.get(callOf(call))!) about.get(stream)?.set(id, one);
  const decidesNow = (stream: string) => {
    const state = now.get(stream);
    return state !== undefined && 'callId' in state && isDecisive(state);
  };

  function partsOf(tenantId: string, its: readonly RelatedSession[]): Parts<CallFields> {
    const calls = new Map<string, WholeCall>();
    const requests = new Map<string, RequestState>();
    for (const session of its) {
      const here = session.calls.map(({ callId }) => now.get(callStream(tenantId, callId)) as WholeCall | undefined);
      for (const call of here) if (call?.first) calls.set(call.callId, call);
      const placers = session.calls.map((call) => ever.placedBy(call));
      for (const id of [session.sessionId, ...placers]) {
        const request = id === undefined ? undefined : now.get(sessionStream(tenantId, id));
        if (request) requests.set(id!, request as RequestState);
      }
    }
    return { tenantId, calls: [...calls.values()], requests: [...requests.values()] };
  }

  return {
    now,
    begin,
    here: new Set(calls.map(callOf)),
    /** The appointments that the facts of a stream may change. */
    about(stream: string): readonly AppointmentId[] {
      const name = parseStream(stream);
      if (name?.category === 'appointment') return [{ tenantId: name.tenantId, id: name.id }];
      return [...(about.get(stream)?.values() ?? [])];
    },
    /** Whether an appointment may follow from the next state of a stream that did not from the last. */
    mayFollow(stream: string, next: StreamState): boolean {
      if ('appointmentId' in next) return true;
      const isOne = 'callId' in next && isDecisive(next);
      if (!isOne && ![...(together.get(stream) ?? [])].some(decidesNow)) return false;
      const was = now.get(stream);
      const several = (about.get(stream)?.size ?? 0) > 1;
      return !was || telling(was, several) !== telling(next, several);
    },
    appointment(id: AppointmentId, elsewhere: readonly SessionDecision[]): Appointment {
      const its = (sessionsAbout.get(streamOf(id)) ?? []).filter(({ calls }) => calls.map(callOf).some(decidesNow));
      const ids = its.map(({ sessionId }) => sessionId);
      const decided = sessionsOf(ids, partsOf(id.tenantId, its)).flatMap(decisionsOf);
      const here = decided.filter(({ appointment_id }) => appointment_id === id.id).map(({ decision }) => decision);
      const staff = now.get(streamOf(id)) as StaffState | undefined;
      return appointmentOf([...elsewhere, ...here], entriesOf(staff?.entries));
    },
  };
}

const isDecisive = ({ supported }: WholeCall): boolean => decides(supported) !== undefined;

function added<V>(all: Map<string, V>, key: string, fresh: () => V): V {
  const value = all.get(key) ?? fresh();
  all.set(key, value);
  return value;
}

/** All of a state that an appointment may follow from, as text; when something was said decides among several only. */
function telling(state: StreamState, several: boolean): string {
  if (!('known' in state)) return '';
  const appointment = latestOf<Correlation, 'appointmentId'>(state.known, 'appointmentId');
  const about = several ? appointment : appointment?.value;
  if ('sessionId' in state) return JSON.stringify([about, Object.keys(state.placed)]);
  const decision = state.first && decisionOf(state);
  const session = [latestValue(state.known, 'callSessionId'), state.linked?.id];
  return JSON.stringify([about, session, decision && { ...decision, lastEventAt: 0 }]);
}
