import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { plain } from './words.ts';

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

/** A moment in a time zone, to the second. */
export const time = (iso: string | undefined, timeZone: string): Html | string =>
  iso === undefined
    ? NONE
    : html`<time datetime="${iso}">${formatIn(timeZone, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(iso))}</time>`;

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

const tones: Readonly<Record<string, string>> = {
  ...{
    confirmed: 'good',
    sent: 'good',
    resolved: 'good',
    verified: 'good',
    ok: 'good',
    succeeded: 'good',
    live: 'good',
  },
  ...{ failed: 'bad', not_sent: 'bad', cancelled: 'bad', unavailable: 'bad', refused: 'bad', failing: 'bad' },
  ...{
    rescheduled: 'warn',
    pending: 'warn',
    new: 'warn',
    needs_review: 'warn',
    queued: 'warn',
    running: 'warn',
    expired: 'warn',
  },
};

/** A status in its colour, which its word says as well. */
export const badge = (code: string, text: string = plain(code)): Html =>
  html`<span class="badge ${tones[code] ?? 'plain'}">${text}</span>`;

/** Terms and what they are; what is not known is left out. */
export const details = (rows: readonly (readonly [string, Html | string | number | undefined])[]): Html =>
  html`<dl class="details">${rows.map(([term, value]) =>
    value === undefined || value === '' ? '' : html`<div><dt>${term}</dt><dd>${value}</dd></div>`,
  )}</dl>`;

/** A table that becomes a list of cards where the screen is narrow: each cell has its heading, and what is not known is left out. */
export function table(
  caption: string,
  headings: readonly string[],
  rows: readonly (readonly (Html | string | number | undefined)[])[],
): Html {
  return html`<div class="scroll"><table><caption class="unseen">${caption}</caption>
<thead><tr>${headings.map((heading) => html`<th scope="col">${heading}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell = NONE, i) => html`<td data-heading="${headings[i]}"${cell === NONE ? html` class="none"` : nothing}>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** A form with one button, for an action without further questions. */
export const action = (to: string, text: string, hidden: Readonly<Record<string, string>> = {}, id?: string): Html =>
  html`<form method="post" action="${to}" class="inline">${Object.entries(hidden).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}<button${id === undefined ? '' : html` id="${id}"`}>${text}</button></form>`;

/** The link to the page after this one of a list. */
export function pager(
  to: string,
  query: Readonly<Record<string, string | undefined>>,
  nextCursor: string | null,
): Html | string {
  if (nextCursor === null) return nothing;
  const parameters = new URLSearchParams({ cursor: nextCursor });
  for (const [name, value] of Object.entries(query)) if (value) parameters.set(name, value);
  return html`<p><a href="${to}?${parameters}" rel="next">Older</a></p>`;
}

export type Choice = readonly [value: string, text: string];

/** A labelled list to choose from. */
export const select = (name: string, text: string, choices: readonly Choice[], chosen: string | undefined): Html =>
  html`<label>${text} <select name="${name}">${choices.map(
    ([value, shown]) =>
      html`<option value="${value}"${value === (chosen ?? '') ? html` selected` : ''}>${shown}</option>`,
  )}</select></label>`;

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

/** A secret that was issued: it is shown this once, and is in no address. */
export const issued = (what: string, secret: string): Html =>
  html`<div class="notice good" role="status"><p>${what}. It is shown this once:</p><pre tabindex="0"><code>${secret}</code></pre></div>`;
