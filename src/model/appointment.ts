import type { AppointmentEvent, AppointmentStatus } from '../events/appointment-facts.ts';
import type { Fact } from '../events/codec.ts';
import { parseStream } from '../events/streams.ts';
import type { CallDecision } from './appointment-decision.ts';
import { type Entries, type Entry, withEntry } from './entries.ts';
import { occurredAt } from './latest.ts';

/** One entry of staff about an appointment. */
export type StaffEntry = AppointmentEvent['data'] &
  Entry & {
    readonly recordedAt: string;
    readonly occurredAt: number;
  };

/** The state of an appointment's own stream: all entries of staff. */
export type StaffState = {
  readonly tenantId: string;
  readonly appointmentId: string;
  readonly entries?: Entries<StaffEntry>;
};

export function reduceStaff(before: StaffState | undefined, fact: Fact<AppointmentEvent>): StaffState {
  const state: StaffState = before ?? {
    tenantId: fact.metadata.tenantId,
    appointmentId: parseStream(fact.stream)?.id ?? fact.stream,
  };
  switch (fact.type) {
    case 'AppointmentRegistered':
    case 'AppointmentChanged': {
      const { id, position, recordedAt } = fact;
      const entry = { ...fact.data, id, position: `${position}`, recordedAt, occurredAt: occurredAt(fact) };
      return { ...state, entries: withEntry(state.entries, entry) };
    }
  }
}

export type AppointmentId = { readonly tenantId: string; readonly id: string };

/** An appointment as its facts make it (A9). */
export type Appointment = {
  readonly status: AppointmentStatus;
  readonly startsAt?: string | undefined;
  readonly rescheduleText?: string | undefined;
  readonly cancellationReason?: string | undefined;
  readonly needsReview: boolean;
  readonly decidedByCallId?: string | undefined;
  readonly notes: readonly { readonly text: string; readonly at: string }[];
};

/** All but the notes, which never change what is decided. */
type Decided = Omit<Appointment, 'notes'>;
const scheduled: Decided = { status: 'scheduled', needsReview: false };

/** Applies decisions of calls and staff in the order in which they took place; at the same moment, staff come last. */
export function appointmentOf(calls: readonly CallDecision[], staff: readonly StaffEntry[]): Appointment {
  const entries = staff.map((entry) => ({ at: Date.parse(entry.recordedAt), entry })).sort((a, b) => a.at - b.at);
  const steps = [
    ...calls
      .toSorted((a, b) => a.at - b.at || (a.callId < b.callId ? -1 : 1))
      .map((call) => ({ at: call.at, apply: (before: Decided) => afterCall(before, call) })),
    ...entries.map(({ at, entry }) => ({ at, apply: (before: Decided) => afterStaff(before, entry) })),
  ];
  const settled = steps.sort((a, b) => a.at - b.at).reduce((before, { apply }) => apply(before), scheduled);
  const notes = entries.flatMap(({ entry: { note, recordedAt } }) =>
    note === undefined ? [] : [{ text: note, at: recordedAt }],
  );
  return { ...settled, notes };
}

/** A decision replaces all but a start that it does not mention. */
function afterCall({ startsAt }: Decided, call: CallDecision): Decided {
  const decided = { status: call.outcome, startsAt, decidedByCallId: call.callId };
  switch (call.outcome) {
    case 'confirmed':
      // Confirmed and rescheduled contradict: a person has to look, and the start stays.
      return { ...decided, needsReview: call.contradicted, ...(call.contradicted ? textOf(call) : {}) };
    case 'rescheduled':
      return call.newTime?.startsAt === undefined
        ? { ...decided, needsReview: true, ...textOf(call) }
        : { ...decided, needsReview: false, startsAt: call.newTime.startsAt };
    case 'cancelled':
      return { ...decided, needsReview: false, cancellationReason: call.cancellationReason };
  }
}

const textOf = ({ newTime }: CallDecision) => ({ rescheduleText: newTime?.text });

/** A new start or status by staff ends the review; a note alone does not. */
function afterStaff(before: Decided, { status, startsAt }: StaffEntry): Decided {
  if (status === undefined && startsAt === undefined) return before;
  const settled = { ...before, needsReview: false, rescheduleText: undefined };
  const started = startsAt === undefined ? settled : { ...settled, startsAt };
  if (status === undefined) return started;
  const { cancellationReason } = before;
  return {
    ...started,
    status,
    decidedByCallId: undefined,
    cancellationReason: status === 'cancelled' ? cancellationReason : undefined,
  };
}
