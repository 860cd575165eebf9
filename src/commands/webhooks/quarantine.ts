import type { NewEvent } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import { DELIVERY_QUARANTINED, type DeliveryQuarantined } from '../../events/raw-delivery.ts';
import type { Delivery } from '../../retell/call-fact.ts';
import { rawParts } from './raw-parts.ts';

/**
 * What `quarantine-<tenant>.<digest of the body>` holds: the bytes, then why they stand there. The ids follow from the
 * body, so the same body again adds nothing. The last event lists it, once all of it can be read.
 */
export async function quarantineEvents(
  reason: DeliveryQuarantined['reason'],
  delivery: Delivery,
): Promise<readonly NewEvent[]> {
  const { tenant, endpoint, receivedAt, sha256, body } = delivery;
  const listed: NewEvent & { data: DeliveryQuarantined } = {
    id: uuidOf('quarantined', tenant.id, sha256),
    type: DELIVERY_QUARANTINED,
    data: { reason, endpoint, receivedAt, size: body.length },
    metadata: { tenantId: tenant.id, source: 'webhook', endpoint, receivedAt, $correlationId: sha256 },
  };
  return [...(await rawParts(sha256, delivery)), listed];
}
