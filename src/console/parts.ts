import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { label, plain } from './words.ts';

/** HTML that is safe to show: everything that was put into it is escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;
export const nothing = '';

const formats = new Map<string, Intl.DateTimeFormat>();
const formatIn = (timeZone: string, options: Intl.DateTimeFormatOptions) => {
  const key = `${timeZone} ${JSON.stringify(options)}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
  formats.set(key, format);
  return format;
};

/** What is not known. */
const NONE = '–';

/** The content of a cell, or of a term. */
type Cell = Html | string | number | undefined;

/** A moment in a time zone, to the second. */
export const time = (iso: string | undefined, timeZone: string): Html | string =>
  iso === undefined
    ? NONE
    : html`<time datetime="${iso}">${formatIn(timeZone, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(iso))}</time>`;

/** The same in UTC, in which operators think. */
export const utc = (iso: string | undefined): Html | string => time(iso, 'UTC');

/** The same to the minute, for lists. */
export const shortTime = (iso: string | undefined, timeZone: string): Html | string =>
  iso === undefined
    ? NONE
    : html`<time datetime="${iso}">${formatIn(timeZone, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(new Date(iso))}</time>`;

/** With the day of the week, as people speak of appointments. */
export const appointmentTime = (iso: string, timeZone: string): Html =>
  html`<time datetime="${iso}">${formatIn(timeZone, { dateStyle: 'full', timeStyle: 'short' }).format(new Date(iso))}</time>`;

/** A blank at which no line is broken. */
const UNBROKEN = '\u00a0';

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

/** A length of time in its largest unit. */
export function duration(ms: number): string {
  const unit = UNITS.find(([length]) => ms >= length);
  return unit ? `${Math.floor(ms / unit[0])}${UNBROKEN}${unit[1]}` : `${Math.max(0, Math.round(ms))}${UNBROKEN}ms`;
}

export const minutes = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}${UNBROKEN}min`;
};

const tones: Readonly<Record<'good' | 'bad' | 'warn', readonly string[]>> = {
  good: ['confirmed', 'sent', 'resolved', 'verified', 'ok', 'succeeded', 'live'],
  bad: ['failed', 'not_sent', 'cancelled', 'unavailable', 'refused', 'failing'],
  warn: ['rescheduled', 'pending', 'new', 'needs_review', 'queued', 'running', 'expired'],
};
const toneOf = new Map(Object.entries(tones).flatMap(([tone, codes]) => codes.map((code) => [code, tone])));

/** A status in its colour, which its word says as well. */
export const badge = (code: string, text: string = plain(code)): Html =>
  html`<span class="badge ${toneOf.get(code) ?? 'plain'}">${text}</span>`;

/** Terms and what they are; what is not known is left out. */
export const details = (rows: Readonly<Record<string, Cell>>): Html =>
  html`<dl class="details">${Object.entries(rows).map(([term, value]) =>
    value === undefined || value === '' ? '' : html`<div><dt>${term}</dt><dd>${value}</dd></div>`,
  )}</dl>`;

/** The columns of a table by heading, each with what it shows of an item. */
type Columns<Item> = Readonly<Record<string, (item: Item) => Cell>>;

/**
 * A table that becomes a list of cards where the screen is narrow: each cell has its heading, and what is not known is
 * left out. Without items only `none` is said.
 */
export function table<Item>(caption: string, items: readonly Item[], columns: Columns<Item>, none?: string): Html {
  if (items.length === 0 && none !== undefined) return html`<p>${none}</p>`;
  const cell = (heading: string, content: Cell = NONE) =>
    html`<td data-heading="${heading}"${content === NONE ? html` class="none"` : nothing}>${content}</td>`;
  return html`<div class="scroll"><table><caption class="unseen">${caption}</caption>
