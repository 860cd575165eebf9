import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { Appointment, CallSession, Ticket } from '../../http/resources.ts';
import type { CoverageDay } from '../../read-api/coverage.ts';
import type { DailySummary, HourlySummary } from '../../read-api/summary.ts';
import type { Page, Query } from '../api.ts';
import { chart, daily, hourly } from '../charts.ts';
import { type ConsoleContext, type ConsoleEnv, tenantOf } from '../console-env.ts';
import { page } from '../layout.ts';
import { type Html, live, nothing, section, time } from '../parts.ts';
import { part } from '../problems.ts';
import { appointmentTable } from './appointments.ts';
import { callTable } from './calls.ts';
import { operationsToDo } from './operations/index.ts';
import { ticketTable } from './tickets.ts';

const SHOWN = 10;
const PENDING_MS = 30 * 60_000;
const WEEK_MS = 7 * 86_400_000;

type List<Item> = { readonly items: readonly Item[]; readonly hasMore: boolean };

const listOf = async <Item>(
  asked: Promise<Page<Item>>,
  wanted: (item: Item) => boolean = () => true,
): Promise<List<Item>> => {
  const { items, nextCursor } = await asked;
  return { items: items.filter(wanted), hasMore: nextCursor !== null };
};

/** Those that say so, and those that nobody has looked at yet; the oldest first. */
async function openTickets({ api }: ReturnType<typeof tenantOf>): Promise<List<Ticket>> {
  const oldest = { order: 'oldest', limit: 50 };
  const [required, fresh] = await Promise.all([
    listOf(api.get<Page<Ticket>>('/api/tickets', { active: 'true', actionRequired: 'true', ...oldest })),
    listOf(api.get<Page<Ticket>>('/api/tickets', { status: 'new', ...oldest })),
  ]);
  const both = new Map([...required.items, ...fresh.items].map((ticket) => [ticket.id, ticket]));
  const items = [...both.values()].sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
  return { items, hasMore: required.hasMore || fresh.hasMore };
}

/** Something that somebody has to look at now: how many of it there are, and the first of them. */
type Kind = {
  readonly id: string;
  readonly count: string;
  readonly title: string;
  readonly isOpen: boolean;
  /** The page that lists all of them, where they are more than are shown. */
  readonly all: string | undefined;
  readonly shown: () => Html | Promise<Html>;
};

const kind = <Item>(
  id: string,
  [one, more]: readonly [one: string, more: string],
  { items, hasMore }: List<Item>,
  all: string,
  shown: (items: readonly Item[]) => Html | Promise<Html>,
): Kind => ({
  id,
  count: `${items.length}${hasMore ? '+' : ''}`,
  title: items.length === 1 && !hasMore ? one : more,
  isOpen: items.length > 0,
  all: items.length > SHOWN || hasMore ? all : undefined,
  shown: () => shown(items.slice(0, SHOWN)),
});

async function toDo(c: ConsoleContext): Promise<readonly Kind[]> {
  const tenant = tenantOf(c);
  const { api, me } = tenant;
  const now = Date.now();
  const ago = (ms: number) => new Date(now - ms).toISOString();
  const calls = (query: Query) => listOf(api.get<Page<CallSession>>('/api/call-sessions', { ...query, limit: 50 }));
  const [tickets, appointments, failed, pending, mails] = await Promise.all([
    openTickets(tenant),
    listOf(api.get<Page<Appointment>>('/api/appointments', { needsReview: 'true', order: 'oldest', limit: 50 })),
    calls({ status: 'failed', from: ago(WEEK_MS) }),
    calls({ status: 'pending', from: ago(WEEK_MS), to: ago(PENDING_MS) }),
    listOf(
      api.get<Page<Ticket>>('/api/tickets', { mail: 'failed,not_sent', from: ago(WEEK_MS), limit: 50 }),
      // That none goes out was wanted where mails are switched off, or the person was erased.
      ({ mailReason }) => mailReason !== 'disabled' && mailReason !== 'erased',
    ),
  ]);
  return [
    kind('tickets', ['ticket needs somebody', 'tickets need somebody'], tickets, '/console/tickets', (items) =>
      ticketTable(c, 'Tickets, the oldest first', items),
    ),
    kind(
      'appointments',
      ['appointment to review', 'appointments to review'],
      appointments,
      '/console/appointments',
      (items) => appointmentTable('Appointments to review', items, me.timeZone),
    ),
    kind(
      'failed',
      ['failed call in a week', 'failed calls in a week'],
      failed,
      '/console/calls?status=failed',
      (items) => callTable('Failed calls', items, me.timeZone),
    ),
    kind(
      'pending',
      ['call pending for over 30 minutes', 'calls pending for over 30 minutes'],
      pending,
      '/console/calls?status=pending',
      (items) => callTable('Pending calls', items, me.timeZone),
    ),
    kind(
      'mails',
      ['mail not sent in a week', 'mails not sent in a week'],
      mails,
      '/console/tickets?mail=failed,not_sent',
      (items) => ticketTable(c, 'Tickets whose mail was not sent', items),
    ),
  ];
}

