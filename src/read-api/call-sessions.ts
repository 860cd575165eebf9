import { z } from '@hono/zod-openapi';
import type { CallSessionRow } from '../projections/tables.ts';

/** Strongest first (docs/rules.md, "Outcome of a call"). */
export const outcomes = [
  'confirmed',
  'rescheduled',
  'cancelled',
  'voicemail',
  'no_answer',
  'busy',
  'failed',
  'answered',
  'pending',
] as const;
export const directions = ['inbound', 'outbound', 'web'] as const;

const instant = z.iso.datetime({ precision: 3 });

const Analysis = z
  .object({
    summary: z.string().optional(),
    sentiment: z.string().optional(),
    successful: z.boolean().optional(),
    inVoicemail: z.boolean().optional(),
    custom: z
      .record(z.string(), z.unknown())
      .openapi({ type: 'object', description: 'The fields that the agent was told to fill in.' }),
  })
  .openapi('CallAnalysis');

/** docs/rules.md, "API shapes". What is not known is absent. */
export const CallSession = z
  .object({
    id: z.string().openapi({ description: 'The call session id; `call:<Retell call id>` for a call without one.' }),
    tenantId: z.string(),
    appointmentId: z.string().optional(),
    contactId: z.string().optional(),
    ticketId: z.string().optional(),
    retellCallId: z.string().optional().openapi({ description: 'The latest started of `retellCallIds`.' }),
    retellCallIds: z.array(z.string()),
    matchedByPhoneNumber: z
      .array(z.string())
      .optional()
      .openapi({
        description:
          'Those of `retellCallIds` that named no session when they were first heard of, and were linked by their ' +
          'phone number to the only request that waited for a call to it; also where a later fact has confirmed it.',
      }),
    createdAt: instant.openapi({ description: 'When the first fact was recorded; never changes.' }),
    tenantMismatch: z
      .literal(true)
      .optional()
      .openapi({ description: 'A call named another tenant; its correlation ids were ignored.' }),
    direction: z.enum(directions).optional().openapi({ description: 'Absent as long as no fact has told.' }),
    status: z.enum(outcomes).openapi({ description: 'The strongest outcome of all calls of the session.' }),
    statusReason: z.string(),
    agentId: z.string().optional(),
    agentName: z.string().optional(),
    fromNumber: z.string().optional().openapi({ description: 'As Retell gave it.' }),
    toNumber: z.string().optional().openapi({ description: 'As Retell gave it.' }),
    customerPhone: z
      .string()
      .optional()
      .openapi({ description: 'The number of the other side, in E.164; absent where it is withheld or no number.' }),
    startedAt: instant.optional(),
    endedAt: instant.optional(),
    durationMs: z.number().optional(),
    disconnectionReason: z.string().optional().openapi({ description: "Retell's word; an open list." }),
    transferred: z.boolean(),
    analysis: Analysis.optional(),
    transcript: z.string().optional().openapi({ description: 'In lists only where `fields` names it.' }),
    recordingUrl: z.string().optional(),
    archived: z.boolean(),
    requestedAt: instant
      .optional()
      .openapi({ description: 'When the call was requested here; absent for calls placed elsewhere.' }),
    lastEventAt: instant,
    revision: z.int().openapi({ description: 'Grows with every fact of the session.' }),
  })
  .openapi('CallSession');
export type CallSession = z.infer<typeof CallSession>;

/** What lists read of a session: all but its transcript, of which a page would hold too many. */
export const listedColumns = [
  ...['tenant_id', 'id', 'status', 'status_reason', 'direction', 'appointment_id', 'contact_id', 'ticket_id'],
  ...['retell_call_id', 'retell_call_ids', 'matched_by_phone_number', 'agent_id', 'agent_name', 'from_number'],
  ...['to_number', 'customer_phone', 'started_at', 'ended_at', 'duration_ms', 'disconnection_reason', 'transferred'],
  ...['tenant_mismatch', 'archived', 'analysis_json', 'recording_url', 'requested_at', 'created_at', 'last_event_at'],
  'revision',
] as const satisfies readonly (keyof CallSessionRow)[];
type Listed = Pick<CallSessionRow, (typeof listedColumns)[number]> & Partial<Pick<CallSessionRow, 'transcript'>>;

/** What the row holds null for is undefined here, and so absent from the JSON. */
export const callSessionOf = (row: Listed): CallSession => ({
  id: row.id,
  tenantId: row.tenant_id,
  appointmentId: row.appointment_id ?? undefined,
  contactId: row.contact_id ?? undefined,
  ticketId: row.ticket_id ?? undefined,
  retellCallId: row.retell_call_id ?? undefined,
  retellCallIds: row.retell_call_ids,
  matchedByPhoneNumber: row.matched_by_phone_number ?? undefined,
  createdAt: row.created_at.toISOString(),
  tenantMismatch: row.tenant_mismatch || undefined,
  direction: (row.direction as CallSession['direction'] | null) ?? undefined,
  status: row.status as CallSession['status'],
  statusReason: row.status_reason,
  agentId: row.agent_id ?? undefined,
  agentName: row.agent_name ?? undefined,
  fromNumber: row.from_number ?? undefined,
  toNumber: row.to_number ?? undefined,
  customerPhone: row.customer_phone ?? undefined,
  startedAt: row.started_at?.toISOString(),
  endedAt: row.ended_at?.toISOString(),
  durationMs: row.duration_ms ?? undefined,
  disconnectionReason: row.disconnection_reason ?? undefined,
  transferred: row.transferred,
  analysis: (row.analysis_json as CallSession['analysis'] | null) ?? undefined,
  transcript: row.transcript ?? undefined,
  recordingUrl: row.recording_url ?? undefined,
  archived: row.archived,
  requestedAt: row.requested_at?.toISOString(),
  lastEventAt: row.last_event_at.toISOString(),
  revision: row.revision,
});
