import type { Hono } from 'hono';
import { html } from 'hono/html';
import { type Page, path } from '../../api.ts';
import { adminOf, type ConsoleEnv } from '../../console-env.ts';
import { badge, pager, table, time } from '../../parts.ts';
import { operationsPage } from './frame.ts';

type Endpoint = {
  readonly tenantId: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly state: 'active' | 'paused';
  readonly pausedBecause?: 'gone';
  readonly needsSecret?: true;
  readonly failingSince?: string;
  readonly pending: number;
  readonly dead: number;
};

const HERE = '/console/operations/endpoints';

function stateOf({ state, pausedBecause, needsSecret, failingSince }: Endpoint) {
  if (needsSecret) return badge('failing', 'no secret');
  if (failingSince) return html`${badge('failing')} since ${time(failingSince, 'UTC')}`;
  if (state === 'paused') return badge('pending', pausedBecause ? 'paused: it answered 410' : 'paused');
  return badge('ok', 'active');
}

/** `GET /console/operations/endpoints`: where all tenants have news sent to, and how that goes. */
export function endpointOverviewPage(app: Hono<ConsoleEnv>): void {
  app.get(HERE, async (c) => {
    const failing = c.req.query('failing') === 'true' ? 'true' : undefined;
    const query = { failing, cursor: c.req.query('cursor') };
    const { items, nextCursor } = await adminOf(c).api.get<Page<Endpoint>>('/api/outgoing-webhooks', query);
    const rows = items.map((one) => [
      html`<a href="${path`/console/operations/tenants/${one.tenantId}`}">${one.tenantId}</a>`,
      html`<span class="id">${one.url}</span>`,
      stateOf(one),
      one.events.join(', '),
      one.pending,
      one.dead,
    ]);
    const none = failing ? 'None fails.' : 'No tenant has one.';
    return c.html(
      operationsPage(
        c,
        'Webhook endpoints',
        html`<p class="faint">Where tenants have news sent to. Each adds, pauses and tests its own with an API key that may write.</p>
<p>${failing ? html`<a href="${HERE}">All of them</a>` : html`<a href="${HERE}?failing=true">Only those that fail</a>`}</p>
${items.length === 0 ? html`<p>${none}</p>` : table('Webhook endpoints by tenant', ['Tenant', 'Address', 'State', 'What it is sent', 'Wait', 'Given up'], rows)}
${pager(HERE, { failing }, nextCursor)}`,
      ),
    );
  });
}
