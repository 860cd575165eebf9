import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { CallSession, Ticket } from '../../http/resources.ts';
import type { Customer } from '../../read-api/customers.ts';
import { type Page, path } from '../api.ts';
import { type ConsoleContext, type ConsoleEnv, tenantOf } from '../console-env.ts';
import { show } from '../layout.ts';
import {
  action,
  details,
  type Html,
  live,
  nothing,
  pager,
  rowLink,
  section,
  shortTime,
  table,
  time,
} from '../parts.ts';
import { callTable } from './calls.ts';
import { erasureForm } from './erasures.ts';
import { ticketTable } from './tickets.ts';

const address = (id: string): string => path`/console/customers/${id}`;

/** Customers as rows. */
export const customerTable = (caption: string, items: readonly Customer[], timeZone: string, none?: string): Html =>
  table(
    caption,
    items,
    {
      Customer: ({ id, name }) => rowLink(id, address(id), name ?? 'No name'),
      Number: ({ phone }) => phone,
      Calls: ({ calls }) => calls,
      Last: ({ lastSeenAt }) => shortTime(lastSeenAt, timeZone),
    },
    none,
  );

async function list(c: ConsoleContext): Promise<Html> {
  const { api, me } = tenantOf(c);
  const { items, nextCursor } = await api.get<Page<Customer>>('/api/customers', { cursor: c.req.query('cursor') });
  const none = 'There are none: a call that comes in by a ticket endpoint makes one.';
  return html`<h1>Customers</h1>
${customerTable('Customers, the newest first', items, me.timeZone, none)}
${pager('/console/customers', {}, nextCursor)}`;
}

async function one(c: ConsoleContext, id: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const customer = await api.get<Customer>(path`/api/customers/${id}`);
  const [calls, tickets] = await Promise.all([
    api.get<Page<CallSession>>('/api/call-sessions', { phone: customer.phone, archived: 'all' }),
    api.get<Page<Ticket>>('/api/tickets', { customerId: id }),
  ]);
  return html`<p><a href="/console/customers">Customers</a></p>
<h1>${customer.name ?? customer.phone}</h1>
${details({
  Number: customer.phone,
  'As it came': customer.rawPhones.join(', '),
  'First call': time(customer.firstSeenAt, me.timeZone),
  'Last call': time(customer.lastSeenAt, me.timeZone),
})}
${tickets.items.length === 0 ? nothing : section('tickets', 'Tickets', await ticketTable(c, 'Tickets of this customer', tickets.items))}
${section('calls', 'Calls', live('rows', address(id), callTable('Calls from and to this number', calls.items, me.timeZone)))}
${
  c.var.admin?.me.scopes.includes('personal')
    ? action(`${address(id)}/access`, 'All that is kept about this number')
    : html`<p class="faint">All that is kept about a person, and erasing them, need an admin key as well.</p>`
}
${erasureForm(c, `${address(id)}/erase`, customer.phone)}`;
}

/** `GET /console/customers`, and each one's page. Ids are in addresses, numbers are not. */
export function customerPages(app: Hono<ConsoleEnv>): void {
  show(app, '/console/customers', 'Customers', list);
  show(app, '/console/customers/:id', 'Customer', (c) => one(c, c.req.param('id')));
}
