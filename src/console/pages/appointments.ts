import type { Hono } from 'hono';
import { html } from 'hono/html';
import { appointmentStatuses } from '../../events/appointment-facts.ts';
import type { Appointment, CallSession } from '../../http/resources.ts';
import { localAt } from '../../model/time.ts';
import { type Page, path, refused } from '../api.ts';
import { type ConsoleContext, type ConsoleEnv, mayWrite, tenantOf } from '../console-env.ts';
import { instantTyped, typed } from '../forms.ts';
import { act, show } from '../layout.ts';
import {
  anyOf,
  appointmentTime,
  badge,
  details,
  type Html,
  live,
  nothing,
  once,
  pager,
  rowLink,
  section,
  select,
  shortTime,
  table,
  time,
} from '../parts.ts';
import { throughTime } from '../timeline.ts';
import { wordsOf } from '../transcript.ts';
import { label, sentence } from '../words.ts';
import { callAddress, callTable } from './calls.ts';

const address = (id: string) => path`/console/appointments/${id}`;

/** Appointments as rows; what was said beside each. */
export const appointmentTable = (
  caption: string,
  items: readonly Appointment[],
  timeZone: string,
  none?: string,
): Html =>
  table(
    caption,
    items,
    {
      Appointment: ({ id }) => rowLink(id, address(id), id),
      Status: ({ status, needsReview }) =>
        html`${badge(status)}${needsReview ? html` ${badge('needs_review')}` : nothing}`,
      When: ({ startsAt }) => shortTime(startsAt, timeZone),
      'What was said': ({ rescheduleText, cancellationReason }) => rescheduleText ?? cancellationReason,
    },
    none,
  );

async function list(c: ConsoleContext): Promise<Html> {
  const { api, me } = tenantOf(c);
  const [status, cursor] = [c.req.query('status') || undefined, c.req.query('cursor')];
  const ask = (query: Parameters<typeof api.get>[1]) => api.get<Page<Appointment>>('/api/appointments', query);
  const isFirst = status === undefined && cursor === undefined;
  const [review, others] = await Promise.all([
    isFirst ? ask({ needsReview: 'true', order: 'oldest', limit: 50 }) : undefined,
    ask({ status, cursor, ...(status === undefined && { needsReview: 'false' }) }),
  ]);
  const here = `/console/appointments${new URL(c.req.url).search}`;
  const toReview = review?.items.length
    ? [html`<h2>To review</h2>`, appointmentTable('Appointments to review', review.items, me.timeZone)]
    : [];
  return html`<h1>Appointments</h1>
${live('rows', here, [
  ...toReview,
  html`<h2>${status === undefined ? 'Others' : label(status)}</h2>`,
  html`<form method="get" action="/console/appointments" class="filters">${select('status', 'Status', anyOf(appointmentStatuses), status)}<button>Show</button></form>`,
  appointmentTable('Appointments, the newest first', others.items, me.timeZone, 'There are none.'),
])}
${pager('/console/appointments', { status }, others.nextCursor)}`;
}

const localText = (iso: string, timeZone: string): string =>
  new Date(localAt(Date.parse(iso), timeZone)).toISOString().slice(0, 16);

const changeForm = (one: Appointment, timeZone: string): Html =>
  section(
    'change',
    'Change it',
    html`
<form method="post" action="${address(one.id)}" class="stack">
${once()}
<label for="note">Note</label><textarea id="note" name="note" rows="2" maxlength="4000"></textarea>
<label for="at">New time, in ${timeZone}</label><input id="at" name="at" type="datetime-local" value="${one.startsAt ? localText(one.startsAt, timeZone) : ''}">
<div class="buttons">
<button name="do" value="confirmed" class="primary">Confirm</button>
<button name="do" value="moved">Move to this time</button>
<button name="do" value="cancelled">Cancel it</button>
<button name="do" value="noted">Only note</button>
</div></form>`,
  );

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
  return call && (call.analysis?.summary || call.transcript)
    ? section('decided', 'What the call said', wordsOf(call))
    : nothing;
}

/** What is known of an appointment, or was. */
const known = (one: Appointment, timeZone: string): Html =>
  html`<p class="verdict">${badge(one.status, label(one.status))} ${sentence('status', one.status)}</p>
<p>${decided(one, timeZone)}</p>
${one.needsReview ? html`<p class="notice warn">Somebody has to read what was said: it gives no time that is certain.</p>` : nothing}
${details({
  When: one.startsAt && appointmentTime(one.startsAt, timeZone),
  'Said of a new time': one.rescheduleText,
  'Cancelled because': one.cancellationReason,
  'Last heard of': time(one.lastEventAt, timeZone),
})}`;

/** `?fact=3`: as it was known after its third fact. */
async function one(c: ConsoleContext, id: string): Promise<Html> {
  const { api, me } = tenantOf(c);
  const of = { of: 'appointment', address: address(id) } as const;
  const [{ now, known: shown, why }, calls] = await Promise.all([
    throughTime<Appointment>(c, of, path`/api/appointments/${id}`),
    api.get<Page<CallSession>>('/api/call-sessions', { appointmentId: id, archived: 'all' }),
  ]);
  return html`<p><a href="/console/appointments">Appointments</a></p>
<h1>Appointment ${now.id}</h1>
${shown((then) => known(then, me.timeZone))}
${mayWrite(c) ? changeForm(now, me.timeZone) : html`<p class="faint">This key only reads.</p>`}
${await decidingCall(c, now)}
${why}
${now.notes.length === 0 ? nothing : section('notes', 'Notes', html`<ul>${now.notes.map(({ text, at }) => html`<li>${time(at, me.timeZone)}: ${text}</li>`)}</ul>`)}
${calls.items.length === 0 ? nothing : section('calls', 'Its calls', callTable('Calls of this appointment', calls.items, me.timeZone))}`;
}

/** What a button of the form asks the API for. */
function changeOf(what: string, at: string | undefined, timeZone: string): { startsAt?: string; status?: string } {
  if (what === 'confirmed' || what === 'cancelled') return { status: what };
  if (what !== 'moved') return {};
  const startsAt = at === undefined ? undefined : instantTyped(at, timeZone);
  if (startsAt !== undefined) return { startsAt, status: 'rescheduled' };
  throw refused(
    'This is no time',
    'invalid_request',
    `Give a day and a time. Where clocks are changed, an hour is skipped in spring and comes twice in autumn in ${timeZone}: choose another.`,
  );
}

/** `GET /console/appointments`, each one's page, and what somebody decides there. */
export function appointmentPages(app: Hono<ConsoleEnv>): void {
  show(app, '/console/appointments', 'Appointments', list);
  show(app, '/console/appointments/:id', 'Appointment', (c) => one(c, c.req.param('id')));
  act(app, '/console/appointments/:id', async (c, form) => {
    const { api, me } = tenantOf(c);
    const id = c.req.param('id');
    const what = typed(form.do) ?? 'noted';
    const note = typed(form.note);
    const change = { ...changeOf(what, typed(form.at), me.timeZone), ...(note && { note }) };
    if (Object.keys(change).length > 0) await api.send('PUT', path`/api/appointments/${id}`, change, typed(form.once));
    return `${address(id)}?done=${encodeURIComponent(what)}`;
  });
}
