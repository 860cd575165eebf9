import type { Logger } from 'pino';
import type { Tenant } from '../../commands/tenants/tenant.ts';
import { callFact } from '../../commands/webhooks/call-fact.ts';
import type { Recorder } from '../../commands/webhooks/record.ts';
import type { CallStatement, Owner } from '../../commands/webhooks/retell-payload.ts';
import type { EventLog } from '../../events/event-log.ts';
import { isUsableId } from '../../events/ids.ts';
import { isJsonObject, type JsonObject } from '../../events/json.ts';
import { type Endpoint, endpoints } from '../../events/metadata.ts';
import type { Recorded } from '../../events/recorded.ts';
import { callStream } from '../../events/streams.ts';
import { missingStatements, noAnalysis, standingOf } from './facts-of-call.ts';
import type { Records, Sighting } from './records.ts';
import type { Criteria, RetellCalls } from './retell-calls.ts';

export type RunOptions = {
  /** Absent: every tenant. */
  readonly tenant?: string | undefined;
  /** Lists are read from there (ms), and nothing is put off: an operator asks. Absent: from where the last run ended. */
  readonly since?: number | undefined;
  /** With `since`: a backfill of that period alone, which goes on where it was interrupted. */
  readonly to?: number | undefined;
};

export type TenantReport = {
  readonly tenantId: string;
  /** `lists`, then `calls`, then `done`; `no_key`: nobody can be asked; `later`: Retell refused or did not answer. */
  readonly phase: 'lists' | 'calls' | 'done' | 'no_key' | 'later';
  readonly cause?: string;
  /** Calls in lists; calls that had to be asked for, and those of them that are through. */
  readonly listed: number;
  readonly total: number;
  readonly done: number;
  readonly recorded: number;
  readonly duplicates: number;
  /** Closed without an analysis, 24 hours after their end. */
  readonly closed: number;
  readonly goingOn: number;
  readonly unknown: number;
  readonly later: number;
  readonly unreadable: number;
};
export type Progress = { -readonly [K in keyof TenantReport]: TenantReport[K] };

export const emptyReport = (tenantId: string): Progress => ({
  ...{ tenantId, phase: 'lists', listed: 0, total: 0, done: 0, recorded: 0, duplicates: 0 },
  ...{ closed: 0, goingOn: 0, unknown: 0, later: 0, unreadable: 0 },
});

export type Times = {
  readonly afterMs: number;
  readonly everyMs: number;
  /** Lists are read again from so long before the end of the last reading. */
  readonly overlapMs: number;
  /** A window is read in slices of at most this, each remembered when it is through. */
  readonly sliceMs: number;
  readonly analysisAwaitedMs: number;
};

export type TenantRun = {
  readonly tenant: Tenant;
  readonly owner: Owner;
  /** Its Retell key is another tenant's too: only what names it, or an agent that it has had calls of, is its own. */
  readonly sharesKey: boolean;
  readonly retell: RetellCalls;
  readonly records: Records;
  readonly log: EventLog;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly times: Times;
  readonly concurrency: number;
  readonly now: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly report: Progress;
};

/** After so many calls in a row that Retell did not answer for, it is left alone until the next run. */
const FAILURES_IN_A_ROW = 5;
/** Calls without a time cannot be asked for by time. */
const UNDATED_PAGES = 20;
const UNDATED = 'undated';
const WINDOW = 'window';

/** Reads the lists, then asks for every call of which something is missing. Throws when a store is away. */
export async function reconcileTenant(run: TenantRun, options: RunOptions): Promise<void> {
  const { report, logger } = run;
  try {
    await readLists(run, options);
  } catch (error) {
    if (!(error instanceof RetellAway)) throw error;
    report.cause = error.message;
  }
  report.phase = 'calls';
  try {
    await askForCalls(run, options);
  } catch (error) {
    if (!(error instanceof RetellAway)) throw error;
    report.cause = error.message;
  }
  report.phase = report.cause === undefined ? 'done' : 'later';
  const { phase: _, ...counted } = report;
  logger.info({ event: 'reconciled', ...counted }, 'reconciliation');
}

class RetellAway extends Error {
  override readonly name = 'RetellAway';
}

