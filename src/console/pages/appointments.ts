import type { Hono } from 'hono';
import { html } from 'hono/html';
import { appointmentStatuses } from '../../events/appointment-facts.ts';
import type { Appointment, CallSession } from '../../http/resources.ts';
import { localAt } from '../../model/time.ts';
import { type Page, path, Refused } from '../api.ts';
import { type ConsoleContext, type ConsoleEnv, mayWrite, tenantOf } from '../console-env.ts';
import { instantTyped, typed } from '../forms.ts';
import { page } from '../layout.ts';
import { historyOf, knownAt, momentOf, slider } from '../moments.ts';
import {
  appointmentTime,
  badge,
  type Choice,
  details,
  type Html,
  live,
  nothing,
  pager,
  select,
  shortTime,
  table,
  time,
} from '../parts.ts';
import { whySection } from '../timeline.ts';
import { conversation } from '../transcript.ts';
import { label, sentence } from '../words.ts';
import { callAddress, callTable } from './calls.ts';

const address = (id: string) => path`/console/appointments/${id}`;

/** Appointments as rows; what was said beside each. */
export const appointmentTable = (caption: string, items: readonly Appointment[], timeZone: string): Html =>
  table(
    caption,
    ['Appointment', 'Status', 'When', 'What was said'],
    items.map((one) => [
      html`<a id="row-${one.id}" href="${address(one.id)}">${one.id}</a>`,
      html`${badge(one.status)}${one.needsReview ? html` ${badge('needs_review')}` : nothing}`,
      shortTime(one.startsAt, timeZone),
      one.rescheduleText ?? one.cancellationReason,
    ]),
  );

const statuses: readonly Choice[] = [['', 'any'], ...appointmentStatuses.map((one): Choice => [one, label(one)])];

async function list(c: ConsoleContext): Promise<Html> {
  const { api, me } = tenantOf(c);
  const [status, cursor] = [c.req.query('status') || undefined, c.req.query('cursor')];
  const [review, others] = await Promise.all([
    status === undefined && cursor === undefined
      ? api.get<Page<Appointment>>('/api/appointments', { needsReview: 'true', order: 'oldest', limit: 50 })
      : undefined,
    api.get<Page<Appointment>>('/api/appointments', {
      status,
      cursor,
      ...(status === undefined && { needsReview: 'false' }),
    }),
  ]);
  const here = `/console/appointments${new URL(c.req.url).search}`;
  const toReview =
    review && review.items.length > 0
      ? [html`<h2>To review</h2>`, appointmentTable('Appointments to review', review.items, me.timeZone)]
      : [];
  return html`<h1>Appointments</h1>
${live('rows', here, [
  ...toReview,
  html`<h2>${status === undefined ? 'Others' : label(status)}</h2>`,
  html`<form method="get" action="/console/appointments" class="filters">${select('status', 'Status', statuses, status)}<button>Show</button></form>`,
  others.items.length === 0
    ? html`<p>There are none.</p>`
    : appointmentTable('Appointments, the newest first', others.items, me.timeZone),
])}
${pager('/console/appointments', { status }, others.nextCursor)}`;
}

const localText = (iso: string, timeZone: string): string =>
  new Date(localAt(Date.parse(iso), timeZone)).toISOString().slice(0, 16);

const actions = (one: Appointment, timeZone: string): Html =>
  html`<section aria-labelledby="change"><h2 id="change">Change it</h2>
<form method="post" action="${address(one.id)}" class="stack">
<input type="hidden" name="once" value="${crypto.randomUUID()}">
<label for="note">Note</label><textarea id="note" name="note" rows="2" maxlength="4000"></textarea>
<label for="at">New time, in ${timeZone}</label><input id="at" name="at" type="datetime-local" value="${one.startsAt ? localText(one.startsAt, timeZone) : ''}">
<div class="buttons">
<button name="do" value="confirmed" class="primary">Confirm</button>
<button name="do" value="moved">Move to this time</button>
<button name="do" value="cancelled">Cancel it</button>
<button name="do" value="noted">Only note</button>
</div></form></section>`;

/** Who has decided, in a sentence. */
function decided({ decidedBy, statusReason }: Appointment, timeZone: string): Html | string {
  if (decidedBy === undefined) return nothing;
  const { kind, callId, keyId, at } = decidedBy;
  if (kind === 'staff') return html`Staff have said so ${time(at, timeZone)}${keyId && `, with the API key ${keyId}`}.`;
  return html`So says the <a href="${callAddress(`call:${callId}`)}">call of ${time(at, timeZone)}</a>. ${statusReason && sentence('appointment', statusReason)}`;
}

