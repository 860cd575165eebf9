import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { CallSession } from '../../http/resources.ts';
import { outcomes } from '../../model/outcome.ts';
import { type Page, path } from '../api.ts';
import { type ConsoleContext, type ConsoleEnv, mayWrite, tenantOf } from '../console-env.ts';
import { dayRange } from '../forms.ts';
import { act, page, show } from '../layout.ts';
import {
  action,
  anyOf,
  badge,
  type Choices,
  details,
  type Html,
  live,
  minutes,
  nothing,
  pager,
  rowLink,
  section,
  select,
  shortTime,
  table,
  time,
} from '../parts.ts';
import { throughTime } from '../timeline.ts';
import { conversation } from '../transcript.ts';
import { label, sentence } from '../words.ts';
import { erasureForm } from './erasures.ts';

export const callAddress = (id: string): string => path`/console/calls/${id}`;

/** Calls as rows; each leads to its page. */
export const callTable = (caption: string, calls: readonly CallSession[], timeZone: string, none?: string): Html =>
  table(
    caption,
    calls,
    {
      When: (call) => rowLink(call.id, callAddress(call.id), shortTime(call.startedAt ?? call.createdAt, timeZone)),
      Outcome: (call) => html`${badge(call.status)}${call.archived ? html` ${badge('archived')}` : nothing}`,
      Why: (call) => sentence('call', call.statusReason),
      With: (call) => call.customerPhone ?? (call.direction === 'inbound' ? call.fromNumber : call.toNumber),
      Direction: (call) => call.direction,
      Length: (call) => lengthOf(call),
    },
    none,
  );

const lengthOf = ({ durationMs }: CallSession) => (durationMs === undefined ? undefined : minutes(durationMs));

const directions: Choices = { '': 'any', inbound: 'Inbound', outbound: 'Outbound', web: 'Web' };
const archives: Choices = { '': 'left out', true: 'only these', all: 'too' };

async function list(c: ConsoleContext): Promise<Html> {
  const { api, me } = tenantOf(c);
  const { cursor, day, ...query } = Object.fromEntries(
    ['status', 'direction', 'archived', 'appointmentId', 'day', 'cursor'].map((name) => [name, c.req.query(name)]),
  );
  const range = day ? dayRange(day, me.timeZone) : {};
  const { items, nextCursor } = await api.get<Page<CallSession>>('/api/call-sessions', { ...query, ...range, cursor });
  const here = `/console/calls${new URL(c.req.url).search}`;
  return html`<h1>Calls</h1><form method="get" action="/console/calls" class="filters">
${select('status', 'Outcome', anyOf(outcomes.toReversed()), query.status)}
${select('direction', 'Direction', directions, query.direction)}
<label>Day <input type="date" name="day" value="${day ?? ''}"></label>
${select('archived', 'Archived', archives, query.archived)}
<button>Show</button> <a href="/console/calls">All</a>
</form>
${live('rows', here, callTable('Calls, the newest first', items, me.timeZone, 'No call is like that.'))}
${pager('/console/calls', { ...query, day }, nextCursor)}`;
}

/** A recording is at somebody else's address: shown as a link, and never fetched here. */
function recordingLink(address: string): Html | string {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return address;
  return html`<a href="${url.href}" rel="noreferrer noopener external" target="_blank">Open the recording at ${url.host}</a>`;
}

const yesOrNo = (value: boolean | undefined) => (value === undefined ? undefined : value ? 'yes' : 'no');
const shownValue = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const analysisOf = ({ analysis }: CallSession): Html | string => {
  if (analysis === undefined) return nothing;
  const custom = Object.entries(analysis.custom).map(([name, value]) => [name, shownValue(value)]);
  return section(
    'analysis',
    'Analysis',
    html`
${analysis.summary === undefined ? nothing : html`<p>${analysis.summary}</p>`}
${details({
  Mood: analysis.sentiment,
  'Did what it was for': yesOrNo(analysis.successful),
  Voicemail: yesOrNo(analysis.inVoicemail),
})}
${custom.length === 0 ? nothing : html`<h3>What the agent filled in</h3>${details(Object.fromEntries(custom))}`}`,
  );
};

const factsOf = (call: CallSession, timeZone: string): Html =>
  details({
    With: call.customerPhone,
    From: call.fromNumber,
    To: call.toNumber,
    Direction: call.direction,
    Agent: call.agentName ?? call.agentId,
    'Asked for': call.requestedAt && time(call.requestedAt, timeZone),
    Started: call.startedAt && time(call.startedAt, timeZone),
    Length: lengthOf(call),
    'Ended because': call.disconnectionReason && sentence('call', call.disconnectionReason),
    Transferred: call.transferred ? 'yes' : undefined,
    Appointment:
      call.appointmentId &&
      html`<a href="${path`/console/appointments/${call.appointmentId}`}">${call.appointmentId}</a>`,
    Ticket: call.ticketId && html`<a href="${path`/console/tickets/${call.ticketId}`}">${call.ticketId}</a>`,
    Contact: call.contactId,
    Call: call.retellCallIds.join(', '),
    Recording: call.recordingUrl && recordingLink(call.recordingUrl),
  });

/** What is known of a call, or was. */
const known = (call: CallSession, timeZone: string): Html =>
  html`<p class="verdict">${badge(call.status, label(call.status))} ${sentence('call', call.statusReason)}</p>
${call.erased ? html`<p class="notice">The person of this call was erased: what would name them is gone.</p>` : nothing}
${factsOf(call, timeZone)}
${analysisOf(call)}
${call.transcript === undefined ? nothing : conversation(call.transcript)}`;

const archiveForm = (call: CallSession): Html => {
  const word = call.archived ? 'unarchive' : 'archive';
  return section(
    'records',
    'Records',
    html`
<p>${call.archived ? 'Lists leave this call out.' : 'An archived call is left out of lists; nothing of it is lost.'}</p>
${action(`${callAddress(call.id)}/${word}`, call.archived ? 'Take back into the lists' : 'Archive')}`,
  );
};

/** Why a call says what it says. */
async function one(c: ConsoleContext, id: string): Promise<Html> {
  const { timeZone } = tenantOf(c).me;
  const of = { of: 'call', address: callAddress(id) } as const;
  const { now, known: shown, why } = await throughTime<CallSession>(c, of, path`/api/call-sessions/${id}`);
  return page(
    c,
    `${label(now.status)} call`,
    html`<p><a href="/console/calls">Calls</a></p>
<h1>Call ${now.startedAt ? html`of ${time(now.startedAt, timeZone)}` : now.id}</h1>
${shown((call) => known(call, timeZone))}
${why}
${mayWrite(c) ? archiveForm(now) : nothing}
${now.erased ? nothing : erasureForm(c, `${callAddress(now.id)}/erase`, 'erase')}`,
  );
}

/** `GET /console/calls`, and each one's page; `?fact=3`: as it was known after its third fact. */
export function callPages(app: Hono<ConsoleEnv>): void {
  show(app, '/console/calls', 'Calls', list);
  app.get('/console/calls/:id', async (c) => c.html(await one(c, c.req.param('id'))));
  for (const word of ['archive', 'unarchive'] as const)
    act(app, `/console/calls/:id/${word}`, async (c) => {
      const id = c.req.param('id');
      await tenantOf(c).api.send('POST', `${path`/api/call-sessions/${id}`}/${word}`);
      return `${callAddress(id)}?done=${word}d`;
    });
}
