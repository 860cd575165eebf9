import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { CallSession } from '../../http/resources.ts';
import { outcomes } from '../../model/outcome.ts';

import { type Page, path } from '../api.ts';
import { type ConsoleContext, type ConsoleEnv, tenantOf } from '../console-env.ts';
import { dayRange } from '../forms.ts';
import { page } from '../layout.ts';
import { badge, type Choice, type Html, live, minutes, nothing, pager, select, shortTime, table } from '../parts.ts';
import { label, sentence } from '../words.ts';
import { callPage } from './call.ts';

export const callAddress = (id: string): string => path`/console/calls/${id}`;

/** Calls as rows; each leads to its page. */
export function callTable(caption: string, calls: readonly CallSession[], timeZone: string): Html {
  return table(
    caption,
    ['When', 'Outcome', 'Why', 'With', 'Direction', 'Length'],
    calls.map((call) => [
      html`<a id="row-${call.id}" href="${callAddress(call.id)}">${shortTime(call.startedAt ?? call.createdAt, timeZone)}</a>`,
      html`${badge(call.status)}${call.archived ? html` ${badge('archived')}` : nothing}`,
      sentence('call', call.statusReason),
      call.customerPhone ?? (call.direction === 'inbound' ? call.fromNumber : call.toNumber),
      call.direction,
      call.durationMs === undefined ? undefined : minutes(call.durationMs),
    ]),
  );
}

const statuses: readonly Choice[] = [['', 'any'], ...outcomes.toReversed().map((one): Choice => [one, label(one)])];
const directions: readonly Choice[] = [
  ['', 'any'],
  ['inbound', 'Inbound'],
  ['outbound', 'Outbound'],
  ['web', 'Web'],
];
const archives: readonly Choice[] = [
  ['', 'left out'],
  ['true', 'only these'],
  ['all', 'too'],
];

const FILTERS = ['status', 'direction', 'archived', 'appointmentId', 'day', 'cursor'] as const;
const filterOf = (c: ConsoleContext) =>
  Object.fromEntries(FILTERS.map((name) => [name, c.req.query(name) || undefined])) as {
    readonly [K in (typeof FILTERS)[number]]: string | undefined;
  };

const filterForm = (filter: ReturnType<typeof filterOf>): Html =>
  html`<form method="get" action="/console/calls" class="filters">
${select('status', 'Outcome', statuses, filter.status)}
${select('direction', 'Direction', directions, filter.direction)}
<label>Day <input type="date" name="day" value="${filter.day ?? ''}"></label>
${select('archived', 'Archived', archives, filter.archived)}
<button>Show</button> <a href="/console/calls">All</a>
</form>`;

/** `GET /console/calls`, and the pages of each. */
export function callPages(app: Hono<ConsoleEnv>): void {
  app.get('/console/calls', async (c) => {
    const { api, me } = tenantOf(c);
    const filter = filterOf(c);
    const { day, ...query } = filter;
    const range = day === undefined ? {} : dayRange(day, me.timeZone);
    const { items, nextCursor } = await api.get<Page<CallSession>>('/api/call-sessions', { ...query, ...range });
    const { cursor: _, ...others } = filter;
    const rows =
      items.length === 0
        ? html`<p>No call is like that.</p>`
        : callTable('Calls, the newest first', items, me.timeZone);
    const here = `/console/calls${new URL(c.req.url).search}`;
    return c.html(
      page(
        c,
        'Calls',
        html`<h1>Calls</h1>${filterForm(filter)}
${live('rows', here, rows)}
${pager('/console/calls', others, nextCursor)}`,
      ),
    );
  });
  callPage(app);
}
