import { html } from 'hono/html';
import type { Outcome } from '../model/outcome.ts';
import type { DailySummary, HourlySummary } from '../read-api/summary.ts';
import type { Html } from './parts.ts';

type Counts = DailySummary['days'][number]['calls']['byOutcome'];

/** Outcomes as they are drawn, the first at the bottom; three ways of reaching nobody are one. */
const series: readonly (readonly [name: string, text: string, outcomes: readonly Outcome[]])[] = [
  ['confirmed', 'Confirmed', ['confirmed']],
  ['rescheduled', 'Rescheduled', ['rescheduled']],
  ['cancelled', 'Cancelled', ['cancelled']],
  ['answered', 'Answered', ['answered']],
  ['unreached', 'Nobody reached', ['voicemail', 'no_answer', 'busy']],
  ['failed', 'Failed', ['failed']],
  ['pending', 'Pending', ['pending']],
];

type Bar = { readonly text: string; readonly counts: Counts };

/** Hours of a summary as bars. */
export function hourly({ hours }: HourlySummary, timeZone: string): readonly Bar[] {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  return hours.map(({ startsAt, calls }) => ({ text: format.format(new Date(startsAt)), counts: calls.byOutcome }));
}

const dayText = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' });

/** Days of a summary as bars. */
export const daily = ({ days }: DailySummary): readonly Bar[] =>
  days.map(({ date, calls }) => ({ text: dayText.format(new Date(`${date}T00:00:00Z`)), counts: calls.byOutcome }));

export const total = (counts: Counts): number => Object.values(counts).reduce((a, b) => a + b, 0);

/** Bars of outcomes: a table of figures, from which the script draws the picture. */
export function chart(id: string, title: string, bars: readonly Bar[]): Html {
  const sum = bars.reduce((before, { counts }) => before + total(counts), 0);
  return html`<figure class="chart" data-chart="${id}-figures" aria-labelledby="${id}">
<figcaption id="${id}">${title}: ${sum} ${sum === 1 ? 'call' : 'calls'}</figcaption>
<div class="plot" aria-hidden="true"></div>
<ul class="legend" aria-hidden="true">${series.map(([name, text]) => html`<li class="${name}">${text}</li>`)}</ul>
<details><summary>The figures</summary>
<div class="scroll" role="group" aria-label="${title}" tabindex="0"><table id="${id}-figures"><caption class="unseen">${title}</caption>
<thead><tr><th scope="col">When</th>${series.map(([name, text]) => html`<th scope="col" data-series="${name}">${text}</th>`)}</tr></thead>
<tbody>${bars.map(
    ({ text, counts }) =>
      html`<tr><th scope="row">${text}</th>${series.map(([, , of]) => html`<td>${of.reduce((n, one) => n + counts[one], 0)}</td>`)}</tr>`,
  )}</tbody></table></div></details></figure>`;
}
