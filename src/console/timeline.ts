import { html } from 'hono/html';
import type { HistoryItem } from '../read-api/history.ts';
import { orElse, type Page, path } from './api.ts';
import { type ConsoleContext, tenantOf } from './console-env.ts';
import { badge, duration, type Html, live, minutes, nothing, section, time } from './parts.ts';
import { turnsOf } from './transcript.ts';
import { evidenceSentence, factName, fieldName, type HistoryOf, label, sentence } from './words.ts';

type History = Page<HistoryItem>;

/** The fact after which a thing is shown, by `?fact=3`; else the last one, which is now. */
type Moment = { readonly items: readonly HistoryItem[]; readonly chosen: number; readonly isNow: boolean };

/** What a history is of, and the page that shows it. */
type Of = { readonly of: HistoryOf; readonly address: string };

/** A thing as it is, what is known of it or was, and why. */
type Told<Thing> = {
  readonly now: Thing;
  readonly known: (shown: (thing: Thing) => Html) => Html;
  readonly why: Html;
};

/** What `from` of the API answers now, and after the fact that is asked for. */
export async function throughTime<Thing>(c: ConsoleContext, of: Of, from: string): Promise<Told<Thing>> {
  const { api, me } = tenantOf(c);
  const [now, history] = await Promise.all([api.get<Thing>(from), historyOf(c, `${from}/history`)]);
  const moment = momentOf(c, history?.items ?? []);
  const { items, chosen, isNow } = moment;
  const then = isNow ? now : await api.find<Thing>(from, { at: items[chosen - 1]!.position });
  return {
    now,
    known: (shown) => html`${slider(of.address, moment, me.timeZone)}
${knownAt(of.address, moment, me.timeZone, then && shown(then))}`,
    why: whySection(history, moment, me.timeZone, of),
  };
}

/** The facts of a thing; undefined while the event store is away: what is known now is shown without them. */
const historyOf = (c: ConsoleContext, from: string): Promise<History | undefined> =>
  orElse(tenantOf(c).api.get<History>(from), ({ code }) => code === 'event_store_unavailable', undefined);

function momentOf(c: ConsoleContext, items: readonly HistoryItem[]): Moment {
  const wanted = Number(c.req.query('fact') ?? items.length);
  const chosen = Number.isInteger(wanted) && wanted >= 1 && wanted <= items.length ? wanted : items.length;
  return { items, chosen, isNow: chosen === items.length };
}

/** Leads through the facts of a thing. */
function slider(address: string, { items, chosen }: Moment, timeZone: string): Html | string {
  if (items.length < 2) return nothing;
  return html`<form method="get" action="${address}" class="slider" hx-get="${address}" hx-trigger="change from:#fact delay:150ms" hx-select="#known" hx-select-oob="#then,#facts" hx-target="#known" hx-swap="outerHTML" hx-sync="this:replace">
<label for="fact">What was known then</label>
<input id="fact" name="fact" type="range" min="1" max="${items.length}" value="${chosen}">
<button class="without-script">Show</button>
<output id="then" for="fact">${time(items[chosen - 1]!.recordedAt, timeZone)}, after fact ${chosen} of ${items.length}</output>
</form>`;
}

/** What was known at the moment; what is known now stays live. */
const knownAt = (
  address: string,
  { items, chosen, isNow }: Moment,
  timeZone: string,
  known: Html | undefined,
): Html => {
  const content = known ?? html`<p>Then nothing was known of it.</p>`;
  if (isNow) return live('known', address, content);
  return html`<div id="known"><p class="notice">This was known at ${time(items[chosen - 1]!.recordedAt, timeZone)}. <a href="${address}">Now</a></p>
${content}</div>`;
};