/** What the customer said in the call that decided. */
async function decidingCall(c: ConsoleContext, { decidedByCallId: id }: Appointment): Promise<Html | string> {
  const call = id && (await tenantOf(c).api.find<CallSession>(path`/api/call-sessions/${`call:${id}`}`));
  if (!call || !(call.analysis?.summary || call.transcript)) return nothing;
  return html`<section aria-labelledby="decided"><h2 id="decided">What the call said</h2>
${call.analysis?.summary ? html`<blockquote>${call.analysis.summary}</blockquote>` : nothing}
${call.transcript ? html`<details><summary>The whole conversation</summary>${conversation(call.transcript)}</details>` : nothing}</section>`;
}

/** What is known of an appointment, or was. */
const known = (one: Appointment, timeZone: string): Html =>
  html`<p class="verdict">${badge(one.status, label(one.status))} ${sentence('status', one.status)}</p>
<p>${decided(one, timeZone)}</p>
${one.needsReview ? html`<p class="notice warn">Somebody has to read what was said: it gives no time that is certain.</p>` : nothing}
${details([
  ['When', one.startsAt && appointmentTime(one.startsAt, timeZone)],
  ['Said of a new time', one.rescheduleText],
  ['Cancelled because', one.cancellationReason],
  ['Last heard of', time(one.lastEventAt, timeZone)],
])}`;

/** `?fact=3`: as it was known after its third fact. */
async function one(c: ConsoleContext, id: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const here = path`/api/appointments/${id}`;
  const [now, history, calls] = await Promise.all([
    api.get<Appointment>(here),
    historyOf(c, `${here}/history`),
    api.get<Page<CallSession>>('/api/call-sessions', { appointmentId: id, archived: 'all' }),
  ]);
  const moment = momentOf(c, history);
  const then = moment.isNow ? now : await api.find<Appointment>(here, moment.query);
  return html`<p><a href="/console/appointments">Appointments</a></p>
<h1>Appointment ${now.id}</h1>
${slider(address(id), moment, me.timeZone)}
${knownAt(address(id), moment, me.timeZone, then && known(then, me.timeZone))}
${mayWrite(c) ? actions(now, me.timeZone) : html`<p class="faint">This key only reads.</p>`}
${await decidingCall(c, now)}
${whySection(history, me.timeZone, { of: 'appointment', moment, address: address(id) })}
${now.notes.length === 0 ? nothing : html`<section aria-labelledby="notes"><h2 id="notes">Notes</h2><ul>${now.notes.map(({ text, at }) => html`<li>${time(at, me.timeZone)}: ${text}</li>`)}</ul></section>`}
${calls.items.length === 0 ? nothing : html`<section aria-labelledby="calls"><h2 id="calls">Its calls</h2>${callTable('Calls of this appointment', calls.items, me.timeZone)}</section>`}`;
}

/** What a button of the form asks the API for. */
function changeOf(what: string, at: string | undefined, timeZone: string): { startsAt?: string; status?: string } {
  if (what === 'confirmed' || what === 'cancelled') return { status: what };
  if (what !== 'moved') return {};
  const startsAt = at === undefined ? undefined : instantTyped(at, timeZone);
  if (startsAt !== undefined) return { startsAt, status: 'rescheduled' };
  throw new Refused({
    ...{ type: 'about:blank', title: 'This is no time', status: 400, code: 'invalid_request' },
    detail: `Give a day and a time. Where clocks are changed, an hour is skipped in spring and comes twice in autumn in ${timeZone}: choose another.`,
  });
}

/** `GET /console/appointments`, each one's page, and what somebody decides there. */
export function appointmentPages(app: Hono<ConsoleEnv>): void {
  app.get('/console/appointments', async (c) => c.html(page(c, 'Appointments', await list(c))));
  app.get('/console/appointments/:id', async (c) => c.html(page(c, 'Appointment', await one(c, c.req.param('id')))));
  app.post('/console/appointments/:id', async (c) => {
    const { api, me } = tenantOf(c);
    const id = c.req.param('id');
    const form = await c.req.parseBody();
    const what = typed(form.do) ?? 'noted';
    const note = typed(form.note);
    const change = { ...changeOf(what, typed(form.at), me.timeZone), ...(note && { note }) };
    if (Object.keys(change).length > 0) await api.send('PUT', path`/api/appointments/${id}`, change, typed(form.once));
    return c.redirect(`${address(id)}?done=${encodeURIComponent(what)}`, 303);
  });
}
