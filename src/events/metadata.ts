import { z } from 'zod';
import { Qualification } from './ticket-facts.ts';

export const endpoints = ['retell', 'retell-inbound-ticket', 'retell-outbound-ticket'] as const;
export type Endpoint = (typeof endpoints)[number];

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

/** How a fact came to be known; never part of its identity. */
export const FactMetadata = z.object({
  tenantId: z.string(),
  source: z.enum(['webhook', 'reconciliation', 'command']),
  endpoint: z.enum(endpoints).optional(),
  receivedAt: z.iso.datetime(),
  /** The vendor's `event_timestamp`; absent: use the time of receipt. */
  occurredAt: z.iso.datetime().optional(),
  /** The tenant's rules when the fact came, so that a rebuild reads it the same way. */
  timeZone: z.string().optional(),
  defaultRegion: z.string().optional(),
  fieldNames: z.record(z.string(), z.array(z.string())).optional(),
  qualification: Qualification.optional(),
  /** The signed delivery: its digest and the key that verified it. Absent: nothing was signed. */
  evidence: z
    .object({ deliveryId: z.string(), sha256: z.string(), bytes: z.number().int(), keyId: z.string() })
    .optional(),
  /** The span that appended it, where the process traced (docs/tracing.md). */
  traceparent: z.string().optional(),
  $correlationId: z.string(),
  $causationId: z.string().optional(),
});
export type FactMetadata = z.infer<typeof FactMetadata>;

// End of the stored format.

/** The metadata of a fact that a command makes. */
export const byCommand = (tenantId: string, $correlationId: string, at = new Date()): FactMetadata => ({
  ...{ tenantId, source: 'command', receivedAt: at.toISOString(), $correlationId },
});

/**
 * How far a vendor's time may be ahead of its receipt: the signature's tolerance, twice. Any later and its fact would
 * stay the latest for ever.
 */
const AHEAD_MS = 2 * 5 * 60_000;

/** When a fact happened, as far as we know: ISO time. */
export function occurrenceOf({ occurredAt, receivedAt }: Pick<FactMetadata, 'occurredAt' | 'receivedAt'>): string {
  if (occurredAt === undefined) return receivedAt;
  return Date.parse(occurredAt) <= Date.parse(receivedAt) + AHEAD_MS ? occurredAt : receivedAt;
}
