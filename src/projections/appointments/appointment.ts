import type { AppointmentStatus } from '../../events/appointment-facts.ts';
import type { CallDecision } from './decision.ts';
import type { StaffEntry } from './staff-state.ts';

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

const scheduled: Appointment = { status: 'scheduled', needsReview: false, notes: [] };

/**
 * Calls and staff in the order in which things took place; of what happened at the same moment, staff have the last
 * word. The latest decisive one stands.
 */
export function appointmentOf(calls: readonly CallDecision[], staff: readonly StaffEntry[]): Appointment {
  const entries = [
    ...calls
      .toSorted((a, b) => a.at - b.at || (a.callId < b.callId ? -1 : 1))
      .map((call) => ({ at: call.at, apply: (before: Appointment) => afterCall(before, call) })),
    ...staff.map((entry) => ({ at: Date.parse(entry.recordedAt), apply: (a: Appointment) => afterStaff(a, entry) })),
  ];
  return entries.sort((a, b) => a.at - b.at).reduce((appointment, { apply }) => apply(appointment), scheduled);
}

/** A decision says all there is to say of the appointment, except a start that it does not mention, and the notes. */
function afterCall({ startsAt, notes }: Appointment, call: CallDecision): Appointment {
  const decided = { status: call.outcome, startsAt, notes, decidedByCallId: call.callId };
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
function afterStaff(before: Appointment, { status, startsAt, note, recordedAt }: StaffEntry): Appointment {
  const notes = note === undefined ? before.notes : [...before.notes, { text: note, at: recordedAt }];
  if (status === undefined && startsAt === undefined) return { ...before, notes };
  const settled = { ...before, notes, needsReview: false, rescheduleText: undefined };
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
