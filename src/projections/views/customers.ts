import { type Customer, customerBy, withCall, withoutCall } from '../../model/customer.ts';
import type { WholeCall } from '../../model/stream-state.ts';
import type { TicketCall } from '../../model/ticket-call.ts';
import { changedCalls } from '../calls/membership.ts';
import { callKey, callStreamOf } from '../calls/session-calls.ts';
import type { Row, Table, Tables } from '../engine/table.ts';
import { columns, rowMaker } from '../tables.ts';
import type { ChangedCalls, View } from './view.ts';

/** Beside the row that is shown, the customer that it came from, to which further calls are added. */
export const customerRows: Table = {
  name: 'customers',
  columns: { ...columns.customers, customer: 'json not null' },
  key: ['tenant_id', 'id'],
  queryIndexes: [
    '(tenant_id, created_at desc, id)',
    '(tenant_id, phone)',
    // Without a list of what is still to be put in order, which each search would read from end to end.
    'using gin (raw_phones) with (fastupdate = off)',
  ],
  view: Object.keys(columns.customers),
};

/** Which customer each call is with. */
const customerCalls: Table = {
  name: 'customer_calls',
  columns: { tenant_id: 'text not null', call_id: 'text not null', customer_id: 'text not null' },
  key: ['tenant_id', 'call_id'],
  indexes: ['(tenant_id, customer_id)'],
};

type Link = { readonly tenant_id: string; readonly call_id: string; readonly customer_id: string };

/** One row per customer (B6). */
export const customers: View = {
  tables: [customerRows, customerCalls],
  async save(tables, batch) {
    const moves = changedCalls(batch).map(({ before, after }) => ({
      call: after,
      from: before && customerBy(before),
      to: customerBy(after),
    }));
    const left = moves.filter(({ from, to }) => from && from.id !== to?.id);
    const came = moves.filter(({ from, to }) => to && from?.id !== to.id);
    await tables.delete(customerCalls, customerCalls.key, left.map(linkOf));
    await tables.insert(customerCalls, came.map(linkOf));

    const touched = moves.flatMap(({ from, to }) => [from, to]).filter((one) => one !== undefined);
    const known = await kept(tables, [...new Map(touched.map((one) => [one.id, one])).values()]);
    const losers = new Map<string, Customer>();
    for (const { from, to } of moves) {
      const isSame = from !== undefined && from.id === to?.id;
      const before = from && !isSame ? known.get(from.id) : undefined;
      const rest = before && withoutCall(before, from!);
      if (rest) known.set(rest.id, rest);
      else if (from && !isSame) losers.set(from.id, from);
      if (to) known.set(to.id, withCall(known.get(to.id), to, isSame ? from : undefined));
    }
    // What a customer owes to a call that has left cannot always be taken away: those are made anew, of all their calls.
    const anew = await madeAnew(tables, batch, losers);
    for (const id of losers.keys()) known.delete(id);
    await tables.upsert(customerRows, [...known.values(), ...present(anew)].map(customerRowOf));
    await tables.delete(customerRows, customerRows.key, gone(anew, losers));
  },
  async streamsBehind(tables, of, { tenant_id, id }) {
    if (of !== customerRows) return [];
    const by = ['tenant_id', 'customer_id'] as const;
    const links = await tables.select<Link>(customerCalls, by, [{ tenant_id, customer_id: id }]);
    return links.map(callStreamOf);
  },
};

type Move = { readonly call: TicketCall; readonly from: Customer | undefined; readonly to: Customer | undefined };

const linkOf = ({ call, to }: Move): Row => ({ ...callKey(call), customer_id: to?.id });

/** By id, each as all of its calls make it; undefined where it has none any more. */
async function madeAnew(
  tables: Tables,
  batch: ChangedCalls,
  losers: ReadonlyMap<string, Customer>,
): Promise<Map<string, Customer | undefined>> {
  const keys = [...losers.values()].map(({ tenantId, id }) => ({ tenant_id: tenantId, customer_id: id }));
  const by = ['tenant_id', 'customer_id'] as const;
  const links = await tables.select<Link>(customerCalls, by, keys);
  const streams = links.map(callStreamOf);
  const states = await batch.statesOf(streams);
  const made = new Map<string, Customer | undefined>([...losers.keys()].map((id) => [id, undefined]));
  for (const stream of streams) {
    const call = customerBy(states.get(stream) as WholeCall);
    if (call) made.set(call.id, withCall(made.get(call.id), call));
  }
  return made;
}

async function kept(tables: Tables, some: readonly Customer[]): Promise<Map<string, Customer>> {
  const keys = some.map(({ tenantId, id }) => ({ tenant_id: tenantId, id }));
  const found = await tables.select<{ id: string; customer: Customer }>(customerRows, customerRows.key, keys);
  return new Map(found.map(({ id, customer }) => [id, customer]));
}

const present = (made: ReadonlyMap<string, Customer | undefined>): Customer[] =>
  [...made.values()].filter((customer) => customer !== undefined);

const gone = (made: ReadonlyMap<string, Customer | undefined>, losers: ReadonlyMap<string, Customer>): Row[] =>
  [...losers.values()]
    .filter(({ id }) => made.get(id) === undefined)
    .map(({ tenantId, id }) => ({ tenant_id: tenantId, id }));

const shownOf = rowMaker('customers');

/** The row of a customer; what the query API shows is made of it. */
export const customerRowOf = (customer: Customer): Row => ({
  ...shownOf({
    ...customer,
    name: customer.name?.value,
    firstSeenAt: new Date(customer.firstSeenAt).toISOString(),
    lastSeenAt: new Date(customer.lastSeenAt).toISOString(),
  }),
  customer,
});
