import type { Hono } from 'hono';
import { html } from 'hono/html';
import { type TicketStatus, ticketStatuses } from '../../events/ticket-facts.ts';
import type { CallSession, Ticket } from '../../http/resources.ts';
import { mailStates } from '../../model/ticket.ts';
import type { Customer } from '../../read-api/customers.ts';
import { type Page, path } from '../api.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv, mayWrite, tenantOf } from '../console-env.ts';
import { typed } from '../forms.ts';
import { page } from '../layout.ts';
import { historyOf, knownAt, momentOf, slider } from '../moments.ts';
import {
  action,
  badge,
  type Choice,
  details,
  duration,
  type Html,
  live,
  nothing,
  pager,
  select,
  table,
  time,
} from '../parts.ts';
import { whySection } from '../timeline.ts';
import { conversation } from '../transcript.ts';
import { label, mailSentence, plain, sentence } from '../words.ts';
import { callAddress, callTable } from './calls.ts';

export const ticketAddress = (id: string): string => path`/console/tickets/${id}`;

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
export async function ticketTable(c: ConsoleContext, caption: string, tickets: readonly Ticket[]): Promise<Html> {
  const customers = await customersOf(c, tickets);
  const now = Date.now();
  return table(
    caption,
    ['Ticket', 'Status', 'Why', 'Who', 'Mail', ...(mayWrite(c) ? ['Set'] : [])],
    tickets.map((ticket) => [
      html`<a id="row-${ticket.id}" href="${ticketAddress(ticket.id)}">${duration(now - Date.parse(ticket.createdAt))} old</a>`,
      badge(ticket.status),
      sentence('ticket', ticket.statusReason),
      who(ticket.customerId === undefined ? undefined : customers.get(ticket.customerId)),
      mailMark(ticket),
      ...(mayWrite(c) ? [buttons(ticket, ['contacted', 'resolved', 'closed'])] : []),
    ]),
  );
}

const buttons = (ticket: Ticket, to: readonly TicketStatus[]): Html =>
  html`<div class="buttons">${to
    .filter((status) => status !== ticket.status)
    .map((status) =>
      action(
        `${ticketAddress(ticket.id)}/status`,
        label(status),
        { status, was: ticket.status },
        `set-${status}-${ticket.id}`,
      ),
    )}</div>`;

const choices: readonly Choice[] = [['', 'any'], ...ticketStatuses.map((one): Choice => [one, label(one)])];
const yesNo: readonly Choice[] = [
  ['', 'any'],
  ['true', 'yes'],
  ['false', 'no'],
];
const mails: readonly Choice[] = [
  ['', 'any'],
  ...mailStates.map((one): Choice => [one, label(one)]),
  ['failed,not_sent', 'Failed or not sent'],
];
const orders: readonly Choice[] = [
  ['', 'the newest first'],
  ['oldest', 'the oldest first'],
];

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
<form method="get" action="/console/tickets" class="filters">${select('status', 'Status', choices, filter.status)}
${select('active', 'Left to be done', yesNo, filter.active)}${select('actionRequired', 'Somebody has to act', yesNo, filter.actionRequired)}
${select('mail', 'Mail', mails, filter.mail)}${select('order', 'In order', orders, filter.order)}<button>Show</button></form>
${live('rows', `/console/tickets?${asked}`, items.length === 0 ? html`<p>No ticket is like that.</p>` : await ticketTable(c, 'Tickets', items))}
${pager('/console/tickets', filter, nextCursor)}`;
}

const statusForm = (c: ConsoleContext, ticket: Ticket): Html | string =>
  mayWrite(c)
    ? html`<section aria-labelledby="set"><h2 id="set">Set its status</h2>
<form method="post" action="${ticketAddress(ticket.id)}/status" class="stack">
<input type="hidden" name="once" value="${crypto.randomUUID()}"><input type="hidden" name="was" value="${ticket.status}">
<label for="note">Note</label><textarea id="note" name="note" rows="2" maxlength="4000"></textarea>
<div class="buttons">${ticketStatuses.map((status) => html`<button name="status" value="${status}"${status === ticket.status ? html` disabled` : ''}>${label(status)}</button>`)}</div></form></section>`
    : nothing;

const mailPart = (c: ConsoleContext, ticket: Ticket): Html | string => {
  if (ticket.mail === 'none') return nothing;
  const mayRedrive = c.var.admin?.me.scopes.includes('operations') && ticket.mail !== 'sent';
  const mayPreview = c.var.admin?.me.scopes.includes('personal');
  return html`<section aria-labelledby="mail"><h2 id="mail">Mail</h2>
