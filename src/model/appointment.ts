import type { AppointmentEvent, AppointmentStatus } from '../events/appointment-facts.ts';
import type { Fact } from '../events/codec.ts';
import type { Erasure } from '../events/erasure-facts.ts';
import { parseStream } from '../events/streams.ts';
import type { CallDecision } from './appointment-decision.ts';
import { type Entries, type Entry, withEntry } from './entries.ts';
import { occurredAt } from './latest.ts';

/** One entry of staff about an appointment. */
type StaffEntry = AppointmentEvent['data'] &
  Entry & {
    readonly recordedAt: string;
    readonly occurredAt: number;
  };

/** The state of an appointment's own stream: all entries of staff. */
export type StaffState = {
  readonly tenantId: string;
  readonly appointmentId: string;
  /** A person that it was about is erased, and with them what staff wrote of it until then. */
  readonly erased?: Erasure;
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

/** Who decided the status, and when: when the call took place, or when staff said so. The latest decides. */
export type DecidedBy =
  | { readonly kind: 'call'; readonly callId: string; readonly sessionId: string; readonly at: string }
  | { readonly kind: 'staff'; readonly keyId?: string; readonly at: string };

/** A decision of a call, and the session that the call is in. */
export type SessionDecision = CallDecision & { readonly sessionId: string };

export type AppointmentId = { readonly tenantId: string; readonly id: string };

/** An appointment as its facts make it (A9). */
export type Appointment = {
  readonly status: AppointmentStatus;
  readonly startsAt?: string | undefined;
  readonly rescheduleText?: string | undefined;
  readonly cancellationReason?: string | undefined;
  readonly needsReview: boolean;
  readonly decidedByCallId?: string | undefined;
  /** Absent: nobody has decided yet. */
  readonly decidedBy?: DecidedBy | undefined;
  /** The field of the call's analysis, or `staff`. */
  readonly statusReason?: string | undefined;
  readonly notes: readonly { readonly text: string; readonly at: string }[];
};

/** All but the notes, which never change what is decided. */
type Decided = Omit<Appointment, 'notes'>;
const scheduled: Decided = { status: 'scheduled', needsReview: false };

/** Applies decisions of calls and staff in the order in which they took place; at the same moment, staff come last. */
export function appointmentOf(calls: readonly SessionDecision[], staff: readonly StaffEntry[]): Appointment {
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
function afterCall({ startsAt }: Decided, call: SessionDecision): Decided {
  const { callId, sessionId, reason: statusReason } = call;
  const decidedBy = { kind: 'call', callId, sessionId, at: new Date(call.at).toISOString() } as const;
  const decided = { status: call.outcome, statusReason, startsAt, decidedByCallId: callId, decidedBy };
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
function afterStaff(before: Decided, { status, startsAt, by, recordedAt }: StaffEntry): Decided {
  if (status === undefined && startsAt === undefined) return before;
  const settled = { ...before, needsReview: false, rescheduleText: undefined };
  const started = startsAt === undefined ? settled : { ...settled, startsAt };
  if (status === undefined) return started;
  const { cancellationReason } = before;
  return {
    ...started,
    status,
    statusReason: 'staff',
    decidedByCallId: undefined,
    decidedBy: { kind: 'staff', ...(by !== undefined && { keyId: by }), at: new Date(recordedAt).toISOString() },
    cancellationReason: status === 'cancelled' ? cancellationReason : undefined,
  };
}
