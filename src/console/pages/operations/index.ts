import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { CoverageDay } from '../../../read-api/coverage.ts';
import { orElse, type Page } from '../../api.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv } from '../../console-env.ts';
import type { Html } from '../../parts.ts';
import { auditPage } from './audit.ts';
import { coveragePages } from './coverage.ts';
import { endpointOverviewPage } from './endpoints.ts';
import { setAsidePages } from './set-aside.ts';
import { statePages } from './state.ts';
import { tenantPages } from './tenants.ts';

const FAILING = '/console/operations/endpoints?failing=true';

/** What an operator has to look at now, as cards of the overview. */
export async function operationsToDo(c: ConsoleContext): Promise<Html | string> {
  const { api } = adminOf(c);
  const counted = async (path: string, which?: Readonly<Record<string, string>>): Promise<string> => {
    const { items, nextCursor } = await api.get<Page<unknown>>(path, { limit: 200, ...which });
    return `${items.length}${nextCursor === null ? '' : '+'}`;
  };
  const lacking = async () => {
    const { items } = await api.get<{ items: readonly CoverageDay[] }>('/api/reconciliation/coverage');
    return `${items.filter(({ percent }) => percent !== undefined && percent < 100).length}`;
  };
  const cards = [
    ['/console/operations/set-aside', 'parked streams', () => counted('/api/parked')],
    ['/console/operations/set-aside', 'deliveries in quarantine', () => counted('/api/quarantine')],
    ['/console/operations/coverage', 'days under 100 % coverage', lacking],
    [FAILING, 'webhook endpoints that fail', () => counted('/api/outgoing-webhooks', { failing: 'true' })],
  ] as const;
  const shown = cards.map(async ([to, text, count]) => {
    // Which keys may not ask, or what does not answer, its own page says.
    const number = await orElse(count(), () => true, '?');
    return html`<li class="${number === '0' ? 'done' : 'open'}"><a href="${to}"><b>${number}</b> ${text}</a></li>`;
  });
  return html`<h3>Operations</h3><ul class="cards">${await Promise.all(shown)}</ul>`;
}

/** With an admin key. */
export function operationPages(app: Hono<ConsoleEnv>): void {
  statePages(app);
  setAsidePages(app);
  coveragePages(app);
  endpointOverviewPage(app);
  tenantPages(app);
  auditPage(app);
}
