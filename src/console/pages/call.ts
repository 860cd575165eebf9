import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { CallSession } from '../../http/resources.ts';

import type { HistoryItem } from '../../read-api/history.ts';
import { type Page, path } from '../api.ts';
import { type ConsoleContext, type ConsoleEnv, mayWrite, tenantOf } from '../console-env.ts';
import { page } from '../layout.ts';
import { action, badge, details, type Html, live, minutes, nothing, time } from '../parts.ts';
import { whySection } from '../timeline.ts';
import { conversation } from '../transcript.ts';
import { label, plain, sentence } from '../words.ts';
import { erasureForm } from './erasures.ts';

type History = Page<HistoryItem>;

/** A recording is at somebody else's address: shown as a link, and never fetched here. */
function recordingLink(address: string): Html | string {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return address;
  return html`<a href="${url.href}" rel="noreferrer noopener external" target="_blank">Open the recording at ${url.host}</a>`;
}

const shownValue = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const analysisOf = ({ analysis }: CallSession): Html | string => {
  if (analysis === undefined) return nothing;
  const custom = Object.entries(analysis.custom);
  return html`<section aria-labelledby="analysis"><h2 id="analysis">Analysis</h2>
${analysis.summary === undefined ? nothing : html`<p>${analysis.summary}</p>`}
${details([
  ['Mood', analysis.sentiment],
  ['Did what it was for', analysis.successful === undefined ? undefined : analysis.successful ? 'yes' : 'no'],
  ['Voicemail', analysis.inVoicemail === undefined ? undefined : analysis.inVoicemail ? 'yes' : 'no'],
])}
${custom.length === 0 ? nothing : html`<h3>What the agent filled in</h3>${details(custom.map(([name, value]) => [name, shownValue(value)]))}`}</section>`;
};

const links = (call: CallSession) =>
  [
    [
      'Appointment',
      call.appointmentId &&
        html`<a href="${path`/console/appointments/${call.appointmentId}`}">${call.appointmentId}</a>`,
    ],
    ['Ticket', call.ticketId && html`<a href="${path`/console/tickets/${call.ticketId}`}">${call.ticketId}</a>`],
  ] as const;

const factsOf = (call: CallSession, timeZone: string): Html =>
  details([
    ['With', call.customerPhone],
    ['From', call.fromNumber],
    ['To', call.toNumber],
    ['Direction', call.direction],
    ['Agent', call.agentName ?? call.agentId],
    ['Asked for', call.requestedAt && time(call.requestedAt, timeZone)],
    ['Started', call.startedAt && time(call.startedAt, timeZone)],
    ['Length', call.durationMs === undefined ? undefined : minutes(call.durationMs)],
    ['Ended because', call.disconnectionReason && plain(call.disconnectionReason)],
    ['Transferred', call.transferred ? 'yes' : undefined],
    ...links(call).map(([name, link]) => [name, link || undefined] as const),
    ['Contact', call.contactId],
    ['Call', call.retellCallIds.join(', ')],
    ['Recording', call.recordingUrl && recordingLink(call.recordingUrl)],
  ]);

/** Leads through the facts of a call: at each, what was known once it was recorded. */
function slider(address: string, items: readonly HistoryItem[], chosen: number, timeZone: string): Html | string {
  if (items.length < 2) return nothing;
  const at = items[chosen - 1]!;
  return html`<form method="get" action="${address}" class="slider" hx-get="${address}" hx-trigger="change from:#fact delay:150ms" hx-select="#known" hx-select-oob="#then,#facts" hx-target="#known" hx-swap="outerHTML" hx-sync="this:replace">
<label for="fact">What was known then</label>
<input id="fact" name="fact" type="range" min="1" max="${items.length}" value="${chosen}">
<button class="without-script">Show</button>
<output id="then" for="fact">${time(at.recordedAt, timeZone)}, after fact ${chosen} of ${items.length}</output>
</form>`;
}

async function historyOf(c: ConsoleContext, id: string): Promise<History> {
  return tenantOf(c).api.get<History>(path`/api/call-sessions/${id}/history`);
}

/** `GET /console/calls/{id}`: why a call says what it says; `?fact=3`: as it was known after its third fact. */
export function callPage(app: Hono<ConsoleEnv>): void {
  app.get('/console/calls/:id', async (c) => {
    const { api, me } = tenantOf(c);
    const id = c.req.param('id');
    const address = path`/console/calls/${id}`;
    const { items, nextCursor } = await historyOf(c, id);
    const wanted = Number(c.req.query('fact') ?? items.length);
    const chosen = Number.isInteger(wanted) && wanted >= 1 && wanted <= items.length ? wanted : items.length;
    const isNow = chosen === items.length;
    const call = await api.find<CallSession>(
      path`/api/call-sessions/${id}`,
      isNow ? {} : { at: items[chosen - 1]!.position },
    );
    const title = call ? label(call.status) : 'Not known yet';
    const known =
      call === undefined
        ? html`<p>Then nothing of this call was known.</p>`
        : html`<p class="verdict">${badge(call.status, label(call.status))} ${sentence('call', call.statusReason)}</p>
${call.erased ? html`<p class="notice">The person of this call was erased: what would name them is gone.</p>` : nothing}
${factsOf(call, me.timeZone)}
${analysisOf(call)}
${call.transcript === undefined ? nothing : conversation(call.transcript)}`;
    const past = isNow
      ? nothing
      : html`<p class="notice">This was known at ${time(items[chosen - 1]!.recordedAt, me.timeZone)}. <a href="${address}">Now</a></p>`;
    return c.html(
      page(
        c,
        `${title} call`,
        html`<p><a href="/console/calls">Calls</a></p>
<h1>Call ${call?.startedAt ? html`of ${time(call.startedAt, me.timeZone)}` : call?.id}</h1>
${slider(address, items, chosen, me.timeZone)}
${isNow ? live('known', address, [known]) : html`<div id="known">${past}${known}</div>`}
${whySection({ items, nextCursor }, me.timeZone, { chosen: isNow ? undefined : chosen, address })}
${call && mayWrite(c) ? archiveForm(call) : nothing}
${call && !call.erased ? erasureForm(c, `${path`/console/calls/${call.id}`}/erase`, 'erase') : nothing}`,
      ),
    );
  });

  for (const word of ['archive', 'unarchive'] as const)
    app.post(`/console/calls/:id/${word}`, async (c) => {
      const id = c.req.param('id');
      await tenantOf(c).api.send('POST', `${path`/api/call-sessions/${id}`}/${word}`);
      return c.redirect(`${path`/console/calls/${id}`}?done=${word}d`, 303);
    });
}

const archiveForm = (call: CallSession): Html => {
  const word = call.archived ? 'unarchive' : 'archive';
  return html`<section aria-labelledby="records"><h2 id="records">Records</h2>
<p>${call.archived ? 'Lists leave this call out.' : 'An archived call is left out of lists; nothing of it is lost.'}</p>
${action(`${path`/console/calls/${call.id}`}/${word}`, call.archived ? 'Take back into the lists' : 'Archive')}</section>`;
};
