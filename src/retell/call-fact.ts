import type { Tenant } from '../commands/tenants/tenant.ts';
import type { CallFacts, CallFactType } from '../events/call-facts.ts';
import { factId } from '../events/identity.ts';
import type { Endpoint, FactMetadata } from '../events/metadata.ts';
import type { CallStatement } from './translate.ts';

/** A verified delivery: these bytes were signed with one of the tenant's keys. */
export type Delivery = {
  readonly tenant: Tenant;
  readonly endpoint: Endpoint;
  readonly body: Uint8Array;
  readonly sha256: string;
  readonly signatureHeader: string;
  readonly keyId: string;
  readonly receivedAt: string;
};

/** A fact about a call, and how it came to be known. */
export type CallFact = {
  readonly id: string;
  readonly type: CallFactType;
  readonly callId: string;
  readonly data: CallFacts;
  readonly metadata: FactMetadata;
};

/** How the fact came to be known, besides what is derived here. */
export type Origin =
  | { readonly source: 'webhook'; readonly delivery: Delivery; readonly occurredAt: string | undefined }
  | { readonly source: 'reconciliation'; readonly receivedAt: string; readonly endpoint: Endpoint };

/** Gives a statement its identity, which is what it says and nothing of how it came (C3). */
export function callFact(tenant: Tenant, { type, data }: CallStatement, origin: Origin): CallFact {
  const id = factId(tenant.id, data.callId, type, data);
  const { timeZone, defaultRegion, fieldNames, qualification } = tenant.settings;
  const metadata = {
    tenantId: tenant.id,
    source: origin.source,
    ...(origin.source === 'webhook' ? fromDelivery(id, origin.delivery, origin.occurredAt) : originOf(origin)),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(defaultRegion === undefined ? {} : { defaultRegion }),
    ...(fieldNames === undefined ? {} : { fieldNames }),
    ...(qualification === undefined ? {} : { qualification }),
    $correlationId: data.callSessionId ?? data.callId,
  };
  return { id, type, callId: data.callId, data, metadata };
}

const fromDelivery = (deliveryId: string, delivery: Delivery, occurredAt: string | undefined) => ({
  endpoint: delivery.endpoint,
  receivedAt: delivery.receivedAt,
  ...(occurredAt === undefined ? {} : { occurredAt }),
  evidence: { deliveryId, sha256: delivery.sha256, bytes: delivery.body.length, keyId: delivery.keyId },
});

const originOf = ({ endpoint, receivedAt }: Origin & { source: 'reconciliation' }) => ({ endpoint, receivedAt });
