import type { JsonObject } from '../../events/json.ts';
import type { Recorded } from '../../events/recorded.ts';
import { noAnalysis, standingOf } from './facts-of-call.ts';
import { recordMissing } from './record-missing.ts';
import { RetellAway } from './retell-calls.ts';
import type { RunOptions, TenantRun } from './tenant-run.ts';

/** After so many calls in a row that Retell did not answer for, it is left alone until the next run. */
const FAILURES_IN_A_ROW = 5;

/** Asks for every call that the log does not have whole, and records what it lacks. Throws RetellAway. */
export async function askForCalls(run: TenantRun, { since }: RunOptions): Promise<void> {
  const { records, report, times, concurrency, signal } = run;
  const now = run.now();
  const asked = since !== undefined;
  await records.settleComplete();
  const until = asked ? now : now - times.afterMs;
  const open = await records.open({ until, now, all: asked, awaitedAfter: now - times.analysisAwaitedMs });
  report.total = open.length;
  let failures = 0;
  const worker = async () => {
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      signal.throwIfAborted();
      const word = await finishCall(run, next);
      report.done++;
      if (word !== 'later') failures = 0;
      // What is left stays open for the next run.
      else if (++failures >= FAILURES_IN_A_ROW) open.length = 0;
    }
  };
  const workers = Array.from({ length: concurrency }, () =>
    worker().catch((error: unknown) => {
      open.length = 0;
      throw error;
    }),
  );
  // All of them, also where one has failed: none may go on behind the end of the run.
  const broken = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected');
  if (broken) throw broken.reason;
  if (failures >= FAILURES_IN_A_ROW) throw new RetellAway('calls_not_answered');
}

type OpenCall = { readonly callId: string; readonly pending: string | undefined };

async function finishCall(run: TenantRun, { callId, pending }: OpenCall): Promise<'through' | 'later'> {
  const { retell, records, report, times } = run;
  const putOff = (problem: string) => records.putOff(callId, problem, run.now(), times.everyMs);
  const answer = await retell.get(callId);
  if (answer.word === 'unknown') {
    report.unknown++;
    await putOff('unknown');
    return 'through';
  }
  if (answer.word !== 'ok') {
    report.later++;
    return 'later'; // it is asked for again in the next run: it was not this call's fault
  }
  const call = answer.value;
  const standing = standingOf(call);
  await records.seen([{ callId, ...standing }], run.now());
  let closes = false;
  const also = (stream: readonly Recorded[]) => {
    closes = pending === 'analysis_missing' && standing.finished && !standing.analysed && isOld(run, call, stream);
    return closes ? [noAnalysis(callId)] : [];
  };
  if ((await recordMissing(run, callId, call, { also })) === 'unreadable') {
    await putOff('unreadable');
    return 'through';
  }
  if (closes) report.closed++;
  if (!standing.finished) report.goingOn++;
  else if (standing.analysed || closes) await records.settled(callId, closes);
  else await putOff('analysis_missing');
  return 'through';
}

/** Whether a call's end is so long ago that no analysis will come (RULES, "Outcome of a call"). */
function isOld({ now, times }: TenantRun, call: JsonObject, stream: readonly Recorded[]): boolean {
  const endOnRecord = stream.find(({ type }) => type === 'CallEnded')?.recordedAt;
  const endedAt = standingOf(call).endedAt ?? (endOnRecord === undefined ? undefined : Date.parse(endOnRecord));
  return endedAt !== undefined && now() - endedAt >= times.analysisAwaitedMs;
}
