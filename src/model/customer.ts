import { type CallCustomer, customerOfCall } from '../projections/customers/customer-of-call.ts';
import { type Latest, latest, latestOf } from './latest.ts';
import type { TicketCall } from './ticket-call.ts';

/** What calls make of a customer (B6). */
export type Customer = {
  readonly tenantId: string;
  readonly id: string;
  readonly phone: string;
  readonly rawPhones: readonly string[];
  readonly name?: Latest<string> | undefined;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly calls: number;
  readonly createdAt: string;
};

/** The customer as one call alone makes it. */
export function customerBy(call: TicketCall): Customer | undefined {
  const customer: CallCustomer | undefined = customerOfCall(call);
  if (!customer) return undefined;
  return {
    tenantId: call.tenantId,
    ...customer,
    name: latestOf(call.known, 'customerName'),
    firstSeenAt: call.seen[0],
    lastSeenAt: call.seen[1],
    calls: 1,
    createdAt: call.opened!.recordedAt,
  };
}

/**
 * The customer with one more call, or with more of a call that it has: all but the count is a join, and what a call
 * says of its customer can only grow.
 */
export const withCall = (known: Customer | undefined, call: Customer, isNew: boolean): Customer =>
  known
    ? {
        ...known,
        rawPhones: [...new Set([...known.rawPhones, ...call.rawPhones])].sort(),
        name: latest(known.name, call.name),
        firstSeenAt: Math.min(known.firstSeenAt, call.firstSeenAt),
        lastSeenAt: Math.max(known.lastSeenAt, call.lastSeenAt),
        calls: known.calls + (isNew ? 1 : 0),
        createdAt: [known.createdAt, call.createdAt].sort()[0]!,
      }
    : call;
