import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { CallSession } from '../../http/resources.ts';
import { path } from '../api.ts';
import { type ConsoleEnv, mayWrite, tenantOf } from '../console-env.ts';
import { page } from '../layout.ts';
import { historyOf, knownAt, momentOf, slider } from '../moments.ts';
import { action, badge, details, type Html, minutes, nothing, time } from '../parts.ts';
import { whySection } from '../timeline.ts';
import { conversation } from '../transcript.ts';
import { label, sentence } from '../words.ts';
import { erasureForm } from './erasures.ts';

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
    ['Ended because', call.disconnectionReason && sentence('call', call.disconnectionReason)],
    ['Transferred', call.transferred ? 'yes' : undefined],
    ...links(call).map(([name, link]) => [name, link || undefined] as const),
    ['Contact', call.contactId],
    ['Call', call.retellCallIds.join(', ')],
    ['Recording', call.recordingUrl && recordingLink(call.recordingUrl)],
  ]);

/** What is known of a call, or was. */
const known = (call: CallSession, timeZone: string): Html =>
  html`<p class="verdict">${badge(call.status, label(call.status))} ${sentence('call', call.statusReason)}</p>
${call.erased ? html`<p class="notice">The person of this call was erased: what would name them is gone.</p>` : nothing}
${factsOf(call, timeZone)}
${analysisOf(call)}
${call.transcript === undefined ? nothing : conversation(call.transcript)}`;

/** `GET /console/calls/{id}`: why a call says what it says; `?fact=3`: as it was known after its third fact. */
export function callPage(app: Hono<ConsoleEnv>): void {
  app.get('/console/calls/:id', async (c) => {
    const { api, me } = tenantOf(c);
    const id = c.req.param('id');
    const address = path`/console/calls/${id}`;
    const here = path`/api/call-sessions/${id}`;
    const [now, history] = await Promise.all([api.get<CallSession>(here), historyOf(c, `${here}/history`)]);
    const moment = momentOf(c, history);
    const then = moment.isNow ? now : await api.find<CallSession>(here, moment.query);
    return c.html(
      page(
        c,
        `${label(now.status)} call`,
        html`<p><a href="/console/calls">Calls</a></p>
<h1>Call ${now.startedAt ? html`of ${time(now.startedAt, me.timeZone)}` : now.id}</h1>
${slider(address, moment, me.timeZone)}
${knownAt(address, moment, me.timeZone, then && known(then, me.timeZone))}
${whySection(history, me.timeZone, { of: 'call', moment, address })}
${mayWrite(c) ? archiveForm(now) : nothing}
${now.erased ? nothing : erasureForm(c, `${path`/console/calls/${now.id}`}/erase`, 'erase')}`,
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
