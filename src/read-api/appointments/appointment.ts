import { z } from '@hono/zod-openapi';
import type { AppointmentRow } from '../../projections/tables.ts';

/** docs/rules.md, "Appointment". */
export const appointmentStatuses = ['scheduled', 'confirmed', 'rescheduled', 'cancelled'] as const;

const instant = z.iso.datetime({ precision: 3 });

/** docs/rules.md, "API shapes". What is not known is absent. */
export const Appointment = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    status: z.enum(appointmentStatuses),
    startsAt: instant.optional(),
    rescheduleText: z.string().optional().openapi({ description: 'A new time that was said in words; never guessed.' }),
    cancellationReason: z.string().optional(),
    needsReview: z.boolean().openapi({ description: 'Something was said that a person has to read.' }),
    decidedByCallId: z.string().optional().openapi({ description: "Retell's id of the call that decided the status." }),
    notes: z.array(z.object({ text: z.string(), at: instant })),
    lastEventAt: instant,
  })
  .openapi('Appointment');
export type Appointment = z.infer<typeof Appointment>;

/** What the row holds null for is undefined here, and so absent from the JSON. */
export const appointmentOf = (row: AppointmentRow): Appointment => ({
  id: row.id,
  tenantId: row.tenant_id,
  status: row.status as Appointment['status'],
  startsAt: row.starts_at?.toISOString(),
  rescheduleText: row.reschedule_text ?? undefined,
  cancellationReason: row.cancellation_reason ?? undefined,
  needsReview: row.needs_review,
  decidedByCallId: row.decided_by_call_id ?? undefined,
  notes: row.notes_json,
  lastEventAt: row.last_event_at.toISOString(),
});
