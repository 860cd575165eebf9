import { html } from 'hono/html';
import type { HistoryItem } from '../read-api/history.ts';
import { type Page, type Query, Refused } from './api.ts';
import { type ConsoleContext, tenantOf } from './console-env.ts';
import { type Html, live, nothing, time } from './parts.ts';

/** After which fact a thing is shown, by `?fact=3`; at first after the last, which is now. */
export type Moment = {
  readonly items: readonly HistoryItem[];
  readonly chosen: number;
  readonly isNow: boolean;
  /** What the API is asked, for what was known then. */
  readonly query: Query;
};

export type History = Page<HistoryItem>;

/** The facts of a thing; undefined while the event store is away: what is known now is shown without them. */
export const historyOf = (c: ConsoleContext, path: string): Promise<History | undefined> =>
  tenantOf(c)
    .api.get<History>(path)
    .catch((error: unknown) => {
      if (error instanceof Refused && error.problem.code === 'event_store_unavailable') return undefined;
      throw error;
    });

export function momentOf(c: ConsoleContext, { items }: Pick<History, 'items'> = { items: [] }): Moment {
  const wanted = Number(c.req.query('fact') ?? items.length);
  const chosen = Number.isInteger(wanted) && wanted >= 1 && wanted <= items.length ? wanted : items.length;
  const isNow = chosen === items.length;
  return { items, chosen, isNow, query: isNow ? {} : { at: items[chosen - 1]!.position } };
}

/** Leads through the facts of a thing. */
export function slider(address: string, { items, chosen }: Moment, timeZone: string): Html | string {
  if (items.length < 2) return nothing;
  return html`<form method="get" action="${address}" class="slider" hx-get="${address}" hx-trigger="change from:#fact delay:150ms" hx-select="#known" hx-select-oob="#then,#facts" hx-target="#known" hx-swap="outerHTML" hx-sync="this:replace">
<label for="fact">What was known then</label>
<input id="fact" name="fact" type="range" min="1" max="${items.length}" value="${chosen}">
<button class="without-script">Show</button>
<output id="then" for="fact">${time(items[chosen - 1]!.recordedAt, timeZone)}, after fact ${chosen} of ${items.length}</output>
</form>`;
}

/** What was known at the moment; what is known now stays live. */
export const knownAt = (
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
