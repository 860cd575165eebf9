import type { Recorded } from '../../events/recorded.ts';
import { leaveInTime, RetellAway } from '../../retell/list-calls.ts';
import { readLists } from './lists.ts';
import { type CallProgress, callProgressOf, noAnalysis, recordMissing } from './missing-facts.ts';
import type { RunOptions, TenantRun } from './run.ts';

/** After this many unanswered calls in a row, the rest is left to the next run. */
const FAILURES_IN_A_ROW = 5;
const STUCK_EVERY_MS = 24 * 3_600_000;

/** Asks for every call that the log does not have whole, and records what it lacks. Throws RetellAway. */
async function askForCalls(run: TenantRun, { since }: RunOptions): Promise<void> {
  const { records, report, times, concurrency, signal } = run;
  const now = run.now();
  const asked = since !== undefined;
  await records.settleComplete();
  const until = asked ? now : now - times.afterMs;
  const calls = await records.open({ until, now, all: asked, awaitedAfter: now - times.analysisAwaitedMs });
  const open = calls.filter(({ due }) => due);
  for (const { problem } of calls.filter(({ due }) => !due)) report[problem === 'stuck' ? 'stuck' : 'waiting']++;
  report.total = open.length;
  let failures = 0;
  const worker = async () => {
    while (open.length > 0) {
      signal.throwIfAborted();
      leaveInTime(run);
      const word = await finishCall(run, open.shift()!);
      report.done++;
      if (word !== 'later') failures = 0;
      else if (++failures >= FAILURES_IN_A_ROW) leaveRest(run, open);
    }
  };
  const workers = Array.from({ length: concurrency }, () =>
    worker().catch((error: unknown) => {
      leaveRest(run, open);
      throw error;
    }),
  );
  // Waits for all, also after a failure, so that none works on after the run has ended.
  const broken = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected');
  if (broken) throw broken.reason;
  if (failures >= FAILURES_IN_A_ROW) throw new RetellAway('calls_not_answered');
}

function leaveRest({ report }: TenantRun, open: unknown[]): void {
  report.waiting += open.length;
  open.length = 0;
}

type OpenCall = { readonly callId: string; readonly pending: string | undefined; readonly since: number };

async function finishCall(run: TenantRun, { callId, pending, since }: OpenCall): Promise<'through' | 'later'> {
  const { retell, records, report, times } = run;
  const putOff = (problem: string, how?: { readonly firstMs?: number; readonly unlucky?: boolean }) =>
    records.putOff(callId, problem, { now: run.now(), firstMs: times.everyMs, ...how });
  const answer = await retell.get(callId);
  if (answer.word === 'unknown') {
    report.unknown++;
    await putOff('unknown');
    return 'through';
  }
  if (answer.word !== 'ok') {
    report.later++;
    await putOff(answer.cause, { unlucky: true });
    return 'later';
  }
  const call = answer.value;
  const progress = callProgressOf(call, run.now());
  await records.seen([{ callId, ...progress }], run.now());
  let closes = false;
  const also = (stream: readonly Recorded[]) => {
    closes = pending === 'analysis_missing' && progress.finished && !progress.analysed && isOld(run, progress, stream);
    return closes ? [noAnalysis(callId)] : [];
  };
  if ((await recordMissing(run, callId, call, { also })) === 'unreadable') {
    await putOff('unreadable');
    return 'through';
  }
  if (closes) report.closed++;
  if (!progress.finished) await noteGoingOn(run, callId, since);
  else if (progress.analysed || closes) await records.settled(callId, closes);
  else {
    report.waiting++;
    await putOff('analysis_missing');
  }
  return 'through';
}

/** A call that does not end gets no outcome; one that is under way impossibly long is asked for once a day. */
async function noteGoingOn({ records, report, times, owner, logger, now }: TenantRun, callId: string, since: number) {
  if (now() - since < times.stuckAfterMs) {
    report.goingOn++;
    return;
  }
  report.stuck++;
  logger.warn({ reason: 'call_stuck', tenantId: owner.tenantId, callId }, 'Retell does not say that it has ended');
  await records.putOff(callId, 'stuck', { now: now(), firstMs: STUCK_EVERY_MS });
}

/** Whether a call ended so long ago that no analysis will come (docs/reconciliation.md). */
function isOld({ now, times }: TenantRun, { endedAt: retellEnd }: CallProgress, stream: readonly Recorded[]): boolean {
  const endOnRecord = stream.find(({ type }) => type === 'CallEnded')?.recordedAt;
  const endedAt = retellEnd ?? (endOnRecord === undefined ? undefined : Date.parse(endOnRecord));
  return endedAt !== undefined && now() - endedAt >= times.analysisAwaitedMs;
}

/** Reads the lists, then asks for every call of which something is missing. Throws when a store is away. */
export async function reconcileTenant(run: TenantRun, options: RunOptions): Promise<void> {
  const { report, logger } = run;
  const unlessAway = async (step: Promise<void>) => {
    try {
      await step;
    } catch (error) {
      if (!(error instanceof RetellAway)) throw error;
      report.cause ??= error.message;
    }
  };
  await unlessAway(readLists(run, options));
  report.phase = 'calls';
  await unlessAway(askForCalls(run, options));
  report.phase = report.cause === undefined ? 'done' : 'later';
  const { phase: _, ...counted } = report;
  logger[report.cause === undefined ? 'info' : 'warn']({ event: 'reconciled', ...counted }, 'reconciliation');
}
