import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { Customer } from '../../read-api/customers.ts';
import { type Page, path, Refused } from '../api.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv, tenantOf } from '../console-env.ts';
import { typed } from '../forms.ts';
import { page } from '../layout.ts';
import { badge, details, type Html, nothing, pager, table, time } from '../parts.ts';
import { label, plain } from '../words.ts';
import { operationsPage } from './operations/frame.ts';

type Erasure = {
  readonly id: string;
  readonly tenantId: string;
  readonly state: string;
  readonly by: string;
  readonly reason?: string;
  readonly requestedAt: string;
  readonly doneAt?: string;
  readonly calls: number;
  readonly erased: number;
  readonly failed?: string;
  readonly physical: string;
  readonly physicalDetail?: string;
};

const ZONE = 'UTC';
const HERE = '/console/operations/erasures';
const address = (id: string) => path`/console/operations/erasures/${id}`;

const removed: Readonly<Record<string, string>> = {
  done: 'no byte is left in the files',
  pending: 'hidden, and still to be removed from the files',
  unknown: "your event store's next scavenge removes it from the files",
};

/** Erases for good, so what is erased is typed once more. */
export const erasureForm = (c: ConsoleContext, to: string, confirmation: string): Html | string =>
  c.var.admin?.me.scopes.includes('erasure')
    ? html`<section aria-labelledby="erase"><h2 id="erase">Erase</h2>
<p>Outcomes, times and ids stay. Numbers, names, words, recordings and signed bytes go, everywhere and for good.</p>
<form method="post" action="${to}" class="stack"><input type="hidden" name="once" value="${crypto.randomUUID()}">
<label for="reason">Reason, kept for good: name nobody</label><input id="reason" name="reason" maxlength="200">
<label for="confirmation">Type <b>${confirmation}</b> to confirm</label><input id="confirmation" name="confirmation" required autocomplete="off">
<button class="danger">Erase</button></form></section>`
    : nothing;

async function erase(
  c: ConsoleContext,
  what: Readonly<Record<string, string>>,
  confirmation: string,
): Promise<Response> {
  const form = await c.req.parseBody();
  if (typed(form.confirmation) !== confirmation)
    throw new Refused({
      ...{ type: 'about:blank', title: 'Nothing was erased', status: 400, code: 'not_confirmed' },
      detail: `What was typed is not ${confirmation}.`,
    });
  const reason = typed(form.reason);
  const order = { tenantId: tenantOf(c).me.tenantId, ...what, ...(reason && { reason }) };
  const { id } = await adminOf(c).api.send<Erasure>('POST', '/api/erasures', order, typed(form.once));
  return c.redirect(address(id), 303);
}

async function access(c: ConsoleContext, id: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const { phone } = await api.get<Customer>(path`/api/customers/${id}`);
  const known = await adminOf(c).api.get<Readonly<Record<string, unknown>>>(path`/api/tenants/${me.tenantId}/people`, {
    phone,
  });
  const lists = Object.entries(known).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  return html`<p><a href="${path`/console/customers/${id}`}">Customer</a></p><h1>All that is kept about ${phone}</h1>
<p class="faint">For people who ask what is known about them. That it was looked at is in the audit trail.</p>
${details(lists.map(([name, items]) => [label(name), items.length]))}
<pre class="mail" tabindex="0">${JSON.stringify(known, null, 2)}</pre>`;
}

const bar = ({ calls, erased }: Erasure): Html =>
  html`<progress max="${Math.max(1, calls)}" value="${erased}" aria-label="Calls erased"></progress> ${erased} of ${calls} calls`;

async function list(c: ConsoleContext): Promise<Html> {
  const { items, nextCursor } = await adminOf(c).api.get<Page<Erasure>>('/api/erasures', {
    cursor: c.req.query('cursor'),
  });
  if (items.length === 0) return html`<p>Nobody was erased yet. A call's and a customer's page have the form.</p>`;
  return html`${table(
    'Erasures, the newest first',
    ['Asked', 'Tenant', 'State', 'By', 'Calls', 'Reason'],
    items.map((one) => [
      html`<a id="row-${one.id}" href="${address(one.id)}">${time(one.requestedAt, ZONE)}</a>`,
      ...[one.tenantId, badge(one.state), one.by, `${one.erased} of ${one.calls}`, one.reason],
    ]),
  )}${pager(HERE, {}, nextCursor)}`;
}

async function one(c: ConsoleContext, id: string): Promise<Html> {
  const erasure = await adminOf(c).api.get<Erasure>(path`/api/erasures/${id}`);
  const isOver = erasure.state === 'done' || erasure.state === 'failed';
  return html`<div id="erasure" hx-get="${address(id)}" hx-trigger="every ${isOver ? 10 : 1}s" hx-select="#erasure" hx-swap="outerHTML" hx-sync="this:drop">
<p>${badge(erasure.state)} ${bar(erasure)}</p>
${details([
  ['Tenant', erasure.tenantId],
  ['By', erasure.by],
  ['Reason', erasure.reason],
  ['Asked', time(erasure.requestedAt, ZONE)],
  ['Done', erasure.doneAt && time(erasure.doneAt, ZONE)],
  ['Failed', erasure.failed && plain(erasure.failed)],
  ['In the stores', erasure.physicalDetail ?? removed[erasure.physical] ?? plain(erasure.physical)],
])}</div>`;
}

/** Erasing people, and all that is kept about one: with a tenant's key and an admin key. */
export function erasurePages(app: Hono<ConsoleEnv>): void {
  app.post('/console/customers/:id/access', async (c) =>
    c.html(page(c, 'All that is kept', await access(c, c.req.param('id')))),
  );
  app.post('/console/customers/:id/erase', async (c) => {
    const customerId = c.req.param('id');
    const { phone } = await tenantOf(c).api.get<Customer>(path`/api/customers/${customerId}`);
    return erase(c, { customerId }, phone);
  });
  app.post('/console/calls/:id/erase', async (c) => erase(c, { callSessionId: c.req.param('id') }, 'erase'));
  app.get(HERE, async (c) => c.html(operationsPage(c, 'Erasures', await list(c))));
  app.get('/console/operations/erasures/:id', async (c) =>
    c.html(operationsPage(c, 'Erasure', await one(c, c.req.param('id')))),
  );
}
