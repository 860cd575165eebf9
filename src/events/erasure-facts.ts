import { z } from 'zod';
import type { EventOf, Json } from './json.ts';

export const erasers = ['admin', 'tenant', 'retention'] as const;

const decimal = z.string().regex(/^\d+$/);
const json = z.record(z.string(), z.custom<Json>());

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

/** On whose word, and why; nothing personal. */
export const Erasure = z.object({
  id: z.string(),
  by: z.enum(erasers),
  reason: z.string().optional(),
  requestedAt: z.iso.datetime(),
});
export type Erasure = z.infer<typeof Erasure>;

/** A fact as it was recorded, where it was, without what identifies a person. */
export const KeptFact = z.object({
  id: z.string(),
  type: z.string(),
  revision: decimal,
  position: decimal,
  recordedAt: z.iso.datetime(),
  data: json,
  metadata: json,
});
export type KeptFact = z.infer<typeof KeptFact>;

/**
 * The person is gone from all revisions before `before`; `facts` is what is left of them. With very many facts several
 * follow each other, each `part` with some of them.
 */
export const Erased = z.object({
  erasure: Erasure,
  before: decimal,
  facts: z.array(KeptFact),
  part: z.number().int().optional(),
  parts: z.number().int().optional(),
});
export type Erased = z.infer<typeof Erased>;

/** `EvidenceErased`: the last event of a stream of evidence; nothing is written to it any more. */
export const EVIDENCE_ERASED = 'EvidenceErased';
export const EvidenceErased = z.object({ erasure: Erasure });

/** Each in a stream of its category. */
export const erasureEventSchemas = {
  CallErased: Erased,
  SessionErased: Erased,
  AppointmentErased: Erased,
  TicketErased: Erased,
  DeliveryErased: Erased,
} as const;

// End of the stored format.

export type ErasureEvent = EventOf<typeof erasureEventSchemas>;

/** The type of the event that erases a stream, by its category. */
export const erasedTypes = {
  call: 'CallErased',
  session: 'SessionErased',
  appointment: 'AppointmentErased',
  ticket: 'TicketErased',
  quarantine: 'DeliveryErased',
} as const satisfies Readonly<Record<string, ErasureEvent['type']>>;

export const isErasedType = (type: string): type is ErasureEvent['type'] => Object.hasOwn(erasureEventSchemas, type);
