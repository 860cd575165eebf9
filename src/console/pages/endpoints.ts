import type { Hono } from 'hono';
import { html } from 'hono/html';
import { newsTypes } from '../../events/tenant-facts.ts';
import { type Page, path } from '../api.ts';
import { type ConsoleContext, type ConsoleEnv, tenantOf } from '../console-env.ts';
import { every, typed } from '../forms.ts';
import { page } from '../layout.ts';
import { action, badge, details, type Html, issued, live, nothing, pager, table, time } from '../parts.ts';
import { plain } from '../words.ts';

type Endpoint = {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly description?: string;
  readonly state: 'active' | 'paused';
  readonly pausedBecause?: string;
  readonly needsSecret?: true;
  readonly createdAt: string;
};
type Delivery = {
  readonly id: string;
  readonly webhookId: string;
  readonly type: string;
  readonly state: string;
  readonly attempts: number;
  readonly lastStatus?: number;
  readonly lastFailure?: string;
  readonly nextAttemptAt?: string;
};

const HERE = '/console/endpoints';
const API = '/api/webhook-endpoints';
const address = (id: string) => path`/console/endpoints/${id}`;

/** Why there was no answer: codes of the network that people know by other words. */
const failures: Readonly<Record<string, string>> = {
  enotfound: 'nobody has that name',
  econnrefused: 'nothing listens there',
  econnreset: 'the connection broke',
  etimedout: 'no answer in time',
};

const states: Readonly<Record<string, string>> = { delivered: 'ok', dead: 'failed', pending: 'pending' };

const eventBoxes = (chosen: readonly string[]): Html =>
  html`<fieldset><legend>What it is sent</legend>${newsTypes.map((type) => html`<label><input type="checkbox" name="events" value="${type}"${chosen.includes(type) ? html` checked` : ''}> ${type}</label> `)}</fieldset>`;

async function list(c: ConsoleContext): Promise<Html> {
  const { api, me } = tenantOf(c);
  const { items } = await api.get<Page<Endpoint>>(API);
  return html`<h1>Webhook endpoints</h1>
<p class="faint">Systems of yours that are sent what changes, signed and in order.</p>
${
  items.length === 0
    ? html`<p>There are none.</p>`
    : table(
        'Webhook endpoints, the newest first',
        ['Address', 'State', 'What it is sent', 'Made'],
        items.map((one) => [
          html`<a class="id" id="row-${one.id}" href="${address(one.id)}">${one.url}</a>`,
          badge(one.state === 'active' ? 'ok' : 'pending', one.state),
          one.events.join(', '),
          time(one.createdAt, me.timeZone),
        ]),
      )
}
<section aria-labelledby="add"><h2 id="add">Add one</h2><form method="post" action="${HERE}" class="stack"><input type="hidden" name="once" value="${crypto.randomUUID()}">
<label for="url">Address</label><input id="url" name="url" type="url" required maxlength="2048" placeholder="https://example.com/hooks/call-ledger">
<label for="description">What for</label><input id="description" name="description" maxlength="200">
${eventBoxes(newsTypes)}<button class="primary">Add</button></form></section>`;
}

async function deliveries(c: ConsoleContext, id: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const cursor = c.req.query('cursor');
  const { items, nextCursor } = await api.get<Page<Delivery>>(path`/api/webhook-endpoints/${id}/deliveries`, {
    cursor,
  });
  if (items.length === 0) return html`<p>Nothing was sent there yet.</p>`;
  return html`${table(
    'What was sent there, the newest first',
    ['Message', 'What', 'State', 'Attempts', 'Last answer', 'Next', 'Do'],
    items.map((one) => [
      html`<span class="id">${one.webhookId}</span>`,
      one.type,
      badge(states[one.state] ?? 'plain', one.state),
      one.attempts,
      one.lastStatus ?? (one.lastFailure && (failures[one.lastFailure] ?? plain(one.lastFailure))),
      time(one.nextAttemptAt, me.timeZone),
      action(`${address(id)}/deliveries/${encodeURIComponent(one.id)}/retry`, 'Send again', {}, `retry-${one.id}`),
    ]),
  )}${pager(address(id), {}, nextCursor)}`;
}

