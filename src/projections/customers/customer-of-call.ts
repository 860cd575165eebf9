import { uuidOf } from '../../events/identity.ts';
import { told } from '../../model/latest.ts';
import { directionOf, type TicketCall } from '../../model/ticket-call.ts';

/** The customer that a call is with. */
export type CallCustomer = {
  readonly id: string;
  /** E.164. */
  readonly phone: string;
  /** As this call has written it, sorted. */
  readonly rawPhones: readonly string[];
};

/** STORED FORMAT in all but name: other systems keep it. */
export const customerIdOf = (tenantId: string, phone: string): string => `cus_${uuidOf('customer', tenantId, phone)}`;

/** The other side: who calls in, who is called (B6). None for a web call, nor without a number that is possible. */
export function customerOfCall(call: TicketCall): CallCustomer | undefined {
  if (!call.opened || told(call.known, 'direction') === 'web') return undefined;
  const phone = told(call.known, directionOf(call) === 'inbound' ? 'fromPhone' : 'toPhone');
  return phone === undefined
    ? undefined
    : { id: customerIdOf(call.tenantId, phone), phone, rawPhones: call.spellings[phone] ?? [] };
}
