import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { z } from 'zod';
import type { ErasureShown } from '../../erasure/routes.ts';
import type { Customer } from '../../read-api/customers.ts';
import { type Page, path, refused } from '../api.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv, tenantOf } from '../console-env.ts';
import { type Form, typed } from '../forms.ts';
import { act, page } from '../layout.ts';
import {
  badge,
  details,
  type Html,
  nothing,
  once,
  pager,
  polled,
  progress,
  rowLink,
  section,
  table,
  utc,
} from '../parts.ts';
import { label, plain } from '../words.ts';
import { showOperations } from './operations/frame.ts';

type Erasure = z.infer<typeof ErasureShown>;

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
    ? section(
        'erase',
        'Erase',
        html`
<p>Outcomes, times and ids stay. Numbers, names, words, recordings and signed bytes go, everywhere and for good.</p>
<form method="post" action="${to}" class="stack">${once()}
<label for="reason">Reason, kept for good: name nobody</label><input id="reason" name="reason" maxlength="200">
<label for="confirmation">Type <b>${confirmation}</b> to confirm</label><input id="confirmation" name="confirmation" required autocomplete="off">
<button class="danger">Erase</button></form>`,
      )
    : nothing;

type Whom = { readonly customerId: string } | { readonly callSessionId: string };

async function erase(c: ConsoleContext, form: Form, whom: Whom, confirmation: string): Promise<string> {
  if (typed(form.confirmation) !== confirmation)
    throw refused('Nothing was erased', 'not_confirmed', `What was typed is not ${confirmation}.`);
  const reason = typed(form.reason);
  const order = { tenantId: tenantOf(c).me.tenantId, ...whom, ...(reason && { reason }) };
  const { id } = await adminOf(c).api.send<Erasure>('POST', '/api/erasures', order, typed(form.once));
  return address(id);
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
${details(Object.fromEntries(lists.map(([name, items]) => [label(name), items.length])))}
<pre class="mail" tabindex="0">${JSON.stringify(known, null, 2)}</pre>`;
}

async function list(c: ConsoleContext): Promise<Html> {
  const { items, nextCursor } = await adminOf(c).api.get<Page<Erasure>>('/api/erasures', {
    cursor: c.req.query('cursor'),
  });
  return html`${table(
    'Erasures, the newest first',
    items,
    {
      Asked: ({ id, requestedAt }) => rowLink(id, address(id), utc(requestedAt)),
      Tenant: ({ tenantId }) => tenantId,
      State: ({ state }) => badge(state),
      By: ({ by }) => by,
      Calls: ({ erased, calls }) => `${erased} of ${calls}`,
      Reason: ({ reason }) => reason,
    },
    "Nobody was erased yet. A call's and a customer's page have the form.",
  )}${pager(HERE, {}, nextCursor)}`;
}

async function one(c: ConsoleContext, id: string): Promise<Html> {
  const erasure = await adminOf(c).api.get<Erasure>(path`/api/erasures/${id}`);
  const { state, calls, erased, physical, physicalDetail } = erasure;
  return polled(
    'erasure',
    address(id),
    state !== 'done' && state !== 'failed',
    html`
<p>${badge(state)} ${progress('Calls erased', erased, Math.max(1, calls))} ${erased} of ${calls} calls</p>
${details({
  Tenant: erasure.tenantId,
  By: erasure.by,
  Reason: erasure.reason,
  Asked: utc(erasure.requestedAt),
  Done: erasure.doneAt && utc(erasure.doneAt),
  Failed: erasure.failed && plain(erasure.failed),
  'In the stores': physicalDetail ?? removed[physical] ?? plain(physical),
})}`,
  );
}

/** Erasing people, and all that is kept about one: with a tenant's key and an admin key. */
export function erasurePages(app: Hono<ConsoleEnv>): void {
  app.post('/console/customers/:id/access', async (c) =>
    c.html(page(c, 'All that is kept', await access(c, c.req.param('id')))),
  );
  act(app, '/console/customers/:id/erase', async (c, form) => {
    const customerId = c.req.param('id');
    const { phone } = await tenantOf(c).api.get<Customer>(path`/api/customers/${customerId}`);
    return erase(c, form, { customerId }, phone);
  });
  act(app, '/console/calls/:id/erase', (c, form) => erase(c, form, { callSessionId: c.req.param('id') }, 'erase'));
  showOperations(app, HERE, 'Erasures', list);
  showOperations(app, '/console/operations/erasures/:id', 'Erasure', (c) => one(c, c.req.param('id')));
}
