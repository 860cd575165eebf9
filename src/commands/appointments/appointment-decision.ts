import type { AppointmentEvent, AppointmentSaid, AppointmentStatus } from '../../events/appointment-facts.ts';
import { digestOf } from '../../events/identity.ts';

/** What staff said of an appointment, as its stream has it. Calls speak of it in streams of their own. */
export type StaffRecord = {
  readonly registered: boolean;
  readonly status: AppointmentStatus;
  readonly startsAt?: string;
  readonly notes: readonly { readonly text: string; readonly at: string }[];
  /** The last thing that was said. */
  readonly last: AppointmentSaid | undefined;
  readonly lastEventAt: string | undefined;
  /** What was said under which event id, for requests that carry an Idempotency-Key. */
  readonly said: ReadonlyMap<string, AppointmentSaid>;
};

export const nothingSaid: StaffRecord = {
  registered: false,
  status: 'scheduled',
  notes: [],
  last: undefined,
  lastEventAt: undefined,
  said: new Map(),
};

export function evolve(
  state: StaffRecord,
  { id, data, recordedAt }: { readonly id: string; readonly data: AppointmentSaid; readonly recordedAt: string },
): StaffRecord {
  const { status = state.status, startsAt = state.startsAt, note } = data;
  return {
    registered: true,
    status,
    ...(startsAt !== undefined && { startsAt }),
    notes: note === undefined ? state.notes : [...state.notes, { text: note, at: recordedAt }],
    last: data,
    lastEventAt: recordedAt,
    said: new Map(state.said).set(id, data),
  };
}

const same = (a: AppointmentSaid, b: AppointmentSaid | undefined) => b !== undefined && digestOf(a) === digestOf(b);

/**
 * Registers the appointment or records a change. `requestId` is the event's id where the request has an
 * Idempotency-Key: the same again is nothing, something else under the same key is refused.
 *
 * Without one, a repeat of the last change is said once more but for its note: whether a call has changed the
 * status or the start in between does not stand in this stream, and what staff say last has to win (A9).
 */
export function putAppointment(
  state: StaffRecord,
  said: AppointmentSaid,
  requestId?: string,
): AppointmentEvent[] | 'idempotency_key_reused' {
  const before = requestId === undefined ? undefined : state.said.get(requestId);
  if (before !== undefined) return same(said, before) ? [] : 'idempotency_key_reused';
  if (!state.registered) return [{ type: 'AppointmentRegistered', data: said }];
  const { note: _repeated, ...rest } = said;
  const news = requestId === undefined && same(said, state.last) ? rest : said;
  return Object.keys(news).length === 0 ? [] : [{ type: 'AppointmentChanged', data: news }];
}
