import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { z } from 'zod';
import { newsTypes } from '../../events/tenant-facts.ts';
import type { DeliveryItem } from '../../reactions/outgoing-webhooks/delivery-routes.ts';
import type { Endpoint as EndpointAnswer, WithSecret } from '../../reactions/outgoing-webhooks/endpoint-routes.ts';
import { type Page, path } from '../api.ts';
import { type ConsoleContext, type ConsoleEnv, tenantOf } from '../console-env.ts';
import { every, typed } from '../forms.ts';
import { act, page, show } from '../layout.ts';
import {
  action,
  badge,
  checkboxes,
  details,
  type Html,
  issued,
  live,
  nothing,
  once,
  pager,
  rowLink,
  section,
  table,
  time,
} from '../parts.ts';
import { plain } from '../words.ts';

type Endpoint = z.infer<typeof EndpointAnswer>;
type Issued = z.infer<typeof WithSecret>;
type Delivery = z.infer<typeof DeliveryItem>;

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

const stateBadge = ({ state }: Endpoint) => badge(state === 'active' ? 'ok' : 'pending', state);

async function list(c: ConsoleContext): Promise<Html> {
  const { api, me } = tenantOf(c);
  const { items } = await api.get<Page<Endpoint>>(API);
  return html`<h1>Webhook endpoints</h1>
<p class="faint">Systems of yours that are sent what changes, signed and in order.</p>
${table(
  'Webhook endpoints, the newest first',
  items,
  {
    Address: ({ id, url }) => rowLink(id, address(id), html`<span class="id">${url}</span>`),
    State: stateBadge,
    'What it is sent': ({ events }) => events.join(', '),
    Made: ({ createdAt }) => time(createdAt, me.timeZone),
  },
  'There are none.',
)}
${section(
  'add',
  'Add one',
  html`<form method="post" action="${HERE}" class="stack">${once()}
<label for="url">Address</label><input id="url" name="url" type="url" required maxlength="2048" placeholder="https://example.com/hooks/call-ledger">
<label for="description">What for</label><input id="description" name="description" maxlength="200">
${checkboxes('What it is sent', 'events', newsTypes, newsTypes)}<button class="primary">Add</button></form>`,
)}`;
}

async function deliveries(c: ConsoleContext, id: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const from = path`/api/webhook-endpoints/${id}/deliveries`;
  const { items, nextCursor } = await api.get<Page<Delivery>>(from, { cursor: c.req.query('cursor') });
  return html`${table(
    'What was sent there, the newest first',
    items,
    {
      Message: ({ webhookId }) => html`<span class="id">${webhookId}</span>`,
      What: ({ type }) => type,
      State: ({ state }) => badge(states[state] ?? 'plain', state),
      Attempts: ({ attempts }) => attempts,
      'Last answer': ({ lastStatus, lastFailure: failure }) =>
        lastStatus ?? (failure && (failures[failure] ?? plain(failure))),
      Next: ({ nextAttemptAt }) => time(nextAttemptAt, me.timeZone),
      Do: (one) =>
        action(path`/console/endpoints/${id}/deliveries/${one.id}/retry`, 'Send again', {}, `retry-${one.id}`),
    },
    'Nothing was sent there yet.',
  )}${pager(address(id), {}, nextCursor)}`;
}

async function one(c: ConsoleContext, id: string, secret?: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const endpoint = await api.get<Endpoint>(path`/api/webhook-endpoints/${id}`);
  const isActive = endpoint.state === 'active';
  return html`<p><a href="${HERE}">Webhook endpoints</a></p><h1>${endpoint.url}</h1>
${issued('The secret that signs what is sent there', secret)}
${endpoint.needsSecret ? html`<p class="notice bad">No MASTER_KEY opens its secret, so nothing is sent: have a new secret made.</p>` : nothing}
${endpoint.pausedBecause ? html`<p class="notice warn">It answered 410, which asks for nothing more; so it was paused.</p>` : nothing}
${details({
  State: stateBadge(endpoint),
  'What for': endpoint.description,
  'What it is sent': endpoint.events.join(', '),
  Made: time(endpoint.createdAt, me.timeZone),
})}
<div class="buttons">${action(`${address(id)}/test`, 'Send a test')}${action(`${address(id)}/state`, isActive ? 'Pause' : 'Go on', { state: isActive ? 'paused' : 'active' })}
${action(`${address(id)}/rotate-secret`, 'Have a new secret made')}${action(`${address(id)}/remove`, 'Remove')}</div>
${section('sent', 'What was sent there', live('rows', address(id), await deliveries(c, id)))}
${section(
  'replay',
  'Send it again from a time on',
  html`<form method="post" action="${address(id)}/replay" class="stack">
<label for="from">From, as 2026-01-31T09:30:00Z, or a position of the log</label><input id="from" name="from" required maxlength="40"><button>Replay</button></form>`,
)}`;
}

/** `GET /console/endpoints`: where the tenant has news sent to. A secret is on the answer to its form alone. */
export function endpointPages(app: Hono<ConsoleEnv>): void {
  const title = 'Webhook endpoint';
  show(app, HERE, 'Webhook endpoints', list);
  show(app, '/console/endpoints/:id', title, (c) => one(c, c.req.param('id')));
  app.post(HERE, async (c) => {
    const form = await c.req.parseBody({ all: true });
    const description = typed(form.description);
    const order = { url: typed(form.url), events: every(form.events), ...(description && { description }) };
    const { id, secret } = await tenantOf(c).api.send<Issued>('POST', API, order, typed(form.once));
    return c.html(page(c, title, await one(c, id, secret)));
  });
  app.post('/console/endpoints/:id/rotate-secret', async (c) => {
    const to = path`/api/webhook-endpoints/${c.req.param('id')}/rotate-secret`;
    const { id, secret } = await tenantOf(c).api.send<Issued>('POST', to);
    return c.html(page(c, title, await one(c, id, secret)));
  });
  act(app, '/console/endpoints/:id/state', async (c, { state }) => {
    const id = c.req.param('id');
    await tenantOf(c).api.send('PATCH', path`/api/webhook-endpoints/${id}`, { state });
    return `${address(id)}?done=settings`;
  });
  act(app, '/console/endpoints/:id/test', async (c) => {
    const id = c.req.param('id');
    await tenantOf(c).api.send('POST', path`/api/webhook-endpoints/${id}/test`);
    return `${address(id)}?done=queued`;
  });
  act(app, '/console/endpoints/:id/replay', async (c, { from }) => {
    const id = c.req.param('id');
    await tenantOf(c).api.send('POST', path`/api/webhook-endpoints/${id}/replay`, { from: typed(from) });
    return `${address(id)}?done=queued`;
  });
  act(app, '/console/endpoints/:id/deliveries/:delivery/retry', async (c) => {
    const { id, delivery } = c.req.param();
    await tenantOf(c).api.send('POST', path`/api/webhook-endpoints/${id}/deliveries/${delivery}/retry`);
    return `${address(id)}?done=queued`;
  });
  act(app, '/console/endpoints/:id/remove', async (c) => {
    await tenantOf(c).api.send('DELETE', path`/api/webhook-endpoints/${c.req.param('id')}`);
    return `${HERE}?done=removed`;
  });
}
