import type { Criteria } from '../../retell/list-calls.ts';
import { BrokenList, type Listed, pages } from './pages.ts';
import { recordMissing } from './record-missing.ts';
import type { RunOptions, TenantRun } from './run.ts';

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
