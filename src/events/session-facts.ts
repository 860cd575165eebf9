import { z } from 'zod';

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

const CallRequested = z.object({
  fromNumber: z.string().optional(),
  toNumber: z.string().optional(),
  agentId: z.string().optional(),
  appointmentId: z.string().optional(),
  contactId: z.string().optional(),
  /** Of all that was asked for, dynamic variables too: by it the same request is recognised. */
  requestDigest: z.string().optional(),
  /** Whoever asked: the id of the API key. */
  by: z.string().optional(),
});
const CallPlaced = z.object({ retellCallId: z.string() });
const CallPlacementFailed = z.object({ reason: z.string() });

/**
 * `IdempotencyKeyUsed`: which session a request with an Idempotency-Key asked for. It is no fact of the session and
 * stands in a stream of its own, which no projection reads: `idempotency-<tenant>.<digest of the key>`.
 */
export const IDEMPOTENCY_KEY_USED = 'IdempotencyKeyUsed';
export const IdempotencyKeyUsed = z.object({ callSessionId: z.string(), requestDigest: z.string() });

const position = z.string().regex(/^\d+$/);

/** Where in the log a reaction began, once for all; absent: before its first event. */
export const REACTION_STARTED = 'ReactionStarted';
export const ReactionStarted = z.object({ after: position.optional() });

/** As of a position of the log (absent: its beginning): the sessions that were requested and not answered for. */
export const OPEN_REQUESTS_SEEN = 'OpenRequestsSeen';
export const OpenRequestsSeen = z.object({
  after: position.optional(),
  open: z.array(z.object({ tenantId: z.string(), sessionId: z.string() })),
});

export const sessionEventSchemas = { CallRequested, CallPlaced, CallPlacementFailed } as const;

// End of the stored format.

export type SessionEventType = keyof typeof sessionEventSchemas;
export type SessionEvent = {
  readonly [T in SessionEventType]: { readonly type: T; readonly data: z.infer<(typeof sessionEventSchemas)[T]> };
}[SessionEventType];
