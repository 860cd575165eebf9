import { z } from 'zod';
import type { EventOf } from './json.ts';

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

export const appointmentStatuses = ['scheduled', 'confirmed', 'rescheduled', 'cancelled'] as const;
export type AppointmentStatus = (typeof appointmentStatuses)[number];

/** What staff enter for an appointment; an absent field stays as it was. */
const AppointmentSaid = z.object({
  startsAt: z.iso.datetime().optional(),
  status: z.enum(appointmentStatuses).optional(),
  note: z.string().optional(),
  /** The id of the API key. */
  by: z.string().optional(),
});

export const appointmentEventSchemas = {
  AppointmentRegistered: AppointmentSaid,
  AppointmentChanged: AppointmentSaid,
} as const;

// End of the stored format.

export type AppointmentSaid = z.infer<typeof AppointmentSaid>;
export type AppointmentEvent = EventOf<typeof appointmentEventSchemas>;
