import { z } from 'zod';

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

const CallRequested = z.object({
  fromNumber: z.string().optional(),
  toNumber: z.string().optional(),
  agentId: z.string().optional(),
  appointmentId: z.string().optional(),
  contactId: z.string().optional(),
});
const CallPlaced = z.object({ retellCallId: z.string() });
const CallPlacementFailed = z.object({ reason: z.string() });

export const sessionEventSchemas = { CallRequested, CallPlaced, CallPlacementFailed } as const;

// End of the stored format.

export type SessionEventType = keyof typeof sessionEventSchemas;
export type SessionEvent = {
  readonly [T in SessionEventType]: { readonly type: T; readonly data: z.infer<(typeof sessionEventSchemas)[T]> };
}[SessionEventType];