<thead><tr>${Object.keys(columns).map((heading) => html`<th scope="col">${heading}</th>`)}</tr></thead>
<tbody>${items.map((item) => html`<tr>${Object.entries(columns).map(([heading, of]) => cell(heading, of(item)))}</tr>`)}</tbody></table></div>`;
}

/** Leads from a row to its page. By its id the focus stays on it when the table is fetched anew. */
export const rowLink = (id: string, to: string, text: Cell): Html => html`<a id="row-${id}" href="${to}">${text}</a>`;

/** The link to the page after this one of a list; `name`: of its cursor, where the page has several lists. */
export function pager(
  to: string,
  query: Readonly<Record<string, string | undefined>>,
  nextCursor: string | null,
  name = 'cursor',
): Html | string {
  if (nextCursor === null) return nothing;
  const parameters = new URLSearchParams({ [name]: nextCursor });
  for (const [key, value] of Object.entries(query)) if (value) parameters.set(key, value);
  return html`<p><a href="${to}?${parameters}" rel="next">Older</a></p>`;
}

/** A part of a page under a heading, which a link can lead to. */
export const section = (id: string, title: Html | string, content: Html): Html =>
  html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>`;

/** A form with one button, for an action without further questions. */
export const action = (to: string, text: string, fields: Readonly<Record<string, string>> = {}, id?: string): Html =>
  html`<form method="post" action="${to}" class="inline">${Object.entries(fields).map(([name, value]) => hidden(name, value))}<button${id === undefined ? '' : html` id="${id}"`}>${text}</button></form>`;

export const hidden = (name: string, value: string): Html =>
  html`<input type="hidden" name="${name}" value="${value}">`;

/** In a form that is sent with an Idempotency-Key. */
export const once = (): Html => hidden('once', crypto.randomUUID());

/** The choices of a list: how each is called, by its value. */
export type Choices = Readonly<Record<string, string>>;

/** Any of these statuses. */
export const anyOf = (codes: readonly string[]): Choices => ({
  '': 'any',
  ...Object.fromEntries(codes.map((code) => [code, label(code)])),
});

/** A labelled list to choose from. */
export const select = (name: string, text: string, choices: Choices, chosen = ''): Html =>
  html`<label>${text} <select name="${name}">${Object.entries(choices).map(
    ([value, shown]) => html`<option value="${value}"${value === chosen ? html` selected` : ''}>${shown}</option>`,
  )}</select></label>`;

/** Boxes of one field, of which several may be ticked. */
export const checkboxes = (legend: string, name: string, all: readonly string[], ticked: readonly string[]): Html =>
  html`<fieldset><legend>${legend}</legend>${all.map((value) => html`<label><input type="checkbox" name="${name}" value="${value}"${ticked.includes(value) ? html` checked` : ''}> ${value}</label> `)}</fieldset>`;

/**
 * A part of a page that is fetched anew when the live feed has brought something. `address` is the page's own;
 * `pace` slows what costs more.
 */
export const live = (
  id: string,
  address: string,
  content: Html | string | readonly (Html | string)[],
  pace = '',
): Html =>
  html`<div id="${id}" hx-get="${address}" hx-trigger="ledger from:body ${pace}" hx-select="#${id}" hx-swap="outerHTML" hx-sync="this:replace">${content}</div>`;

/** A part of a page that is fetched anew every second while something is under way, else now and then. */
export const polled = (id: string, address: string, isUnderWay: boolean, content: Html): Html =>
  html`<div id="${id}" hx-get="${address}" hx-trigger="every ${isUnderWay ? 1 : 10}s" hx-select="#${id}" hx-swap="outerHTML" hx-sync="this:drop">${content}</div>`;

/** How far something is. */
export const progress = (what: string, done: number, total: number): Html =>
  html`<progress max="${total}" value="${done}" aria-label="${what}"></progress>`;

/** A secret that was issued: it is shown this once, and is in no address. */
export const issued = (what: string, secret: string | undefined): Html | string =>
  secret === undefined
    ? nothing
    : html`<div class="notice good" role="status"><p>${what}. It is shown this once:</p><pre tabindex="0"><code>${secret}</code></pre></div>`;
