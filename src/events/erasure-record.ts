import { z } from 'zod';
import { Erasure } from './erasure-facts.ts';
import type { EventOf } from './json.ts';

const decimal = z.string().regex(/^\d+$/);

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

/** Who is to be erased. A person is the HMAC of a number, under a key that follows from MASTER_KEY. */
export const Subject = z.object({
  kind: z.enum(['person', 'call', 'session', 'retention']),
  person: z.string().optional(),
  callId: z.string().optional(),
  sessionId: z.string().optional(),
  /** Of retention: what is due, and up to when. */
  what: z.enum(['personal', 'evidence']).optional(),
  until: z.iso.datetime().optional(),
});
export type Subject = z.infer<typeof Subject>;

const ErasureRequested = z.object({
  erasure: Erasure,
  subject: Subject,
  /** Of the whole request, where it had an Idempotency-Key: an HMAC, since it may name a person. */
  requestDigest: z.string().optional(),
  deleteAtRetell: z.literal(true).optional(),
});

/** Some of what is to be erased; `last`: there is no more. */
const ErasureFound = z.object({
  calls: z.array(z.string()),
  sessions: z.array(z.string()),
  quarantined: z.array(z.string()),
  last: z.literal(true).optional(),
});

/** Streams that are erased, each with the first revision that is left, and how many of them are calls and bodies. */
const ErasureProgressed = z.object({
  streams: z.array(z.object({ stream: z.string(), before: decimal })),
  calls: z.number().int(),
  quarantined: z.number().int(),
  /** The log's last word that hides something: a scavenge from beyond it removes all. */
  position: decimal.optional(),
});

const ErasureDone = z.object({});
const ErasureFailed = z.object({ reason: z.string() });
/** No byte is left in the files of the stores. */
const ErasureRemoved = z.object({});
/** What Retell said to the wish to delete a call: `deleted`, or why not. */
const CallDeletedAtRetell = z.object({ callId: z.string(), outcome: z.string() });

export const erasureRecordSchemas = {
  ErasureRequested,
  ErasureFound,
  ErasureProgressed,
  ErasureDone,
  ErasureFailed,
  ErasureRemoved,
  CallDeletedAtRetell,
} as const;

// End of the stored format.

export type ErasureRecordEvent = EventOf<typeof erasureRecordSchemas>;
