import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { Appointment, CallSession, Ticket } from '../../http/resources.ts';
import type { Customer } from '../../read-api/customers.ts';
import { type Api, orElse, type Page, path } from '../api.ts';
import { type ConsoleContext, type ConsoleEnv, tenantOf } from '../console-env.ts';
import { typed } from '../forms.ts';
import { page, show } from '../layout.ts';
import { type Html, nothing } from '../parts.ts';
import { appointmentTable } from './appointments.ts';
import { callTable } from './calls.ts';
import { customerTable } from './customers.ts';
import { ticketTable } from './tickets.ts';

/** People write separators between digits. */
const numberIn = (text: string): string | undefined => {
  const bare = text.replaceAll(/[\s().\-/\u00a0]/g, '');
  return /^\+?\d{5,17}$/.test(bare) ? bare : undefined;
};

/** A filter that the API cannot take finds nothing. */
const itemsOf = <Item>(asked: Promise<Page<Item>>): Promise<readonly Item[]> =>
  orElse(
    asked.then(({ items }) => items),
    ({ status }) => status === 400,
    [],
  );

async function find(api: Api, text: string) {
  const number = numberIn(text);
  const customers =
    number === undefined ? [] : await itemsOf(api.get<Page<Customer>>('/api/customers', { phone: number }));
  const phones = [...new Set([...customers.map(({ phone }) => phone), ...(number?.startsWith('+') ? [number] : [])])];
  const [session, ofCall, appointment, ticket, ...byPhone] = await Promise.all([
    api.find<CallSession>(path`/api/call-sessions/${text}`),
    api.find<CallSession>(path`/api/call-sessions/${`call:${text}`}`),
    api.find<Appointment>(path`/api/appointments/${text}`),
    api.find<Ticket>(path`/api/tickets/${text}`),
    ...phones.map((phone) => itemsOf(api.get<Page<CallSession>>('/api/call-sessions', { phone, archived: 'all' }))),
  ]);
  const calls = [session, ofCall, ...byPhone.flat()].filter((call) => call !== undefined);
  return {
    customers,
    calls: [...new Map(calls.map((call) => [call.id, call])).values()],
    appointments: appointment ? [appointment] : [],
    tickets: ticket ? [ticket] : [],
  };
}

async function results(c: ConsoleContext, text: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const { customers, calls, appointments, tickets } = await find(api, text);
  const none = [customers, calls, appointments, tickets].every(({ length }) => length === 0);
  return html`<h1>Search</h1>
${none ? html`<p>Nothing has this number or id. A number is found in the form +4930123456, an id as it is.</p>` : nothing}
${customers.length > 0 ? html`<h2>Customers</h2>${customerTable('Customers', customers, me.timeZone)}` : nothing}
${appointments.length > 0 ? html`<h2>Appointments</h2>${appointmentTable('Appointments', appointments, me.timeZone)}` : nothing}
${tickets.length > 0 ? html`<h2>Tickets</h2>${await ticketTable(c, 'Tickets', tickets)}` : nothing}
${calls.length > 0 ? html`<h2>Calls</h2>${callTable('Calls', calls, me.timeZone)}` : nothing}`;
}

/** `POST /console/search`: a number is personal, so it is in no address; the answer is the page itself. */
export function searchPage(app: Hono<ConsoleEnv>): void {
  const unasked = html`<h1>Search</h1><p>Type a number or an id.</p>`;
  show(app, '/console/search', 'Search', () => unasked);
  app.post('/console/search', async (c) => {
    const text = typed((await c.req.parseBody()).q);
    return c.html(page(c, 'Search', text === undefined ? unasked : await results(c, text)));
  });
}