async function toDoOf(c: ConsoleContext): Promise<Html> {
  const kinds = await toDo(c);
  const open = kinds.filter(({ isOpen }) => isOpen);
  const tables = open.map(
    async ({ id, count, title, all, shown }) =>
      html`<section aria-labelledby="${id}"><h3 id="${id}">${count} ${title}</h3>${await shown()}${all ? html`<p><a href="${all}">All of them</a></p>` : nothing}</section>`,
  );
  return html`<ul class="cards">${kinds.map(({ id, count, title, isOpen }) => html`<li class="${isOpen ? 'open' : 'done'}"><a href="#${id}"><b>${count}</b> ${title}</a></li>`)}</ul>
${open.length === 0 ? html`<p>Nothing waits for anybody.</p>` : nothing}
${await Promise.all(tables)}`;
}

const newestCall = async (c: ConsoleContext): Promise<CallSession | undefined> => {
  const newest = await tenantOf(c).api.get<Page<CallSession>>('/api/call-sessions', { limit: 1, archived: 'all' });
  return newest.items[0];
};

/** Whether calls are coming in, in words. */
async function incoming(c: ConsoleContext): Promise<Html> {
  const { api, me } = tenantOf(c);
  const last = await newestCall(c);
  const { items } = await api.get<{ items: readonly CoverageDay[] }>('/api/coverage', {
    from: new Date(Date.now() - WEEK_MS).toISOString(),
  });
  const [retell, missing] = [items.reduce((n, day) => n + day.retell, 0), items.reduce((n, day) => n + day.missing, 0)];
  const asked = items
    .flatMap(({ askedAt }) => askedAt ?? [])
    .sort()
    .at(-1);
  const coverage =
    asked === undefined
      ? 'Retell was not asked in the last seven days, so nobody knows whether webhooks are missing.'
      : missing === 0
        ? `All ${retell} calls that Retell knows of the last seven days are here.`
        : `Of ${retell} calls that Retell knows of the last seven days, ${missing} lack something here.`;
  return html`<p>${last ? html`The last new call came ${time(last.createdAt, me.timeZone)}. ` : nothing}${coverage}${asked === undefined ? nothing : html` Retell was last asked ${time(asked, me.timeZone)}.`}</p>`;
}

const noCallsYet = (c: ConsoleContext): Html => {
  const { origin } = new URL(c.req.url);
  return section(
    'first',
    'No calls yet',
    html`
<p>Send some, as Retell would on a bad day: shuffled, doubled, late. In the directory of the service:</p>
<pre><code>npm run simulate -- --calls 34 --url ${origin}</code></pre>
<p>This page fills by itself. For real calls set the webhook URL of your agent at Retell to</p>
<pre><code>${origin}/api/webhooks/retell</code></pre>`,
  );
};

async function pictures(c: ConsoleContext): Promise<Html> {
  const { api, me } = tenantOf(c);
  const [hours, days] = await Promise.all([
    api.get<HourlySummary>('/api/summary/hours'),
    api.get<DailySummary>('/api/summary'),
  ]);
  return html`<div class="charts">${chart('hours', 'The last 24 hours', hourly(hours, me.timeZone))}${chart('days', 'The last 30 days', daily(days))}</div>`;
}

/** The parts that are fetched anew by themselves: what the others cost is not asked for again. */
const parts: Readonly<Record<string, (c: ConsoleContext) => Promise<Html>>> = {
  async todo(c) {
    const [todo, operations] = await Promise.all([
      part(() => toDoOf(c)),
      c.var.admin ? part(() => operationsToDo(c)) : nothing,
    ]);
    return live('todo', '/console', [html`<h2>To do</h2>`, todo, operations]);
  },
  coming: async (c) => live('coming', '/console', [await part(() => incoming(c))]),
  pictures: async (c) => live('pictures', '/console', [await part(() => pictures(c))], 'throttle:60s'),
};

async function overview(c: ConsoleContext): Promise<Html> {
  if (c.var.tenant === undefined)
    return html`${await operationsToDo(c)}
<p>An admin key sees no calls. <a href="/console/calls">Sign in with an API key of a tenant as well</a> to see what to do there.</p>`;
  if ((await newestCall(c)) === undefined) return live('overview', '/console', noCallsYet(c));
  const shown = await Promise.all(['todo', 'coming', 'pictures'].map((name) => parts[name]!(c)));
  return html`<div id="overview">${shown[0]}<h2>Calls</h2>${shown[1]}${shown[2]}</div>`;
}

/** `GET /console`: what to do now, then how things are. */
export function overviewPage(app: Hono<ConsoleEnv>): void {
  app.get('/console', async (c) => {
    const wanted = c.var.tenant && c.req.header('hx-target');
    if (wanted !== undefined && Object.hasOwn(parts, wanted)) return c.html(await parts[wanted]!(c));
    return c.html(page(c, 'Overview', html`<h1>Overview</h1>${await overview(c)}`));
  });
}
