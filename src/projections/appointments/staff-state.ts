import type { AppointmentEvent } from '../../events/appointment-facts.ts';
import type { Fact } from '../../events/codec.ts';
import { parseStream } from '../../events/streams.ts';
import { occurredAt } from '../calls/latest.ts';
import { isBefore, type Position } from '../calls/position.ts';

/** What staff said of an appointment at one moment. */
export type StaffEntry = AppointmentEvent['data'] & {
  readonly id: string;
  readonly position: Position;
  readonly recordedAt: string;
  readonly occurredAt: number;
};

/** An appointment's own stream: all that staff said, in the order of the log. */
export type StaffState = {
  readonly tenantId: string;
  readonly appointmentId: string;
  readonly entries: readonly StaffEntry[];
};

export function reduceStaff(before: StaffState | undefined, fact: Fact<AppointmentEvent>): StaffState {
  const state = before ?? {
    tenantId: fact.metadata.tenantId,
    appointmentId: parseStream(fact.stream)?.id ?? fact.stream,
    entries: [],
  };
  if (state.entries.some(({ id }) => id === fact.id)) return state;
  switch (fact.type) {
    case 'AppointmentRegistered':
    case 'AppointmentChanged': {
      const { id, position, recordedAt } = fact;
      const entry = { ...fact.data, id, position: `${position}`, recordedAt, occurredAt: occurredAt(fact) };
      const entries = [...state.entries, entry].sort((a, b) => (isBefore(a.position, b.position) ? -1 : 1));
      return { ...state, entries };
    }
  }
}
