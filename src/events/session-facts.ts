import { z } from 'zod';
import type { EventOf } from './json.ts';

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

const CallRequested = z.object({
  fromNumber: z.string().optional(),
  toNumber: z.string().optional(),
  agentId: z.string().optional(),
  appointmentId: z.string().optional(),
  contactId: z.string().optional(),
  /** Of the whole request, dynamic variables included: identifies a repeated request. */
  requestDigest: z.string().optional(),
  /** The id of the API key that asked. */
  by: z.string().optional(),
});
const CallPlaced = z.object({ retellCallId: z.string() });
const CallPlacementFailed = z.object({ reason: z.string() });

/**
 * `IdempotencyKeyUsed`: the session a key asked for. Not a fact: it is in its own stream, `idempotency-<tenant>.<digest
 * of the key>`, which no projection reads.
 */
export const IDEMPOTENCY_KEY_USED = 'IdempotencyKeyUsed';
export const IdempotencyKeyUsed = z.object({ callSessionId: z.string(), requestDigest: z.string() });

const position = z.string().regex(/^\d+$/);

/** Where in the log a reaction started; absent: before the first event. No projection reads it. */
export const REACTION_STARTED = 'ReactionStarted';
export const ReactionStarted = z.object({ after: position.optional() });

/** Up to where in the log a reaction has acted, but for what is at the open positions. No projection reads it. */
export const REACTION_REACHED = 'ReactionReached';
export const ReactionReached = z.object({ after: position, open: z.array(position) });
export type ReactionReached = z.infer<typeof ReactionReached>;

/**
 * The sessions that had been requested and not answered up to a position (absent: the beginning). No projection reads
 * it.
 */
export const OPEN_REQUESTS_SEEN = 'OpenRequestsSeen';
export const OpenRequestsSeen = z.object({
  after: position.optional(),
  open: z.array(z.object({ tenantId: z.string(), sessionId: z.string() })),
});

/** One of the calls that a tenant has had dialled on a day, in that day's own stream: their number is the revision. */
export const CALL_COUNTED = 'CallCounted';
export const CallCounted = z.object({ callSessionId: z.string() });

export const sessionEventSchemas = { CallRequested, CallPlaced, CallPlacementFailed } as const;

// End of the stored format.

export type SessionEvent = EventOf<typeof sessionEventSchemas>;
