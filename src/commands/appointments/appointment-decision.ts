import type { AppointmentEvent, AppointmentSaid, AppointmentStatus } from '../../events/appointment-facts.ts';
import { digestOf } from '../../events/identity.ts';

/** What staff said of an appointment, as its stream has it. Calls speak of it in streams of their own. */
export type StaffRecord = {
  readonly registered: boolean;
  readonly status: AppointmentStatus;
  readonly startsAt?: string;
  /** The last thing that was said. */
  readonly last: AppointmentSaid | undefined;
  readonly lastEventAt: string | undefined;
};

export const nothingSaid: StaffRecord = {
  registered: false,
  status: 'scheduled',
  last: undefined,
  lastEventAt: undefined,
};

export function evolve(
  state: StaffRecord,
  { data, recordedAt }: { readonly data: AppointmentSaid; readonly recordedAt: string },
): StaffRecord {
  const { status = state.status, startsAt = state.startsAt } = data;
  return {
    registered: true,
    status,
    ...(startsAt !== undefined && { startsAt }),
    last: data,
    lastEventAt: recordedAt,
  };
}

const same = (a: AppointmentSaid, b: AppointmentSaid | undefined) => b !== undefined && digestOf(a) === digestOf(b);

/** Of a request with an Idempotency-Key: what was said under the same key before. */
export type Keyed = { readonly before: AppointmentSaid | undefined };

/**
 * Registers the appointment or records a change. With an Idempotency-Key the same again is nothing, and something else
 * under the same key is refused.
 *
 * Without one, a repeat of the last change is said once more but for its note: whether a call has changed the
 * status or the start in between does not stand in this stream, and what staff say last has to win (A9).
 */
export function putAppointment(
  state: StaffRecord,
  said: AppointmentSaid,
  keyed?: Keyed,
): AppointmentEvent[] | 'idempotency_key_reused' {
  if (keyed?.before !== undefined) return same(said, keyed.before) ? [] : 'idempotency_key_reused';
  if (!state.registered) return [{ type: 'AppointmentRegistered', data: said }];
  const { note: _repeated, ...rest } = said;
  const news = keyed === undefined && same(said, state.last) ? rest : said;
  return Object.keys(news).length === 0 ? [] : [{ type: 'AppointmentChanged', data: news }];
}