<p>${badge(ticket.mail)} ${mailSentence(ticket.mail, ticket.mailReason)}</p>
<div class="buttons">${mayPreview ? html`<a class="button" href="${ticketAddress(ticket.id)}/mail">What it says</a>` : nothing}
${mayRedrive ? action(`${ticketAddress(ticket.id)}/redrive`, 'Send it again') : nothing}</div>
${c.var.admin ? nothing : html`<p class="faint">Reading the mail and sending it again need an admin key as well.</p>`}</section>`;
};

const undo = (c: ConsoleContext, ticket: Ticket): Html | string => {
  const was = c.req.query('was') as TicketStatus | undefined;
  return was !== undefined && ticketStatuses.includes(was) && was !== ticket.status && mayWrite(c)
    ? html`<p>${action(`${ticketAddress(ticket.id)}/status`, `Undo: back to ${label(was).toLowerCase()}`, { status: was })}</p>`
    : nothing;
};

/** What is known of a ticket, or was. */
const known = (ticket: Ticket, customer: Customer | undefined, timeZone: string): Html =>
  html`<p class="verdict">${badge(ticket.status, label(ticket.status))} ${sentence('ticket', ticket.statusReason)}</p>
${details([
  ['Who', who(customer)],
  ['Opened', time(ticket.createdAt, timeZone)],
  ['Direction', ticket.direction],
  ['Something to do', ticket.actionRequired === null ? 'not known' : ticket.actionRequired ? 'yes' : 'no'],
  ['Transferred', ticket.transferred ? 'yes' : 'no'],
  ['Set by', ticket.setBy === 'staff' ? 'somebody here' : 'the rules'],
])}`;

/** `?fact=3`: as it was known after its third fact. */
async function one(c: ConsoleContext, id: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const here = path`/api/tickets/${id}`;
  const now = await api.get<Ticket>(here);
  const [call, history, customer, earlier] = await Promise.all([
    api.find<CallSession>(path`/api/call-sessions/${now.sessionId}`),
    historyOf(c, `${here}/history`),
    now.customerId === undefined ? undefined : api.find<Customer>(path`/api/customers/${now.customerId}`),
    now.customerId === undefined
      ? undefined
      : api.get<Page<Ticket>>('/api/tickets', { customerId: now.customerId, limit: 20 }),
  ]);
  const moment = momentOf(c, history);
  const then = moment.isNow ? now : await api.find<Ticket>(here, moment.query);
  const others = earlier?.items.filter((other) => other.id !== id) ?? [];
  return html`<p><a href="/console/tickets">Tickets</a></p>
<h1>Ticket ${now.id}</h1>
${undo(c, now)}
${slider(ticketAddress(id), moment, me.timeZone)}
${knownAt(ticketAddress(id), moment, me.timeZone, then && known(then, customer, me.timeZone))}
${statusForm(c, now)}
${mailPart(c, now)}
${
  call
    ? html`<section aria-labelledby="call"><h2 id="call">The call</h2>${callTable('The call', [call], me.timeZone)}
${call.analysis?.summary ? html`<blockquote>${call.analysis.summary}</blockquote>` : nothing}
${call.transcript ? html`<details><summary>The whole conversation</summary>${conversation(call.transcript)}</details>` : nothing}
<p><a href="${callAddress(call.id)}">Why it says so, and all that is known</a></p></section>`
    : nothing
}
${whySection(history, me.timeZone, { of: 'ticket', moment, address: ticketAddress(id) })}
${others.length === 0 ? nothing : html`<section aria-labelledby="others"><h2 id="others">Other tickets of this customer</h2>${await ticketTable(c, 'Other tickets', others)}</section>`}`;
}

/** `GET /console/tickets`, each one's page, its status and its mail. */
export function ticketPages(app: Hono<ConsoleEnv>): void {
  app.get('/console/tickets', async (c) => c.html(page(c, 'Tickets', await list(c))));
  app.get('/console/tickets/:id', async (c) => c.html(page(c, 'Ticket', await one(c, c.req.param('id')))));
  app.post('/console/tickets/:id/status', async (c) => {
    const id = c.req.param('id');
    const form = await c.req.parseBody();
    const note = typed(form.note);
    const order = { status: typed(form.status), ...(note && { note }) };
    await tenantOf(c).api.send('POST', path`/api/tickets/${id}/status`, order, typed(form.once));
    const was = typed(form.was);
    return c.redirect(`${ticketAddress(id)}?${new URLSearchParams({ done: 'status', ...(was && { was }) })}`, 303);
  });
  const mailOf = (c: ConsoleContext, id: string) => path`/api/tenants/${tenantOf(c).me.tenantId}/tickets/${id}/mail`;
  app.get('/console/tickets/:id/mail', async (c) => {
    const id = c.req.param('id');
    const mail = await adminOf(c).api.get<{ subject: string; text: string }>(mailOf(c, id));
    return c.html(
      page(
        c,
        'Mail',
        html`<p><a href="${ticketAddress(id)}">Ticket ${id}</a></p><h1>The mail of this ticket</h1>
<p>As it would go out now. Nothing is sent by looking.</p><h2>${mail.subject}</h2><pre class="mail" tabindex="0">${mail.text}</pre>`,
      ),
    );
  });
  app.post('/console/tickets/:id/redrive', async (c) => {
    const id = c.req.param('id');
    const { outcome } = await adminOf(c).api.send<{ outcome: string }>('POST', `${mailOf(c, id)}/redrive`);
    return c.redirect(`${ticketAddress(id)}?done=${outcome}`, 303);
  });
}
