import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { WebhookHealth } from '../../../administration/webhook-health-routes.ts';
import type { CoverageDay } from '../../../read-api/coverage.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv } from '../../console-env.ts';
import { action, badge, details, type Html, nothing, table, time } from '../../parts.ts';
import { part } from '../../problems.ts';
import { plain, sentence } from '../../words.ts';
import { operationsPage } from './frame.ts';

type Report = {
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly error?: string;
  readonly tenants: readonly TenantReport[];
};
type TenantReport = {
  readonly tenantId: string;
  readonly phase: string;
  readonly cause?: string;
  readonly done: number;
  readonly total: number;
  readonly recorded: number;
  readonly waiting: number;
};
type Reconciliation = { readonly state: string; readonly run?: Report; readonly last?: Report };
type Outside = {
  readonly retell: readonly { readonly state: string; readonly reason?: string; readonly tenants: readonly string[] }[];
  readonly mail: { readonly state: string; readonly reason?: string };
};

const ZONE = 'UTC';
const HERE = '/console/operations/coverage';
const SHOWN = 100;

const phases: Readonly<Record<string, string>> = {
  lists: 'reading lists',
  calls: 'asking for calls',
  done: 'done',
  no_key: 'has no Retell API key',
  later: 'not completed',
};

const reportOf = (title: string, { startedAt, endedAt, error, tenants }: Report): Html =>
  html`<h3>${title}</h3><p>Began ${time(startedAt, ZONE)}${endedAt ? html`, ended ${time(endedAt, ZONE)}` : nothing}.${error ? ` Interrupted: ${plain(error)}.` : nothing}</p>
${table(
  title,
  ['Tenant', 'How far', 'Calls asked for', 'Facts recorded', 'Put off'],
  tenants
    .slice(0, SHOWN)
    .map((one) => [
      one.tenantId,
      `${phases[one.phase] ?? plain(one.phase)}${one.cause ? `: ${plain(one.cause)}` : ''}`,
      `${one.done} of ${one.total}`,
      one.recorded,
      one.waiting,
    ]),
)}`;

async function reconciliation(c: ConsoleContext): Promise<Html> {
  const { state, run, last } = await adminOf(c).api.get<Reconciliation>('/api/reconciliation');
  return html`<p>${badge(state)} ${state === 'waiting' ? 'A store is away; it goes on by itself.' : nothing}</p>
${action(`${HERE}/ask`, 'Ask Retell now')}
${run ? reportOf('Under way', run) : nothing}${last ? reportOf('The last run of this process', last) : nothing}`;
}

async function days(c: ConsoleContext): Promise<Html> {
  const { items } = await adminOf(c).api.get<{ items: readonly CoverageDay[] }>('/api/reconciliation/coverage');
  if (items.length === 0) return html`<p>There were no calls in thirty days.</p>`;
  return table(
    'Coverage of thirty days, the newest first',
    ['Day', 'Tenant', 'Covered', 'At Retell', 'Here', 'Missing', 'By webhook', 'By asking', 'Asked'],
    items
      .slice(0, 2 * SHOWN)
      .map((day) => [
        ...[day.day, day.tenantId],
        day.percent === undefined
          ? badge('plain', 'not asked')
          : badge(day.percent === 100 ? 'ok' : 'failing', `${day.percent} %`),
        ...[day.retell, day.log, day.missing, day.facts.webhook, day.facts.reconciliation],
        time(day.askedAt, ZONE),
      ]),
  );
}

async function outside(c: ConsoleContext): Promise<Html> {
  const { retell, mail } = await adminOf(c).api.get<Outside>('/api/outside');
  const state = (one: { readonly state: string; readonly reason?: string }) =>
    html`${badge(one.state === 'ok' ? 'ok' : one.state === 'off' ? 'plain' : 'refused', plain(one.state))} ${one.reason ? plain(one.reason) : nothing}`;
  return details([
    ...(retell.length === 0 ? [['Retell', 'No key is set, so nothing is asked.'] as const] : []),
    ...retell.map((one) => [`Retell for ${one.tenants.join(', ')}`, state(one)] as const),
    ['Mail server', state(mail)],
  ]);
}

async function webhooks(c: ConsoleContext): Promise<Html> {
  const { since, items } = await adminOf(c).api.get<WebhookHealth>('/api/webhook-health');
  const [refused, taken] = [items.filter(({ status }) => status >= 400), items.filter(({ status }) => status < 400)];
  const rows = (of: typeof items) =>
    of
      .slice(0, 2 * SHOWN)
      .map((one) => [
        ...[one.count, one.endpoint, one.tenantId ?? 'none that exists'],
        html`${badge(one.status >= 400 ? 'refused' : 'ok', plain(one.outcome))}`,
        sentence('webhook', one.outcome),
        time(one.lastAt, ZONE),
      ]);
  const headings = ['Times', 'Endpoint', 'Tenant', 'Answer', 'Why', 'Last'];
  return html`<p class="faint">By this process, since ${time(since, ZONE)}.</p>
<h2>Refused</h2>${refused.length === 0 ? html`<p>None.</p>` : table('Refused webhooks', headings, rows(refused))}
<h2>Taken</h2>${taken.length === 0 ? html`<p>None yet.</p>` : table('Taken webhooks', headings, rows(taken))}`;
}

/** Whether the log has what Retell has, and what becomes of webhooks. */
export function coveragePages(app: Hono<ConsoleEnv>): void {
  app.get(HERE, async (c) => {
    const [run, covered] = await Promise.all([part(() => reconciliation(c)), part(() => days(c))]);
    const content = html`<h2>Asking Retell</h2>${run}
<h2>Days</h2>${covered}
<h2>Outside</h2>${
      c.req.query('outside') === undefined
        ? html`<p><a class="button" href="${HERE}?outside=ask">Ask whether Retell and the mail server let us in</a></p>`
        : await part(() => outside(c))
    }`;
    return c.html(operationsPage(c, 'Coverage', content));
  });
  app.post(`${HERE}/ask`, async (c) => {
    await adminOf(c).api.send('POST', '/api/reconciliation', {});
    return c.redirect(`${HERE}?done=reconciling`, 303);
  });
  app.get('/console/operations/webhooks', async (c) => c.html(operationsPage(c, 'Webhooks', await webhooks(c))));
}
