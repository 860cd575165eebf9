import { z } from 'zod';
import { Qualification } from './ticket-facts.ts';

export const endpoints = ['retell', 'retell-inbound-ticket', 'retell-outbound-ticket'] as const;
export type Endpoint = (typeof endpoints)[number];

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

/** What stands beside every fact: how it came to be known. Never part of its identity. */
export const FactMetadata = z.object({
  tenantId: z.string(),
  source: z.enum(['webhook', 'reconciliation', 'command']),
  endpoint: z.enum(endpoints).optional(),
  receivedAt: z.iso.datetime(),
  /** When it happened by the vendor's word (`event_timestamp`); absent: when it was received. */
  occurredAt: z.iso.datetime().optional(),
  /** The tenant's rules in force when the fact came, so that a rebuild reads it as it was read then. */
  timeZone: z.string().optional(),
  defaultRegion: z.string().optional(),
  fieldNames: z.record(z.string(), z.array(z.string())).optional(),
  qualification: Qualification.optional(),
  /** The delivery that was signed: its digest and the key that verified it. Absent: nothing was signed. */
  evidence: z
    .object({ deliveryId: z.string(), sha256: z.string(), bytes: z.number().int(), keyId: z.string() })
    .optional(),
  $correlationId: z.string(),
  $causationId: z.string().optional(),
});
export type FactMetadata = z.infer<typeof FactMetadata>;

// End of the stored format.

/**
 * How far the vendor's word may be ahead of its receipt: what a signature's time may be, and as much again for a clock.
 * A later one would make whatever its fact says the latest for ever.
 */
const AHEAD_MS = 2 * 5 * 60_000;

/** When a fact happened, as well as we know: ISO time. */
export function occurrenceOf({ occurredAt, receivedAt }: Pick<FactMetadata, 'occurredAt' | 'receivedAt'>): string {
  if (occurredAt === undefined) return receivedAt;
  return Date.parse(occurredAt) <= Date.parse(receivedAt) + AHEAD_MS ? occurredAt : receivedAt;
}
