import type { AppointmentEvent } from '../../events/appointment-facts.ts';
import type { Fact } from '../../events/codec.ts';
import { parseStream } from '../../events/streams.ts';
import { type Entries, type Entry, withEntry } from '../../model/entries.ts';
import { occurredAt } from '../../model/latest.ts';

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
