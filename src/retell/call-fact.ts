import type { CallEvent, CallEventType, CallFacts, CallFactType } from '../events/call-facts.ts';
import { bytesOf } from '../events/codec.ts';
import type { NewEvent } from '../events/event-log.ts';
import { APPEND_LIMIT } from '../events/idempotent-append.ts';
import { factId, uuidOf } from '../events/identity.ts';
import { definedFields } from '../events/json.ts';
import type { Endpoint, FactMetadata } from '../events/metadata.ts';
import { withoutPerson } from '../model/redaction.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { CallStatement } from './translate.ts';

/** A verified delivery: one of the keys of the tenant signed these bytes. */
export type Delivery = {
  readonly tenant: Tenant;
  readonly endpoint: Endpoint;
  readonly body: Uint8Array;
  readonly sha256: string;
  readonly signatureHeader: string;
  readonly keyId: string;
  readonly receivedAt: string;
};

/** A new fact about a call. */
export type CallFact = {
  readonly id: string;
  readonly type: CallFactType;
  readonly callId: string;
  readonly data: CallFacts;
  readonly metadata: FactMetadata;
};

/** Where the fact comes from. */
type Origin =
  | { readonly source: 'webhook'; readonly delivery: Delivery; readonly occurredAt: string | undefined }
  | { readonly source: 'reconciliation'; readonly receivedAt: string; readonly endpoint: Endpoint };

/** Gives a statement its identity, which depends on its content only, never on how it came (C3). */
export function callFact(tenant: Tenant, { type, data }: CallStatement, origin: Origin): CallFact {
  const id = factId(tenant.id, data.callId, type, data);
  const { timeZone, defaultRegion, fieldNames, qualification } = tenant.settings;
  const metadata = definedFields({
    tenantId: tenant.id,
    source: origin.source,
    ...(origin.source === 'webhook'
      ? fromDelivery(id, origin)
      : { endpoint: origin.endpoint, receivedAt: origin.receivedAt }),
    ...{ timeZone, defaultRegion, fieldNames, qualification },
    $correlationId: data.callSessionId ?? data.callId,
  });
  return { id, type, callId: data.callId, data, metadata };
}

const fromDelivery = (deliveryId: string, { delivery, occurredAt }: Origin & { readonly source: 'webhook' }) => ({
  endpoint: delivery.endpoint,
  receivedAt: delivery.receivedAt,
  occurredAt,
  evidence: { deliveryId, sha256: delivery.sha256, bytes: delivery.body.length, keyId: delivery.keyId },
});

/** A fact of a call whose person is erased, under the id that it has anyway: a redelivery is recognised. */
export const eventsWithoutPerson = (fact: CallFact): readonly NewEvent[] =>
  eventsOf({ ...fact, data: withoutPerson(fact) });

/** In UTF-16 units: at most three bytes each in UTF-8, so two parts always fit one append. */
const PART_LENGTH = 128 * 1024;

type TextPart = Extract<CallEvent, { type: 'CallTextPart' }>['data'];

/** The fact does not fit one append even without its text. */
export class FactTooLarge extends Error {
  override readonly name = 'FactTooLarge';
}

/**
 * The events of a fact: above the append limit, the parts of its `personal` come first (docs/rules.md, "The door").
 * Throws UnrecordableEvent for the whole, since its parts would pass.
 */
export function eventsOf(whole: NewEvent & Pick<CallFact, 'data' | 'metadata'>): readonly NewEvent[] {
  if (bytesOf(whole) <= APPEND_LIMIT) return [whole];
  const { id, type, metadata } = whole;
  const { personal, ...open } = whole.data;
  const texts = cut(JSON.stringify(personal ?? {}));
  const rest = { id, type, data: { ...open, personalParts: texts.length }, metadata };
  if (bytesOf(rest) > APPEND_LIMIT) throw new FactTooLarge(`${type} ${id} does not fit one append`);
  const parts = texts.map((text, part) => ({
    ...{ id: uuidOf('text', id, String(part)), type: 'CallTextPart' satisfies CallEventType, metadata },
    data: { factId: id, part, text } satisfies TextPart,
  }));
  return [...parts, rest];
}

const cut = (text: string): string[] =>
  Array.from({ length: Math.ceil(text.length / PART_LENGTH) }, (_, i) =>
    text.slice(i * PART_LENGTH, (i + 1) * PART_LENGTH),
  );
