import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { CallSession, Ticket } from '../../http/resources.ts';

import type { Customer } from '../../read-api/customers.ts';

import { type Page, path } from '../api.ts';
import { type ConsoleContext, type ConsoleEnv, tenantOf } from '../console-env.ts';
import { page } from '../layout.ts';
import { action, details, type Html, live, nothing, pager, shortTime, table, time } from '../parts.ts';
import { callTable } from './calls.ts';
import { erasureForm } from './erasures.ts';
import { ticketTable } from './tickets.ts';

export const customerAddress = (id: string): string => path`/console/customers/${id}`;

/** Customers as rows. */
export const customerTable = (caption: string, items: readonly Customer[], timeZone: string): Html =>
  table(
    caption,
    ['Customer', 'Number', 'Calls', 'Last'],
    items.map((one) => [
      html`<a id="row-${one.id}" href="${customerAddress(one.id)}">${one.name ?? 'No name'}</a>`,
      one.phone,
      one.calls,
      shortTime(one.lastSeenAt, timeZone),
    ]),
  );

async function one(c: ConsoleContext, id: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const customer = await api.get<Customer>(path`/api/customers/${id}`);
  const [calls, tickets] = await Promise.all([
    api.get<Page<CallSession>>('/api/call-sessions', { phone: customer.phone, archived: 'all' }),
    api.get<Page<Ticket>>('/api/tickets', { customerId: id }),
  ]);
  return html`<p><a href="/console/customers">Customers</a></p>
<h1>${customer.name ?? customer.phone}</h1>
${details([
  ['Number', customer.phone],
  ['As it came', customer.rawPhones.join(', ')],
  ['First call', time(customer.firstSeenAt, me.timeZone)],
  ['Last call', time(customer.lastSeenAt, me.timeZone)],
])}
${tickets.items.length === 0 ? nothing : html`<section aria-labelledby="tickets"><h2 id="tickets">Tickets</h2>${await ticketTable(c, 'Tickets of this customer', tickets.items)}</section>`}
<section aria-labelledby="calls"><h2 id="calls">Calls</h2>${live('rows', customerAddress(id), callTable('Calls from and to this number', calls.items, me.timeZone))}</section>
${
  c.var.admin?.me.scopes.includes('personal')
    ? action(`${customerAddress(id)}/access`, 'All that is kept about this number')
    : html`<p class="faint">All that is kept about a person, and erasing them, need an admin key as well.</p>`
}
${erasureForm(c, `${customerAddress(id)}/erase`, customer.phone)}`;
}

/** `GET /console/customers`, and each one's page. Ids are in addresses, numbers are not. */
export function customerPages(app: Hono<ConsoleEnv>): void {
  app.get('/console/customers', async (c) => {
    const { api, me } = tenantOf(c);
    const { items, nextCursor } = await api.get<Page<Customer>>('/api/customers', { cursor: c.req.query('cursor') });
    return c.html(
      page(
        c,
        'Customers',
        html`<h1>Customers</h1>
${items.length === 0 ? html`<p>There are none: a call that comes in by a ticket endpoint makes one.</p>` : customerTable('Customers, the newest first', items, me.timeZone)}
${pager('/console/customers', {}, nextCursor)}`,
      ),
    );
  });
  app.get('/console/customers/:id', async (c) => c.html(page(c, 'Customer', await one(c, c.req.param('id')))));
}
