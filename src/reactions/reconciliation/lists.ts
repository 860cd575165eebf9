import { isUsableId } from '../../events/ids.ts';
import { isJsonObject, type JsonObject } from '../../events/json.ts';
import { standingOf } from './facts-of-call.ts';
import { isOwn } from './own-calls.ts';
import { recordMissing } from './record-missing.ts';
import type { Sighting } from './records.ts';
import { type Criteria, RetellAway } from './retell-calls.ts';
import type { RunOptions, TenantRun } from './tenant-run.ts';

/** Calls without a time cannot be asked for by time. */
const UNDATED_PAGES = 20;
const UNDATED = 'undated';
const WINDOW = 'window';

/** Remembers which calls Retell has. Throws RetellAway. */
export async function readLists(run: TenantRun, { since, to }: RunOptions): Promise<void> {
  const { records, times } = run;
  const now = run.now();
  if (since !== undefined && to !== undefined) {
    const name = `backfill ${since} ${to}`;
    await readWindow(run, (await records.swept(name))?.until ?? since, to, name);
    await readUndated(run, true);
    await records.forgetSweep(name);
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
  await readUndated(run, since !== undefined);
}

async function readWindow(run: TenantRun, from: number, to: number, name?: string): Promise<void> {
  for (let start = from; start < to || start === from; start += run.times.sliceMs) {
    const end = Math.min(start + run.times.sliceMs, to);
    if (end < start) return;
    const criteria: Criteria = { end_timestamp: { type: 'range', op: 'bt', value: [start, end] } };
    for await (const calls of pages(run, criteria, 'ascending')) {
      await run.records.seen(calls, run.now());
      await recordStarts(run, calls);
    }
    if (name !== undefined) await run.records.sweptUntil(name, end);
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
 * Calls that never connected have no time that a list could be asked for by (REFERENCE §4): the newest first, until a
 * page brings nothing new. The first list of all tells what was there before this service, and of that only calls of
 * its own sessions are taken; an operator who names a time takes all, whatever it is.
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

type Listed = Sighting & { readonly session: string | undefined; readonly call: JsonObject };

/** The tenant's own calls, page by page. */
async function* pages(run: TenantRun, criteria: Criteria, order: 'ascending' | 'descending'): AsyncGenerator<Listed[]> {
  const { retell, report } = run;
  let key: string | undefined;
  do {
    const answer = await retell.list({ criteria, order, key });
    if (answer.word !== 'ok') throw new RetellAway(answer.word === 'unknown' ? 'no_such_list' : answer.cause);
    const calls: Listed[] = [];
    for (const item of answer.value.items) {
      if (!isJsonObject(item) || !isUsableId(item.call_id)) report.unreadable++;
      else if (await isOwn(run, item)) {
        const id = isJsonObject(item.metadata) ? item.metadata.call_session_id : undefined;
        const session = isUsableId(id) ? id : undefined;
        calls.push({ callId: item.call_id, ...standingOf(item), session, call: item });
      }
    }
    report.listed += calls.length;
    yield calls;
    key = answer.value.nextKey;
  } while (key !== undefined);
}
