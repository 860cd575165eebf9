import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { z } from 'zod';
import type { EndpointOverview } from '../../../reactions/outgoing-webhooks/overview-route.ts';
import { type Page, path } from '../../api.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv } from '../../console-env.ts';
import { badge, type Html, pager, table, utc } from '../../parts.ts';
import { showOperations } from './frame.ts';

type Endpoint = z.infer<typeof EndpointOverview>;

const HERE = '/console/operations/endpoints';

function stateOf({ state, pausedBecause, needsSecret, failingSince }: Endpoint) {
  if (needsSecret) return badge('failing', 'no secret');
  if (failingSince) return html`${badge('failing')} since ${utc(failingSince)}`;
  if (state === 'paused') return badge('pending', pausedBecause ? 'paused: it answered 410' : 'paused');
  return badge('ok', 'active');
}

async function list(c: ConsoleContext): Promise<Html> {
  const failing = c.req.query('failing') === 'true' ? 'true' : undefined;
  const query = { failing, cursor: c.req.query('cursor') };
  const { items, nextCursor } = await adminOf(c).api.get<Page<Endpoint>>('/api/outgoing-webhooks', query);
  return html`<p class="faint">Where tenants have news sent to. Each adds, pauses and tests its own with an API key that may write.</p>
<p>${failing ? html`<a href="${HERE}">All of them</a>` : html`<a href="${HERE}?failing=true">Only those that fail</a>`}</p>
${table(
  'Webhook endpoints by tenant',
  items,
  {
    Tenant: ({ tenantId }) => html`<a href="${path`/console/operations/tenants/${tenantId}`}">${tenantId}</a>`,
    Address: ({ url }) => html`<span class="id">${url}</span>`,
    State: stateOf,
    'What it is sent': ({ events }) => events.join(', '),
    Wait: ({ pending }) => pending,
    'Given up': ({ dead }) => dead,
  },
  failing ? 'None fails.' : 'No tenant has one.',
)}
${pager(HERE, { failing }, nextCursor)}`;
}

/** `GET /console/operations/endpoints`: where all tenants have news sent to, and how that goes. */
export const endpointOverviewPage = (app: Hono<ConsoleEnv>): void =>
  showOperations(app, HERE, 'Webhook endpoints', list);
