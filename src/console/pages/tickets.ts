import type { Hono } from 'hono';
import { html } from 'hono/html';
import { type TicketStatus, ticketStatuses } from '../../events/ticket-facts.ts';
import type { CallSession, Ticket } from '../../http/resources.ts';
import { mailStates } from '../../model/ticket.ts';
import type { Customer } from '../../read-api/customers.ts';
import { type Page, path } from '../api.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv, mayWrite, tenantOf } from '../console-env.ts';
import { typed } from '../forms.ts';
import { act, show } from '../layout.ts';
import {
  action,
  anyOf,
  badge,
  type Choices,
  details,
  duration,
  type Html,
  hidden,
  live,
  nothing,
  once,
  pager,
  rowLink,
  section,
  select,
  table,
  time,
} from '../parts.ts';
import { throughTime } from '../timeline.ts';
import { wordsOf } from '../transcript.ts';
import { label, mailSentence, plain, sentence } from '../words.ts';
import { callAddress, callTable } from './calls.ts';

const address = (id: string): string => path`/console/tickets/${id}`;

/** Who is behind tickets; each is asked for once. */
async function customersOf(c: ConsoleContext, tickets: readonly Ticket[]): Promise<ReadonlyMap<string, Customer>> {
  const ids = [...new Set(tickets.flatMap(({ customerId }) => customerId ?? []))];
  const found = await Promise.all(ids.map((id) => tenantOf(c).api.find<Customer>(path`/api/customers/${id}`)));
  return new Map(found.flatMap((customer) => (customer ? [[customer.id, customer]] : [])));
}

const who = (customer: Customer | undefined): Html | string | undefined =>
  customer &&
  html`<a href="${path`/console/customers/${customer.id}`}">${customer.name ?? customer.phone}</a>${customer.name ? html` ${customer.phone}` : nothing}`;

/** In a list; that mails are switched off is nothing to look into. */
function mailMark({ mail, mailReason }: Ticket): Html | string {
  if (mail === 'none') return '–';
  const sentence = mailSentence(mail, mailReason);
  if (mailReason === 'disabled') return html`<span class="faint" title="${sentence}">off</span>`;
  return html`<span title="${sentence}">${badge(mail, label(mail).toLowerCase())}${mailReason && html` <span class="faint">${plain(mailReason)}</span>`}</span>`;
}

/** Tickets as rows, with buttons where the key may write. */
export async function ticketTable(
  c: ConsoleContext,
  caption: string,
  tickets: readonly Ticket[],
  none?: string,
): Promise<Html> {
  const customers = await customersOf(c, tickets);
  const age = ({ createdAt }: Ticket) => duration(Date.now() - Date.parse(createdAt));
  return table(
    caption,
    tickets,
    {
      Ticket: (ticket) => rowLink(ticket.id, address(ticket.id), `${age(ticket)} old`),
      Status: ({ status }) => badge(status),
      Why: ({ statusReason }) => sentence('ticket', statusReason),
      Who: ({ customerId = '' }) => who(customers.get(customerId)),
      Mail: mailMark,
      ...(mayWrite(c) && { Set: buttons }),
    },
    none,
  );
}

const buttons = (ticket: Ticket): Html =>
  html`<div class="buttons">${(['contacted', 'resolved', 'closed'] as const)
    .filter((status) => status !== ticket.status)
    .map((status) =>
      action(
        `${address(ticket.id)}/status`,
        label(status),
        { status, was: ticket.status },
        `set-${status}-${ticket.id}`,
      ),
    )}</div>`;

const yesNo: Choices = { '': 'any', true: 'yes', false: 'no' };
const mails: Choices = { ...anyOf(mailStates), 'failed,not_sent': 'Failed or not sent' };
const orders: Choices = { '': 'the newest first', oldest: 'the oldest first' };

async function list(c: ConsoleContext): Promise<Html> {
  const { api } = tenantOf(c);
  const asked = new URL(c.req.url).searchParams;
  // At first what is left to be done.
  if ([...asked.keys()].length === 0) asked.set('active', 'true');
  const value = (name: string) => asked.get(name) || undefined;
  const filter = {
    ...{ status: value('status'), active: value('active'), actionRequired: value('actionRequired') },
    ...{ mail: value('mail'), order: value('order') },
  };
  const { items, nextCursor } = await api.get<Page<Ticket>>('/api/tickets', { ...filter, cursor: value('cursor') });
  return html`<h1>Tickets</h1>
<form method="get" action="/console/tickets" class="filters">${select('status', 'Status', anyOf(ticketStatuses), filter.status)}
${select('active', 'Left to be done', yesNo, filter.active)}${select('actionRequired', 'Somebody has to act', yesNo, filter.actionRequired)}
${select('mail', 'Mail', mails, filter.mail)}${select('order', 'In order', orders, filter.order)}<button>Show</button></form>
${live('rows', `/console/tickets?${asked}`, await ticketTable(c, 'Tickets', items, 'No ticket is like that.'))}
${pager('/console/tickets', filter, nextCursor)}`;
}

const statusForm = (ticket: Ticket): Html =>
  section(
    'set',
    'Set its status',
    html`
<form method="post" action="${address(ticket.id)}/status" class="stack">
${once()}${hidden('was', ticket.status)}
<label for="note">Note</label><textarea id="note" name="note" rows="2" maxlength="4000"></textarea>
<div class="buttons">${ticketStatuses.map((status) => html`<button name="status" value="${status}"${status === ticket.status ? html` disabled` : ''}>${label(status)}</button>`)}</div></form>`,
  );

