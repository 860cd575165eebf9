import { z } from 'zod';
import type { EventOf, Json } from './json.ts';

const instant = z.iso.datetime();
const jsonRecord = z.record(z.string(), z.custom<Json>());

export const directions = ['inbound', 'outbound', 'web'] as const;

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

/**
 * Identifies a person, so it is kept under one key to be encrypted and shredded. Outcomes never rest on it: what
 * decides them is in `CallFacts`.
 */
export const Personal = z.object({
  fromNumber: z.string().optional(),
  toNumber: z.string().optional(),
  transcript: z.string().optional(),
  recordingUrl: z.string().optional(),
  summary: z.string().optional(),
  sentiment: z.string().optional(),
  /** Custom analysis fields that are free text, numbers or structures. */
  custom: jsonRecord.optional(),
  /** Variables given to the call, and variables collected during it. */
  variables: jsonRecord.optional(),
  collected: jsonRecord.optional(),
  transferDestination: z.custom<Json>().optional(),
});
export type Personal = z.infer<typeof Personal>;

/** What one fact says of its call. Every list of words of the vendor is open. */
export const CallFacts = z.object({
  callId: z.string(),
  direction: z.enum(directions).optional(),
  agentId: z.string().optional(),
  agentName: z.string().optional(),
  callStatus: z.string().optional(),
  disconnectionReason: z.string().optional(),
  startedAt: instant.optional(),
  endedAt: instant.optional(),
  durationMs: z.number().optional(),
  callSessionId: z.string().optional(),
  appointmentId: z.string().optional(),
  contactId: z.string().optional(),
  /** The payload named a tenant other than the one whose key verified it, so its correlation ids were ignored. */
  tenantMismatch: z.literal(true).optional(),
  /** Whether the other side spoke, by the transcript of this fact. Absent: unknown. */
  userSpoke: z.boolean().optional(),
  /** An analysis came with this fact, even an empty one. */
  analysed: z.literal(true).optional(),
  inVoicemail: z.boolean().optional(),
  successful: z.boolean().optional(),
  /** Custom analysis fields that are a flag or an outcome word, under the names they came with. */
  flags: jsonRecord.optional(),
  /** The same among the variables collected during the call. */
  collectedFlags: jsonRecord.optional(),
  /** Absent when it is in `personalParts` CallTextPart events before this one. */
  personal: Personal.optional(),
  personalParts: z.number().int().positive().optional(),
});
export type CallFacts = z.infer<typeof CallFacts>;

const CallEventUnrecognized = CallFacts.extend({
  /** The vendor's name of the event, and the digest of its whole content. */
  event: z.string(),
  payloadDigest: z.string(),
});

/** A part of the JSON text of a later fact's `personal`, which would exceed the append limit. */
export const CallTextPart = z.object({ factId: z.string(), part: z.number().int(), text: z.string() });

const CallArchived = z.object({ by: z.string().optional() });

/** The call belongs to a session that it does not name (A6); `by` says how that was found: `phone_number`. */
const CallLinked = z.object({ sessionId: z.string(), by: z.string() });

export const callEventSchemas = {
  CallStarted: CallFacts,
  CallEnded: CallFacts,
  CallAnalyzed: CallFacts,
  TransferStarted: CallFacts,
  TransferBridged: CallFacts,
  TransferCancelled: CallFacts,
  TransferEnded: CallFacts,
  CallEventUnrecognized,
  CallTextPart,
  CallArchived,
  CallUnarchived: CallArchived,
  CallLinked,
} as const;

// End of the stored format.

export type CallEventType = keyof typeof callEventSchemas;
export type CallEvent = EventOf<typeof callEventSchemas>;

/** The types that describe the call. */
export type CallFactType = Exclude<CallEventType, 'CallTextPart' | 'CallArchived' | 'CallUnarchived' | 'CallLinked'>;
