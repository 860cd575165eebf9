import { decode } from '../../events/codec.ts';
import { type EventLog, readLeft } from '../../events/event-log.ts';
import { isTenantId } from '../../events/ids.ts';
import type { DeliveryQuarantined, DeliveryReleased } from '../../events/raw-delivery.ts';
import type { Recorded } from '../../events/recorded.ts';
import { parseStream, prefixOf } from '../../events/streams.ts';
import { type EvidenceVerdict, isAsSigned } from '../../evidence/evidence.ts';
import type { TenantDirectory } from '../tenants/tenant.ts';
import { assemble, type RawDelivery } from '../webhooks/raw-parts.ts';

/** `<tenant>.<digest of the body>`: the name of its stream without the category. */
export type QuarantineId = string;

/** A delivery that was set aside, as its stream tells it. */
export type Quarantined = {
  readonly id: QuarantineId;
  readonly stream: string;
  readonly tenantId: string;
  readonly listed: DeliveryQuarantined;
  /** When a retry made a fact of it, and which. */
  readonly released?: DeliveryReleased & { readonly at: string };
} & Evidence;

/** The bytes, and whether they still are what was signed. */
export type Evidence =
  | { readonly evidence: 'verified'; readonly raw: RawDelivery }
  | { readonly evidence: Exclude<EvidenceVerdict, 'verified' | 'none'>; readonly raw?: RawDelivery };

/** Undefined: nothing is in quarantine under this id. Throws EventStoreUnavailable. */
export async function readQuarantined(
  log: EventLog,
  tenants: TenantDirectory,
  id: QuarantineId,
): Promise<Quarantined | undefined> {
  const stream = `${prefixOf('quarantine')}${id}`;
  const { tenantId = '', id: digest = '' } = parseStream(stream) ?? {};
  if (!isTenantId(tenantId) || !/^[0-9a-f]{64}$/.test(digest)) return undefined;
  const events = await readLeft(log, stream);
  const found: { listed?: DeliveryQuarantined; released?: Quarantined['released'] } = {};
  for (const fact of events.map(decode)) {
    if (fact?.type === 'DeliveryQuarantined') found.listed ??= fact.data;
    if (fact?.type === 'DeliveryReleased') found.released ??= { ...fact.data, at: fact.recordedAt };
  }
  const { listed, released } = found;
  if (listed === undefined) return undefined; // the parts alone: its sender was answered 503, and sends it again
  const evidence = await evidenceOf(events, digest, tenants, tenantId);
  return { id, stream, tenantId, listed, ...(released && { released }), ...evidence };
}

async function evidenceOf(
  events: readonly Recorded[],
  digest: string,
  tenants: TenantDirectory,
  tenantId: string,
): Promise<Evidence> {
  const tenant = tenants.get(tenantId);
  try {
    const raw = await assemble(events, digest, digest);
    if (raw === undefined) return { evidence: 'expired' };
    return { evidence: tenant !== undefined && isAsSigned(raw, tenant) ? 'verified' : 'failed', raw };
  } catch {
    return { evidence: 'failed' }; // the parts are there and do not unzip
  }
}
