import { isJsonObject, type JsonObject } from '../../events/json.ts';
import { chosenId } from '../../model/ids.ts';
import { type Criteria, leaveInTime, RetellAway } from '../../retell/list-calls.ts';
import { callProgressOf, isOwn, recordMissing } from './missing-facts.ts';
import type { Sighting } from './records.ts';
import type { RunOptions, TenantRun } from './run.ts';
import { WHOLE } from './sweeps.ts';

type Listed = Sighting & { readonly session: string | undefined; readonly call: JsonObject };

/** A list that is endless or unreadable; the other lists are still read. */
class BrokenList extends RetellAway {}

/** A list has the calls of a day at most, or those that never connected. */
const MAX_PAGES = 1000;
/** A list of so many pages with so few new calls on each is endless. */
const MANY_PAGES = 50;
const SPARSE = 20;
/** After this many pages in a row without a new call, the list is going in circles. */
const MAX_IDLE_PAGES = 3;
/** How many shown calls are remembered; MAX_PAGES ends longer circles. */
const REMEMBERED = 100_000;
/** Divides the size of a page that is too large to be read. */
const SMALLER = 10;

/** A tenant's own calls in a list, page by page. Throws BrokenList, or RetellAway when Retell does not answer. */
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
      // Retell could not be asked for an id that we normalise.
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
        calls.push({ callId, ...callProgressOf(item, run.now()), session: sessionOf(item), call: item });
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

/** How many pages of calls without a time a run reads. */
const UNDATED_PAGES = 20;
const UNDATED = 'undated';
const WINDOW = 'window';

/** Records which calls Retell has. A broken list does not hold up the others. Throws RetellAway. */
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
  let whole: boolean;
  if (since !== undefined) whole = await readWindow(run, since, now);
  else {
    // The webhooks of a call that has just ended may still come.
    const until = now - times.afterMs;
    // A clock that was ahead once must not make later runs skip calls.
    whole = await readWindow(run, Math.min(last?.until ?? until, until) - times.overlapMs, until, WINDOW);
  }
  const undatedRead = await unlessBroken(run, UNDATED, readUndated(run, since !== undefined));
  if (whole && undatedRead) await records.sweptUntil(WHOLE, run.now());
}

/** False: the list is broken, which is reported. */
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

/** Reads slice by slice; the next run starts at the first broken slice. */
async function readWindow(run: TenantRun, from: number, to: number, name?: string): Promise<boolean> {
  let whole = true;
  for (let start = from; start < to || start === from; start += run.times.sliceMs) {
    const end = Math.min(start + run.times.sliceMs, to);
    if (end < start) break;
    const isRead = await unlessBroken(run, WINDOW, readSlice(run, [start, end]));
    whole &&= isRead;
    if (isRead) await run.records.periodRead(start, end, run.now());
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

/** Records missing starts of ended calls from the list itself, which has all that `call_started` has. */
async function recordStarts(run: TenantRun, calls: readonly Listed[]): Promise<void> {
  const started = calls.filter(({ finished, startedAt }) => finished && startedAt !== undefined);
  const lacking = await run.records.withoutStart(started.map(({ callId }) => callId));
  for (const { callId, call } of started)
    if (lacking.has(callId)) await recordMissing(run, callId, call, { only: 'CallStarted' });
}

/** Reads calls that never connected, which cannot be listed by time; of the first list only those of our own sessions. */
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
