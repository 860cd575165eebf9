import type { NewEvent } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import { DELIVERY_QUARANTINED, type DeliveryQuarantined } from '../../events/raw-delivery.ts';
import { quarantineStream } from '../../events/streams.ts';
import { appendMissing, type Writing } from './append-missing.ts';
import type { Delivery } from './call-fact.ts';
import { rawParts } from './raw-parts.ts';

/**
 * Keeps an authentic delivery that could not be understood: nothing authentic is ever dropped. The stream is named by
 * the digest of the body, so the same body again adds nothing. The last event lists it, once all of it can be read.
 */
export async function quarantine(
  reason: DeliveryQuarantined['reason'],
  delivery: Delivery,
  writing: Writing,
): Promise<'quarantined' | 'duplicate'> {
  const { tenant, endpoint, receivedAt, sha256, body } = delivery;
  const listed: NewEvent & { data: DeliveryQuarantined } = {
    id: uuidOf('quarantined', tenant.id, sha256),
    type: DELIVERY_QUARANTINED,
    data: { reason, endpoint, receivedAt, size: body.length },
    metadata: { tenantId: tenant.id, source: 'webhook', endpoint, receivedAt, $correlationId: sha256 },
  };
  const events = [...(await rawParts(sha256, delivery)), listed];
  const outcome = await appendMissing(quarantineStream(tenant.id, sha256), events, writing);
  return outcome === 'appended' ? 'quarantined' : 'duplicate';
}
