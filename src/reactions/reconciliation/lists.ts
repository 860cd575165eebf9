import { isJsonObject, type JsonObject } from '../../events/json.ts';
import { chosenId } from '../../model/ids.ts';
import { type Criteria, leaveInTime, RetellAway } from '../../retell/list-calls.ts';
import { isOwn, recordMissing, standingOf } from './missing-facts.ts';
import type { Sighting } from './records.ts';
import type { RunOptions, TenantRun } from './run.ts';

type Listed = Sighting & { readonly session: string | undefined; readonly call: JsonObject };

/** A list that leads nowhere, or cannot be read: another list may be read all the same. */
class BrokenList extends RetellAway {}

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
async function* pages(run: TenantRun, criteria: Criteria, order: 'ascending' | 'descending'): AsyncGenerator<Listed[]> {
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

/** Calls without a time cannot be asked for by time. */
const UNDATED_PAGES = 20;
const UNDATED = 'undated';
const WINDOW = 'window';

/** Remembers which calls Retell has. A broken list keeps nobody from the others. Throws RetellAway. */
export async function readLists(run: TenantRun, { since, to }: RunOptions): Promise<void> {
  const { records, times } = run;
  const now = run.now();
  if (since !== undefined && to !== undefined) {
    const name = `backfill ${since} ${to}`;
    const whole = await readWindow(run, (await records.swept(name))?.until ?? since, to, name);
    await unlessBroken(run, UNDATED, readUndated(run, true));
    if (whole) await records.forgetSweep(name);
    return;
  }
  const last = await records.swept(WINDOW);
  if (since !== undefined) await readWindow(run, since, now);
  else {
    // A call that has just ended is its webhooks' for a while.
    const until = now - times.afterMs;
    // A clock that was ahead once must not hide what comes.
    await readWindow(run, Math.min(last?.until ?? until, until) - times.overlapMs, until, WINDOW);
  }
  await unlessBroken(run, UNDATED, readUndated(run, since !== undefined));
}

/** False: the list is broken, and that is told. */
async function unlessBroken({ report, owner, logger }: TenantRun, list: string, reading: Promise<void>) {
  try {
    await reading;
    return true;
  } catch (error) {
    if (!(error instanceof BrokenList)) throw error;
    report.cause ??= error.message;
    logger.warn(
      { reason: 'list_broken', tenantId: owner.tenantId, list, cause: error.message },
      'left to the next run',
    );
    return false;
  }
}

/** Slice by slice; from the first that is broken on the next run reads again, and this one reads what is readable. */
async function readWindow(run: TenantRun, from: number, to: number, name?: string): Promise<boolean> {
  let whole = true;
  for (let start = from; start < to || start === from; start += run.times.sliceMs) {
    const end = Math.min(start + run.times.sliceMs, to);
    if (end < start) break;
    const isRead = await unlessBroken(run, WINDOW, readSlice(run, [start, end]));
    whole &&= isRead;
    if (whole && name !== undefined) await run.records.sweptUntil(name, end);
  }
  return whole;
}

async function readSlice(run: TenantRun, period: [number, number]): Promise<void> {
  const criteria: Criteria = { end_timestamp: { type: 'range', op: 'bt', value: period } };
  for await (const calls of pages(run, criteria, 'ascending')) {
    await run.records.seen(calls, run.now());
    await recordStarts(run, calls);
  }
}

/**
 * Where the end of a call is on record, only its start can be missing: a list says all that `call_started` does, so
 * nothing has to be asked for, however many they are.
 */
async function recordStarts(run: TenantRun, calls: readonly Listed[]): Promise<void> {
  const started = calls.filter(({ finished, startedAt }) => finished && startedAt !== undefined);
  const lacking = await run.records.withoutStart(started.map(({ callId }) => callId));
  for (const { callId, call } of started)
    if (lacking.has(callId)) await recordMissing(run, callId, call, { only: 'CallStarted' });
}

/**
 * Calls that never connected have no time that a list could be asked for by (docs/retell-api.md, "API"): the newest
 * first, until a page brings nothing new. The first list of all tells what was there before this service, and of that
 * only calls of its own sessions are taken; an operator who names a time takes all, whatever it is.
 */
async function readUndated(run: TenantRun, all: boolean): Promise<void> {
  const { records } = run;
  const last = await records.swept(UNDATED);
  const first = last === undefined && !all;
  if (last?.complete) await records.sweptUntil(UNDATED, last.until, false);
  const criteria: Criteria = { call_status: { type: 'enum', op: 'in', value: ['not_connected', 'error'] } };
  let page = 0;
  for await (const calls of pages(run, criteria, 'descending')) {
    const undated = calls.filter(({ startedAt, endedAt }) => startedAt === undefined && endedAt === undefined);
    const own = first ? await records.ownSessions(undated.flatMap((call) => call.session ?? [])) : undefined;
    const isOurs = ({ session }: Listed) => own === undefined || (session !== undefined && own.has(session));
    const fresh = await records.seen(undated.filter(isOurs), run.now());
    const before = await records.seen(
      undated.filter((call) => !isOurs(call)),
      run.now(),
      true,
    );
    if (!all && (++page >= UNDATED_PAGES || (last?.complete && fresh + before === 0))) break;
  }
  await records.sweptUntil(UNDATED, run.now());
}
