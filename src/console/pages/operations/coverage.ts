import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { z } from 'zod';
import type { WebhookHealth } from '../../../administration/webhook-health-routes.ts';
import type { Outside as OutsideAnswer } from '../../../reactions/outside.ts';
import type { ReconciliationStatus } from '../../../reactions/reconciliation/start.ts';
import type { CoverageDay } from '../../../read-api/coverage.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv } from '../../console-env.ts';
import { act } from '../../layout.ts';
import { action, badge, details, type Html, nothing, table, utc } from '../../parts.ts';
import { part } from '../../problems.ts';
import { plain, sentence } from '../../words.ts';
import { showOperations } from './frame.ts';

type Report = NonNullable<ReconciliationStatus['last']>;
type Outside = z.infer<typeof OutsideAnswer>;

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
  html`<h3>${title}</h3><p>Began ${utc(startedAt)}${endedAt ? html`, ended ${utc(endedAt)}` : nothing}.${error ? ` Interrupted: ${plain(error)}.` : nothing}</p>
${table(title, tenants.slice(0, SHOWN), {
  Tenant: ({ tenantId }) => tenantId,
  'How far': ({ phase, cause }) => `${phases[phase] ?? plain(phase)}${cause ? `: ${plain(cause)}` : ''}`,
  'Calls asked for': ({ done, total }) => `${done} of ${total}`,
  'Facts recorded': ({ recorded }) => recorded,
  'Put off': ({ waiting }) => waiting,
})}`;

async function reconciliation(c: ConsoleContext): Promise<Html> {
  const { state, run, last } = await adminOf(c).api.get<ReconciliationStatus>('/api/reconciliation');
  return html`<p>${badge(state)} ${state === 'waiting' ? 'A store is away; it goes on by itself.' : nothing}</p>
${action(`${HERE}/ask`, 'Ask Retell now')}
${run ? reportOf('Under way', run) : nothing}${last ? reportOf('The last run of this process', last) : nothing}`;
}

const percentBadge = (percent: number | undefined) =>
  percent === undefined ? badge('plain', 'not asked') : badge(percent === 100 ? 'ok' : 'failing', `${percent} %`);

async function days(c: ConsoleContext): Promise<Html> {
  const { items } = await adminOf(c).api.get<{ items: readonly CoverageDay[] }>('/api/reconciliation/coverage');
  return table(
    'Coverage of thirty days, the newest first',
    items.slice(0, 2 * SHOWN),
    {
      Day: ({ day }) => day,
      Tenant: ({ tenantId }) => tenantId,
      Covered: ({ percent }) => percentBadge(percent),
      'At Retell': ({ retell }) => retell,
      Here: ({ log }) => log,
      Missing: ({ missing }) => missing,
      'By webhook': ({ facts }) => facts.webhook,
      'By asking': ({ facts }) => facts.reconciliation,
      Asked: ({ askedAt }) => utc(askedAt),
    },
    'There were no calls in thirty days.',
  );
}

async function outside(c: ConsoleContext): Promise<Html> {
  const { retell, mail } = await adminOf(c).api.get<Outside>('/api/outside');
  const state = (one: { readonly state: string; readonly reason?: string | undefined }) =>
    html`${badge(one.state === 'ok' ? 'ok' : one.state === 'off' ? 'plain' : 'refused', plain(one.state))} ${one.reason ? plain(one.reason) : nothing}`;
  return details({
    Retell: retell.length === 0 ? 'No key is set, so nothing is asked.' : undefined,
    ...Object.fromEntries(retell.map((one) => [`Retell for ${one.tenants.join(', ')}`, state(one)])),
    'Mail server': state(mail),
  });
}

async function webhooks(c: ConsoleContext): Promise<Html> {
  const { since, items } = await adminOf(c).api.get<WebhookHealth>('/api/webhook-health');
  const isRefused = ({ status }: (typeof items)[number]) => status >= 400;
  const shown = (caption: string, some: typeof items, none: string) =>
    table(
      caption,
      some.slice(0, 2 * SHOWN),
      {
        Times: ({ count }) => count,
        Endpoint: ({ endpoint }) => endpoint,
        Tenant: ({ tenantId }) => tenantId ?? 'none that exists',
        Answer: (one) => badge(isRefused(one) ? 'refused' : 'ok', plain(one.outcome)),
        Why: ({ outcome }) => sentence('webhook', outcome),
        Last: ({ lastAt }) => utc(lastAt),
      },
      none,
    );
  return html`<p class="faint">By this process, since ${utc(since)}.</p>
<h2>Refused</h2>${shown('Refused webhooks', items.filter(isRefused), 'None.')}
<h2>Taken</h2>${shown(
    'Taken webhooks',
    items.filter((one) => !isRefused(one)),
    'None yet.',
  )}`;
}

async function coverage(c: ConsoleContext): Promise<Html> {
  const [run, covered] = await Promise.all([part(() => reconciliation(c)), part(() => days(c))]);
  return html`<h2>Asking Retell</h2>${run}
<h2>Days</h2>${covered}
<h2>Outside</h2>${
    c.req.query('outside') === undefined
      ? html`<p><a class="button" href="${HERE}?outside=ask">Ask whether Retell and the mail server let us in</a></p>`
      : await part(() => outside(c))
  }`;
}

/** Whether the log has what Retell has, and what becomes of webhooks. */
export function coveragePages(app: Hono<ConsoleEnv>): void {
  showOperations(app, HERE, 'Coverage', coverage);
  showOperations(app, '/console/operations/webhooks', 'Webhooks', webhooks);
  act(app, `${HERE}/ask`, async (c) => {
    await adminOf(c).api.send('POST', '/api/reconciliation', {});
    return `${HERE}?done=reconciling`;
  });
}
