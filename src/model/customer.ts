import { uuidOf } from '../events/identity.ts';
import { type Latest, latest, latestOf, latestValue } from './latest.ts';
import { directionOf, type TicketCall } from './ticket-call.ts';

/** The customer that a call is with. */
type CallCustomer = {
  readonly id: string;
  /** E.164. */
  readonly phone: string;
  /** As this call wrote it, sorted. */
  readonly rawPhones: readonly string[];
};

/** Other systems keep this id, so treat it as a STORED FORMAT. */
export const customerIdOf = (tenantId: string, phone: string): string => `cus_${uuidOf('customer', tenantId, phone)}`;

/** The other side of the call (B6). None for a web call or an impossible number. */
export function customerOfCall(call: TicketCall): CallCustomer | undefined {
  if (!call.opened || latestValue(call.known, 'direction') === 'web') return undefined;
  const phone = latestValue(call.known, directionOf(call) === 'inbound' ? 'fromPhone' : 'toPhone');
  return phone === undefined
    ? undefined
    : { id: customerIdOf(call.tenantId, phone), phone, rawPhones: call.spellings[phone] ?? [] };
}

/** A customer as its calls make it (B6). */
export type Customer = {
  readonly tenantId: string;
  readonly id: string;
  readonly phone: string;
  readonly rawPhones: readonly string[];
  /** How many calls wrote it so. */
  readonly spelled: Readonly<Record<string, number>>;
  readonly name?: Latest<string> | undefined;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly calls: number;
  readonly createdAt: string;
};

/** The customer that one call alone makes. */
export function customerBy(call: TicketCall): Customer | undefined {
  const customer: CallCustomer | undefined = customerOfCall(call);
  if (!customer) return undefined;
  return {
    tenantId: call.tenantId,
    ...customer,
    spelled: Object.fromEntries(customer.rawPhones.map((raw) => [raw, 1])),
    name: latestOf(call.known, 'customerName'),
    firstSeenAt: call.seen[0],
    lastSeenAt: call.seen[1],
    calls: 1,
    createdAt: call.opened!.recordedAt,
  };
}

/**
 * The customer with one more call, or with more of a known one, as it was `before`. All but the counts is a join, since
 * what a call contributes only grows.
 */
export function withCall(customer: Customer | undefined, call: Customer, before?: Customer): Customer {
  if (!customer) return call;
  const added = call.rawPhones.filter((raw) => !before?.rawPhones.includes(raw));
  const spelled = counted(customer.spelled, added, 1);
  return {
    ...customer,
    ...{ spelled, rawPhones: Object.keys(spelled).sort() },
    name: latest(customer.name, call.name),
    firstSeenAt: Math.min(customer.firstSeenAt, call.firstSeenAt),
    lastSeenAt: Math.max(customer.lastSeenAt, call.lastSeenAt),
    calls: customer.calls + (before ? 0 : 1),
    createdAt: [customer.createdAt, call.createdAt].sort()[0]!,
  };
}

/** The customer without one of its calls; undefined where only the others can say what is left. */
export function withoutCall(customer: Customer, call: Customer): Customer | undefined {
  const decides =
    call.firstSeenAt <= customer.firstSeenAt ||
    call.lastSeenAt >= customer.lastSeenAt ||
    call.createdAt <= customer.createdAt ||
    (call.name !== undefined && call.name.by === customer.name?.by);
  if (decides) return undefined;
  const spelled = counted(customer.spelled, call.rawPhones, -1);
  return { ...customer, spelled, rawPhones: Object.keys(spelled).sort(), calls: customer.calls - 1 };
}

function counted(spelled: Customer['spelled'], some: readonly string[], by: 1 | -1): Customer['spelled'] {
  if (some.length === 0) return spelled;
  const counts = new Map(Object.entries(spelled));
  for (const raw of some) counts.set(raw, (counts.get(raw) ?? 0) + by);
  return Object.fromEntries([...counts].filter(([, count]) => count > 0));
}
