import type { AppointmentEvent, AppointmentStatus } from '../events/appointment-facts.ts';
import type { Fact } from '../events/codec.ts';
import { parseStream } from '../events/streams.ts';
import type { CallDecision } from './appointment-decision.ts';
import { type Entries, type Entry, withEntry } from './entries.ts';
import { occurredAt } from './latest.ts';

/** What staff said of an appointment at one moment. */
export type StaffEntry = AppointmentEvent['data'] &
  Entry & {
    readonly recordedAt: string;
    readonly occurredAt: number;
  };

/** An appointment's own stream: all that staff said. */
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

/** What the facts make of an appointment (A9). */
export type Appointment = {
  readonly status: AppointmentStatus;
  readonly startsAt?: string | undefined;
  readonly rescheduleText?: string | undefined;
  readonly cancellationReason?: string | undefined;
  readonly needsReview: boolean;
  readonly decidedByCallId?: string | undefined;
  readonly notes: readonly { readonly text: string; readonly at: string }[];
};

/** All but the notes, which nothing ever settles. */
type Settled = Omit<Appointment, 'notes'>;
const scheduled: Settled = { status: 'scheduled', needsReview: false };

/**
 * Calls and staff in the order in which things took place; of what happened at the same moment, staff have the last
 * word. The latest decisive one stands.
 */
export function appointmentOf(calls: readonly CallDecision[], staff: readonly StaffEntry[]): Appointment {
  const said = staff.map((entry) => ({ at: Date.parse(entry.recordedAt), entry })).sort((a, b) => a.at - b.at);
  const steps = [
    ...calls
      .toSorted((a, b) => a.at - b.at || (a.callId < b.callId ? -1 : 1))
      .map((call) => ({ at: call.at, apply: (before: Settled) => afterCall(before, call) })),
    ...said.map(({ at, entry }) => ({ at, apply: (before: Settled) => afterStaff(before, entry) })),
  ];
  const settled = steps.sort((a, b) => a.at - b.at).reduce((before, { apply }) => apply(before), scheduled);
  const notes = said.flatMap(({ entry: { note, recordedAt } }) =>
    note === undefined ? [] : [{ text: note, at: recordedAt }],
  );
  return { ...settled, notes };
}

/** A decision says all there is to say of the appointment, except a start that it does not mention. */
function afterCall({ startsAt }: Settled, call: CallDecision): Settled {
  const decided = { status: call.outcome, startsAt, decidedByCallId: call.callId };
  switch (call.outcome) {
    case 'confirmed':
      // Said to be confirmed and rescheduled: a person has to look, and the start stays what it was.
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

/** A new start or status by staff settles what was to be reviewed; a note alone settles nothing. */
function afterStaff(before: Settled, { status, startsAt }: StaffEntry): Settled {
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