const mailPart = (c: ConsoleContext, ticket: Ticket): Html | string => {
  if (ticket.mail === 'none') return nothing;
  const mayRedrive = c.var.admin?.me.scopes.includes('operations') && ticket.mail !== 'sent';
  const mayPreview = c.var.admin?.me.scopes.includes('personal');
  return section(
    'mail',
    'Mail',
    html`
<p>${badge(ticket.mail)} ${mailSentence(ticket.mail, ticket.mailReason)}</p>
<div class="buttons">${mayPreview ? html`<a class="button" href="${address(ticket.id)}/mail">What it says</a>` : nothing}
${mayRedrive ? action(`${address(ticket.id)}/redrive`, 'Send it again') : nothing}</div>
${c.var.admin ? nothing : html`<p class="faint">Reading the mail and sending it again need an admin key as well.</p>`}`,
  );
};

const undo = (c: ConsoleContext, ticket: Ticket): Html | string => {
  const was = c.req.query('was') as TicketStatus | undefined;
  return was !== undefined && ticketStatuses.includes(was) && was !== ticket.status && mayWrite(c)
    ? html`<p>${action(`${address(ticket.id)}/status`, `Undo: back to ${label(was).toLowerCase()}`, { status: was })}</p>`
    : nothing;
};

/** What is known of a ticket, or was. */
const known = (ticket: Ticket, customer: Customer | undefined, timeZone: string): Html =>
  html`<p class="verdict">${badge(ticket.status, label(ticket.status))} ${sentence('ticket', ticket.statusReason)}</p>
${details({
  Who: who(customer),
  Opened: time(ticket.createdAt, timeZone),
  Direction: ticket.direction,
  'Something to do': ticket.actionRequired === null ? 'not known' : ticket.actionRequired ? 'yes' : 'no',
  Transferred: ticket.transferred ? 'yes' : 'no',
  'Set by': ticket.setBy === 'staff' ? 'somebody here' : 'the rules',
})}`;

/** The call that opened it. */
const callPart = (call: CallSession, timeZone: string): Html =>
  section(
    'call',
    'The call',
    html`${callTable('The call', [call], timeZone)}${wordsOf(call)}
<p><a href="${callAddress(call.id)}">Why it says so, and all that is known</a></p>`,
  );

/** `?fact=3`: as it was known after its third fact. */
async function one(c: ConsoleContext, id: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const of = { of: 'ticket', address: address(id) } as const;
  const { now, known: shown, why } = await throughTime<Ticket>(c, of, path`/api/tickets/${id}`);
  const { customerId } = now;
  const [call, customer, earlier] = await Promise.all([
    api.find<CallSession>(path`/api/call-sessions/${now.sessionId}`),
    customerId === undefined ? undefined : api.find<Customer>(path`/api/customers/${customerId}`),
    customerId === undefined ? undefined : api.get<Page<Ticket>>('/api/tickets', { customerId, limit: 20 }),
  ]);
  const others = earlier?.items.filter((other) => other.id !== id) ?? [];
  return html`<p><a href="/console/tickets">Tickets</a></p>
<h1>Ticket ${now.id}</h1>
${undo(c, now)}
${shown((then) => known(then, customer, me.timeZone))}
${mayWrite(c) ? statusForm(now) : nothing}
${mailPart(c, now)}
${call ? callPart(call, me.timeZone) : nothing}
${why}
${others.length === 0 ? nothing : section('others', 'Other tickets of this customer', await ticketTable(c, 'Other tickets', others))}`;
}

/** `GET /console/tickets`, each one's page, its status and its mail. */
export function ticketPages(app: Hono<ConsoleEnv>): void {
  show(app, '/console/tickets', 'Tickets', list);
  show(app, '/console/tickets/:id', 'Ticket', (c) => one(c, c.req.param('id')));
  act(app, '/console/tickets/:id/status', async (c, form) => {
    const id = c.req.param('id');
    const [note, was] = [typed(form.note), typed(form.was)];
    const order = { status: typed(form.status), ...(note && { note }) };
    await tenantOf(c).api.send('POST', path`/api/tickets/${id}/status`, order, typed(form.once));
    return `${address(id)}?${new URLSearchParams({ done: 'status', ...(was && { was }) })}`;
  });
  const mailOf = (c: ConsoleContext, id: string) => path`/api/tenants/${tenantOf(c).me.tenantId}/tickets/${id}/mail`;
  show(app, '/console/tickets/:id/mail', 'Mail', async (c) => {
    const id = c.req.param('id');
    const mail = await adminOf(c).api.get<{ subject: string; text: string }>(mailOf(c, id));
    return html`<p><a href="${address(id)}">Ticket ${id}</a></p><h1>The mail of this ticket</h1>
<p>As it would go out now. Nothing is sent by looking.</p><h2>${mail.subject}</h2><pre class="mail" tabindex="0">${mail.text}</pre>`;
  });
  act(app, '/console/tickets/:id/redrive', async (c) => {
    const id = c.req.param('id');
    const { outcome } = await adminOf(c).api.send<{ outcome: string }>('POST', `${mailOf(c, id)}/redrive`);
    return `${address(id)}?done=${outcome}`;
  });
}
