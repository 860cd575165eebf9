import { z } from 'zod';
import type { EventOf } from './json.ts';

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

/**
 * `RawDeliveryPart`: a binary event with a part of the gzipped bytes exactly as they were signed, in `evidence-…`
 * beside a fact or in `quarantine-…`.
 */
export const RAW_DELIVERY_PART = 'RawDeliveryPart';

export const RawDeliveryPart = z.object({
  tenantId: z.string(),
  /** The same for all parts of one delivery: the fact's id, or the digest of the quarantined body. */
  deliveryId: z.string(),
  part: z.number().int(),
  parts: z.number().int(),
  /** Of the whole body before compression. */
  sha256: z.string(),
  bytes: z.number().int(),
  signatureHeader: z.string(),
  keyId: z.string(),
  verdict: z.literal('authentic'),
  receivedAt: z.iso.datetime(),
});
export type RawDeliveryPart = z.infer<typeof RawDeliveryPart>;

/** `DeliveryQuarantined`: written after the parts, so that what is listed can be read. */
export const DELIVERY_QUARANTINED = 'DeliveryQuarantined';

export const quarantineReasons = [
  'not_json',
  'schema_invalid',
  'too_deep',
  'too_many_fields',
  'call_id_invalid',
  'not_a_call',
  'untranslatable',
  /** Several tenants hold the key, and the call names none of them. */
  'tenant_mismatch',
  /** The stream of its call, or of the call's evidence, was deleted for good. */
  'stream_deleted',
] as const;

export type QuarantineReason = (typeof quarantineReasons)[number];

export const DeliveryQuarantined = z.object({
  reason: z.enum(quarantineReasons),
  endpoint: z.string(),
  receivedAt: z.iso.datetime(),
  /** Bytes of the body. */
  size: z.number().int(),
});
export type DeliveryQuarantined = z.infer<typeof DeliveryQuarantined>;

/** `DeliveryReleased`: a retry could read the delivery, and its fact is in the stream of the call. */
export const DELIVERY_RELEASED = 'DeliveryReleased';

export const DeliveryReleased = z.object({ callId: z.string(), factId: z.string() });
export type DeliveryReleased = z.infer<typeof DeliveryReleased>;

/** The facts of a quarantine stream; the bytes are beside them. */
export const quarantineEventSchemas = { DeliveryQuarantined, DeliveryReleased } as const;

// End of the stored format.

export type QuarantineEvent = EventOf<typeof quarantineEventSchemas>;
