import { entriesOf } from '../../model/entries.ts';
import { findNamed } from '../../model/named.ts';
import { asRead } from '../as-of/as-read.ts';
import { type Parts, sessionsOf } from '../as-of/sessions.ts';
import { isBefore, type Position } from '../calls/position.ts';
import type { AppointmentRow } from '../tables.ts';
import { decisionsOf, rowOf, rows } from '../views/appointments.ts';
import type { Decisions } from './decision.ts';
import type { StaffState } from './staff-state.ts';

/** Where an appointment was named, or staff spoke of it. */
type Mention = { readonly position: Position; readonly recordedAt: string; readonly earliestAt: number };

/**
 * An appointment as the read model would hold it, had it heard of nothing but these; undefined: it was not known.
 * `sessionIds`: those that may have been about it, with all their calls among the parts.
 */
export function appointmentAsOf(
  id: string,
  sessionIds: readonly string[],
  parts: Parts<Decisions>,
  staff: StaffState | undefined,
): AppointmentRow | undefined {
  const entries = entriesOf(staff?.entries);
  const said = entries.slice(0, 1).map((entry): Mention => ({ ...entry, earliestAt: entry.occurredAt }));
  const mentions = [...said, ...mentionsOf(id, parts)].sort((a, b) => (isBefore(a.position, b.position) ? -1 : 1));
  const [first] = mentions;
  if (!first) return undefined;
  const decided = sessionsOf(sessionIds, parts).flatMap(decisionsOf);
  const row = rowOf(
    { tenantId: parts.tenantId, id },
    {
      calls: decided.filter(({ appointment_id }) => appointment_id === id).map(({ decision }) => decision),
      entries,
      createdAt: first.recordedAt,
      firstEventAt: Math.min(...mentions.map(({ earliestAt }) => earliestAt)),
    },
  );
  return asRead(rows, row) as AppointmentRow;
}

const mentionsOf = (id: string, { calls, requests }: Parts<Decisions>): Mention[] =>
  [...calls, ...requests].flatMap(({ appointmentsNamed }) => findNamed(appointmentsNamed, id) ?? []);
