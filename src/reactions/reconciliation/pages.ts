import { isJsonObject, type JsonObject } from '../../events/json.ts';
import { chosenId } from '../../model/ids.ts';
import { type Criteria, leaveInTime, RetellAway } from '../../retell/list-calls.ts';
import { standingOf } from './missing-facts.ts';
import { isOwn } from './own-calls.ts';
import type { Sighting } from './records.ts';
import type { TenantRun } from './run.ts';

export type Listed = Sighting & { readonly session: string | undefined; readonly call: JsonObject };

/** A list that leads nowhere, or cannot be read: another list may be read all the same. */
export class BrokenList extends RetellAway {}

/** A list has the calls of a day at most, or those that never connected. */
const MAX_PAGES = 1000;
/** From so many pages on, and with fewer new calls a page than this, it is being made up as it goes. */
const MANY_PAGES = 50;
const SPARSE = 20;
/** So many pages in a row without a call that the list had not shown before: it does not get on. */
const MAX_IDLE_PAGES = 3;
/** Of the calls that a list has shown, so many are remembered; a circle that is longer ends with MAX_PAGES. */
const REMEMBERED = 100_000;
/** By which a page is made smaller that is too large to be read. */
const SMALLER = 10;

/**
 * A tenant's own calls in a list, page by page, as far as the list has an end. Throws BrokenList, and RetellAway where
 * Retell does not answer.
 */
export async function* pages(
  run: TenantRun,
  criteria: Criteria,
  order: 'ascending' | 'descending',
): AsyncGenerator<Listed[]> {
  const { retell, report } = run;
  const keys = new Set<string>();
  const shown = new Set<string>();
  let limit = run.pageSize;
  let fresh = 0;
  let idle = 0;
  let key: string | undefined;
  for (let page = 1; ; page++) {
    leaveInTime(run);
    const answer = await retell.list({ criteria, order, key, limit });
    if (answer.word === 'broken' && answer.cause === 'answer_too_large' && limit > 1) {
      limit = Math.ceil(limit / SMALLER);
      continue;
    }
    if (answer.word === 'broken') throw new BrokenList(answer.cause);
    if (answer.word !== 'ok') throw new RetellAway(answer.word === 'unknown' ? 'no_such_list' : answer.cause);
    const { items, nextKey } = answer.value;
    const calls: Listed[] = [];
    idle++;
    for (const item of items) {
      const callId = isJsonObject(item) ? chosenId(item.call_id) : undefined;
      // An id that is not as it is compared could not be asked for.
      if (!isJsonObject(item) || callId === undefined || callId !== item.call_id) {
        report.unreadable++;
        report.cause ??= 'item_unreadable';
        continue;
      }
      if (!shown.has(callId)) {
        idle = 0;
        fresh++;
      }
      shown.add(callId);
      if (await isOwn(run, item))
        calls.push({ callId, ...standingOf(item, run.now()), session: sessionOf(item), call: item });
    }
    report.listed += calls.length;
    yield calls;
    if (nextKey === undefined) return;
    if (keys.has(nextKey)) throw new BrokenList('list_in_circles');
    if (idle >= MAX_IDLE_PAGES) throw new BrokenList('list_stands_still');
    if (page >= MAX_PAGES || (page >= MANY_PAGES && fresh < page * SPARSE)) throw new BrokenList('list_too_long');
    if (shown.size > REMEMBERED) shown.clear();
    keys.add(nextKey);
    key = nextKey;
  }
}

function sessionOf({ metadata }: JsonObject): string | undefined {
  if (!isJsonObject(metadata)) return undefined;
  return chosenId(metadata.call_session_id) ?? chosenId(metadata.callSessionId);
}