async function readLists(run: TenantRun, { since, to }: RunOptions): Promise<void> {
  const { records, times } = run;
  const now = run.now();
  if (since !== undefined && to !== undefined) {
    const name = `backfill ${since} ${to}`;
    await readWindow(run, (await records.swept(name))?.until ?? since, to, name);
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
    for await (const calls of pages(run, criteria, 'ascending')) await run.records.seen(calls, run.now());
    if (name !== undefined) await run.records.sweptUntil(name, end);
  }
}

/**
 * Calls that never connected have no time that a list could be asked for by (REFERENCE §4): the newest first, until a
 * page brings nothing new. The first list of all tells what was there before this service, and of that only calls of
 * its own sessions are taken; an operator who says `since` takes all.
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
    if (++page >= UNDATED_PAGES || (last?.complete && fresh + before === 0)) break;
  }
  await records.sweptUntil(UNDATED, run.now());
}

type Listed = Sighting & { readonly session: string | undefined };

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
        const session = isJsonObject(item.metadata) ? item.metadata.call_session_id : undefined;
        calls.push({ callId: item.call_id, ...standingOf(item), session: isUsableId(session) ? session : undefined });
      }
    }
    report.listed += calls.length;
    yield calls;
    key = answer.value.nextKey;
  } while (key !== undefined);
}

/** Not another registered tenant's call; and of a key that several have, what is surely this one's. */
async function isOwn({ owner, sharesKey, records }: TenantRun, call: JsonObject): Promise<boolean> {
  const metadata = isJsonObject(call.metadata) ? call.metadata : {};
  const name = metadata.tenant_id ?? metadata.tenantId ?? null;
  if (name === owner.tenantId) return true;
  if (typeof name === 'string' && owner.isTenant(name)) return false;
  return !sharesKey || (typeof call.agent_id === 'string' && (await records.endpointOf(call.agent_id)) !== undefined);
}

async function askForCalls(run: TenantRun, { since }: RunOptions): Promise<void> {
  const { records, report, times, concurrency, signal } = run;
  const now = run.now();
  const asked = since !== undefined;
  await records.settleComplete();
  const until = asked ? now : now - times.afterMs;
  const open = await records.open({ until, now, all: asked, awaitedAfter: now - times.analysisAwaitedMs });
  report.total = open.length;
  const endpointOf = remembered(records.endpointOf);
  let failures = 0;
  const worker = async () => {
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      signal.throwIfAborted();
      const word = await finishCall(run, next, endpointOf);
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

type Word = 'through' | 'later';

async function finishCall(
  run: TenantRun,
  { callId, pending }: { readonly callId: string; readonly pending: string | undefined },
  endpointOf: (agentId: string) => Promise<Endpoint | undefined>,
): Promise<Word> {
  const { retell, records, report, times, owner, log, logger } = run;
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
  const stream = await log.read(callStream(owner.tenantId, callId));
  let statements: readonly CallStatement[];
  try {
    statements = missingStatements(call, callId, stream, owner);
  } catch (error) {
    report.unreadable++;
    logger.error({ reason: 'reconciled_call_unreadable', error: (error as Error).name, callId }, 'passed over');
    await putOff('unreadable');
    return 'through';
  }
  const closes = pending === 'analysis_missing' && standing.finished && !standing.analysed && isOld(run, call, stream);
  if (closes) statements = [...statements, noAnalysis(callId)];
  const endpoint = ownEndpoint(stream) ?? (await endpointOf(String(call.agent_id ?? ''))) ?? 'retell';
  const receivedAt = new Date(run.now()).toISOString();
  for (const statement of statements) {
    const fact = callFact(run.tenant, statement, { source: 'reconciliation', receivedAt, endpoint });
    report[(await run.recorder.record(fact)) === 'recorded' ? 'recorded' : 'duplicates']++;
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

/** Where a delivery of this very call came in. */
function ownEndpoint(stream: readonly Recorded[]): Endpoint | undefined {
  const metadata = stream.map((event) => event.metadata).filter(isJsonObject);
  const last = metadata.findLast(({ source, endpoint }) => source === 'webhook' && endpoint !== undefined);
  return endpoints.find((endpoint) => endpoint === last?.endpoint);
}

function remembered<T>(find: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const found = new Map<string, Promise<T>>();
  return (key) => {
    const known = found.get(key) ?? find(key);
    found.set(key, known);
    return known;
  };
}
