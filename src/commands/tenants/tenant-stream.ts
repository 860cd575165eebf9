import { type DomainEvent, decode, type Fact } from '../../events/codec.ts';
import type { NewEvent } from '../../events/event-log.ts';
import { digestOf, uuidOf } from '../../events/identity.ts';
import type { JsonObject } from '../../events/json.ts';
import type { FactMetadata } from '../../events/metadata.ts';
import type { Recorded } from '../../events/recorded.ts';
import { tenantStream } from '../../events/streams.ts';
import { type TenantEvent, tenantEventSchemas } from '../../events/tenant-facts.ts';
import { evolve, initialTenant, type TenantState } from './tenant-state.ts';

/** The recorded event as one of a tenant's; undefined for any other. Throws where it is broken. */
export function tenantEventOf(recorded: Recorded): Fact<TenantEvent> | undefined {
  const fact = decode(recorded);
  return fact !== undefined && isTenantEvent(fact) ? fact : undefined;
}

const isTenantEvent = (fact: Fact<DomainEvent>): fact is Fact<TenantEvent> =>
  Object.hasOwn(tenantEventSchemas, fact.type);

export const tenantAfter = (id: string, seen: readonly Recorded[]): TenantState =>
  seen.reduce((state, recorded) => {
    const event = tenantEventOf(recorded);
    return event === undefined ? state : evolve(state, event);
  }, initialTenant(id));

/**
 * The events as they are to be appended after those seen. A key may be added, retired and added again, so an id
 * also names the revision that the event is to have: the same append again is recognised, a later one is not it.
 */
export function toAppend(
  tenantId: string,
  seen: readonly Recorded[],
  events: readonly TenantEvent[],
  at: string,
): NewEvent[] {
  const next = (seen.at(-1)?.revision ?? -1n) + 1n;
  const metadata: FactMetadata = {
    tenantId,
    source: 'command',
    receivedAt: at,
    $correlationId: tenantStream(tenantId),
  };
  return events.map(({ type, data }, i) => ({
    id: uuidOf(tenantStream(tenantId), `${next + BigInt(i)}`, type, digestOf(data)),
    type,
    data: data as JsonObject,
    metadata: metadata as unknown as JsonObject,
  }));
}