type Change = HistoryItem['changes'][number];
const LONG = 240;

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object as `name: value`, with the objects in it laid flat. */
const pairs = (value: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(value).flatMap(([name, one]) => (isRecord(one) ? pairs(one) : [`${name}: ${textOf(one)}`]));

/** Which sentences explain a field; undefined: those of the thing itself. */
const reasons = { statusReason: undefined, disconnectionReason: 'call', mailReason: 'mailReason' } as const;
const isReason = (field: string): field is keyof typeof reasons => Object.hasOwn(reasons, field);

/** A value of a field, short enough for a line. */
function shownAs(field: string, value: unknown, timeZone: string, of: HistoryOf): Html | string {
  if (value === undefined || value === null) return 'nothing';
  if (field === 'transcript' && typeof value === 'string') return `${turnsOf(value).length} turns`;
  if (field === 'durationMs' && typeof value === 'number') return minutes(value);
  if (typeof value === 'string' && INSTANT.test(value)) return time(value, timeZone);
  if (typeof value === 'string' && (field === 'status' || field === 'mail')) return label(value);
  if (typeof value === 'string' && isReason(field)) return sentence(reasons[field] ?? of, value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const text = isRecord(value)
    ? pairs(value).join(', ')
    : Array.isArray(value)
      ? value.map(textOf).join(', ')
      : textOf(value);
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}

const isNew = ({ from, added, removed }: Change) => (from === undefined || from === null) && !added && !removed;

function changed(change: Change, timeZone: string, of: HistoryOf): Html {
  const { field, added, removed } = change;
  const shown = (value: unknown) => shownAs(field, value, timeZone, of);
  const name = html`<b>${fieldName(field, of)}</b>`;
  if (added || removed)
    return html`<li>${name} ${added?.length ? `with ${added.map(textOf).join(', ')}` : nothing} ${removed?.length ? `without ${removed.map(textOf).join(', ')}` : nothing}</li>`;
  return html`<li>${name} ${isNew(change) || isReason(field) ? nothing : html`${shown(change.from)} → `}${shown(change.to)}</li>`;
}

/** Fields that only say that something was heard. */
const QUIET: ReadonlySet<string> = new Set(['lastEventAt', 'revision', 'tenantId', 'id', 'createdAt']);
const FIRST: readonly string[] = ['status', 'statusReason', 'startsAt', 'needsReview'];

const isTelling = (change: Change): boolean => !QUIET.has(change.field) && !(isNew(change) && change.to === false);

/** What decides comes first; what became known besides is a list to open. */
function changesOf(item: HistoryItem, timeZone: string, of: HistoryOf): Html {
  const all = item.changes.filter(isTelling);
  if (all.length === 0) return html`<p class="faint">It changed nothing.</p>`;
  const besides = all.filter((change) => isNew(change) && !FIRST.includes(change.field) && change.field !== 'analysis');
  const telling = all.filter((change) => !besides.includes(change));
  return html`${telling.length === 0 ? nothing : html`<ul class="changes">${telling.map((one) => changed(one, timeZone, of))}</ul>`}
${besides.length === 0 ? nothing : html`<details><summary>${besides.length} ${besides.length === 1 ? 'field' : 'fields'} became known</summary><ul class="changes">${besides.map((one) => changed(one, timeZone, of))}</ul></details>`}`;
}

const sources: Readonly<Record<string, string>> = {
  webhook: 'signed webhook',
  reconciliation: 'asked of Retell',
  command: 'by command',
};

/** Which call a fact is of, or who said it, with the note. */
function saidBy({ callId, keyId, note }: HistoryItem, isOfSeveral: boolean): Html | string {
  const call =
    isOfSeveral &&
    callId !== undefined &&
    html`of <a href="${path`/console/calls/${`call:${callId}`}`}">call ${callId}</a> `;
  if (!call && keyId === undefined && note === undefined) return nothing;
  return html`<p class="faint">${call}${keyId === undefined ? nothing : `with the API key ${keyId} `}${note === undefined ? nothing : html`“${note}”`}</p>`;
}

function entry(item: HistoryItem, number: number, moment: Moment, timeZone: string, { of, address }: Of): Html {
  const { occurredAt, recordedAt, source, evidence } = item;
  const late = occurredAt === undefined ? 0 : Date.parse(recordedAt) - Date.parse(occurredAt);
  return html`<li${number === moment.chosen && !moment.isNow ? html` class="chosen" aria-current="step"` : nothing}>
<p><b>${factName(item.type)}</b> ${evidence === undefined ? nothing : html`<span title="${evidenceSentence(evidence)}">${badge(evidence, `evidence ${evidence}`)}</span>`}</p>
<p class="faint">happened ${time(occurredAt, timeZone)} · known ${late >= 1000 ? `${duration(late)} later` : 'at once'}${source === undefined ? nothing : ` · ${sources[source] ?? source}`} · <a href="${address}?fact=${number}">what was known then</a></p>
${saidBy(item, of !== 'call')}
${item.erasure === undefined ? nothing : html`<p class="faint">Erased: asked for ${time(item.erasure.requestedAt, timeZone)}.</p>`}
${item.unreadable ? html`<p class="notice bad">This fact makes no sense to this version: ${item.unreadable.reason}. An operator has to mend it.</p>` : nothing}
${item.waitsFor ? html`<p class="notice">It waits for the fact at position ${item.waitsFor}, and has changed nothing yet.</p>` : nothing}
${changesOf(item, timeZone, of)}
</li>`;
}

/** Facts in the order in which they became known: when each happened, how it is proved, and what it changed. */
const whySection = (history: History | undefined, moment: Moment, timeZone: string, of: Of): Html =>
  section(
    'why',
    'Why it says so',
    html`
${history === undefined ? html`<p class="notice warn">The event store does not answer, which has the facts. Nothing is lost; try again in a moment.</p>` : nothing}
<ol class="timeline" id="facts">${moment.items.map((item, i) => entry(item, i + 1, moment, timeZone, of))}</ol>
${history?.nextCursor ? html`<p>There are more facts than these ${history.items.length}; the API has the rest.</p>` : nothing}`,
  );