async function one(c: ConsoleContext, id: string, secret?: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const endpoint = await api.get<Endpoint>(path`/api/webhook-endpoints/${id}`);
  const isActive = endpoint.state === 'active';
  const other = isActive ? 'paused' : 'active';
  return html`<p><a href="${HERE}">Webhook endpoints</a></p><h1>${endpoint.url}</h1>
${secret === undefined ? nothing : issued('The secret that signs what is sent there', secret)}
${endpoint.needsSecret ? html`<p class="notice bad">No MASTER_KEY opens its secret, so nothing is sent: have a new secret made.</p>` : nothing}
${endpoint.pausedBecause ? html`<p class="notice warn">It answered 410, which asks for nothing more; so it was paused.</p>` : nothing}
${details([
  ['State', badge(isActive ? 'ok' : 'pending', endpoint.state)],
  ['What for', endpoint.description],
  ['What it is sent', endpoint.events.join(', ')],
  ['Made', time(endpoint.createdAt, me.timeZone)],
])}
<div class="buttons">${action(`${address(id)}/test`, 'Send a test')}${action(`${address(id)}/state`, isActive ? 'Pause' : 'Go on', { state: other })}
${action(`${address(id)}/rotate-secret`, 'Have a new secret made')}${action(`${address(id)}/remove`, 'Remove')}</div>
<section aria-labelledby="sent"><h2 id="sent">What was sent there</h2>${live('rows', address(id), await deliveries(c, id))}</section>
<section aria-labelledby="replay"><h2 id="replay">Send it again from a time on</h2><form method="post" action="${address(id)}/replay" class="stack">
<label for="from">From, as 2026-01-31T09:30:00Z, or a position of the log</label><input id="from" name="from" required maxlength="40"><button>Replay</button></form></section>`;
}

/** `GET /console/endpoints`: where the tenant has news sent to. A secret is on the answer to its form alone. */
export function endpointPages(app: Hono<ConsoleEnv>): void {
  const shown = async (c: ConsoleContext, id: string, secret?: string) =>
    c.html(page(c, 'Webhook endpoint', await one(c, id, secret)));
  app.get(HERE, async (c) => c.html(page(c, 'Webhook endpoints', await list(c))));
  app.get('/console/endpoints/:id', (c) => shown(c, c.req.param('id')));
  app.post(HERE, async (c) => {
    const form = await c.req.parseBody({ all: true });
    const description = typed(form.description);
    const order = { url: typed(form.url), events: every(form.events), ...(description && { description }) };
    const { api } = tenantOf(c);
    const { id, secret } = await api.send<{ id: string; secret: string }>('POST', API, order, typed(form.once));
    return shown(c, id, secret);
  });
  app.post('/console/endpoints/:id/rotate-secret', async (c) => {
    const id = c.req.param('id');
    const to = path`/api/webhook-endpoints/${id}/rotate-secret`;
    return shown(c, id, (await tenantOf(c).api.send<{ secret: string }>('POST', to)).secret);
  });
  app.post('/console/endpoints/:id/state', async (c) => {
    const id = c.req.param('id');
    const { state } = await c.req.parseBody();
    await tenantOf(c).api.send('PATCH', path`/api/webhook-endpoints/${id}`, { state });
    return c.redirect(`${address(id)}?done=settings`, 303);
  });
  app.post('/console/endpoints/:id/test', async (c) => {
    const id = c.req.param('id');
    await tenantOf(c).api.send('POST', path`/api/webhook-endpoints/${id}/test`);
    return c.redirect(`${address(id)}?done=queued`, 303);
  });
  app.post('/console/endpoints/:id/replay', async (c) => {
    const id = c.req.param('id');
    const { from } = await c.req.parseBody();
    await tenantOf(c).api.send('POST', path`/api/webhook-endpoints/${id}/replay`, { from: typed(from) });
    return c.redirect(`${address(id)}?done=queued`, 303);
  });
  app.post('/console/endpoints/:id/deliveries/:delivery/retry', async (c) => {
    const { id, delivery } = c.req.param();
    await tenantOf(c).api.send('POST', path`/api/webhook-endpoints/${id}/deliveries/${delivery}/retry`);
    return c.redirect(`${address(id)}?done=queued`, 303);
  });
  app.post('/console/endpoints/:id/remove', async (c) => {
    await tenantOf(c).api.send('DELETE', path`/api/webhook-endpoints/${c.req.param('id')}`);
    return c.redirect(`${HERE}?done=removed`, 303);
  });
}
