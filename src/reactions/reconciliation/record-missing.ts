import { EventStoreUnavailable, StreamDeleted } from '../../events/event-log.ts';
import type { JsonObject } from '../../events/json.ts';
import type { Recorded } from '../../events/recorded.ts';
import { callStream } from '../../events/streams.ts';
import { isFactsFault } from '../../projections/engine/faults.ts';
import { callFact } from '../../retell/call-fact.ts';
import type { CallStatement } from '../../retell/translate.ts';
import { endpointOfCall } from './endpoint-of-call.ts';
import { missingStatements } from './missing-facts.ts';
import type { TenantRun } from './run.ts';

type More = {
  /** Of what is missing, this alone. */
  readonly only?: CallStatement['type'];
  /** What follows from what Retell does not say. */
  readonly also?: (stream: readonly Recorded[]) => readonly CallStatement[];
};

/** Records what the log lacks of a call as Retell tells it. `unreadable`: no facts can be made of it. */
export async function recordMissing(
  run: TenantRun,
  callId: string,
  call: JsonObject,
  { only, also }: More = {},
): Promise<'recorded' | 'unreadable'> {
  const { owner, log, logger, report } = run;
  try {
    const stream = await log.read(callStream(owner.tenantId, callId));
    const missing = missingStatements(call, callId, stream, owner, run.now());
    const all = [...missing.filter(({ type }) => only === undefined || type === only), ...(also?.(stream) ?? [])];
    if (all.length === 0) return 'recorded';
    const endpoint = await endpointOfCall(run, call, stream);
    const receivedAt = new Date(run.now()).toISOString();
    for (const statement of all) {
      const fact = callFact(run.tenant, statement, { source: 'reconciliation', receivedAt, endpoint });
      report[(await run.recorder.record(fact)) === 'recorded' ? 'recorded' : 'duplicates']++;
    }
    return 'recorded';
  } catch (error) {
    // A store that is away fails the run. A call of which no facts can be made must not keep the others from theirs.
    if (error instanceof EventStoreUnavailable || !isFactsFault(error)) throw error;
    report.unreadable++;
    if (error instanceof StreamDeleted) logger.info({ reason: 'stream_deleted', callId }, 'passed over');
    else logger.error({ reason: 'reconciled_call_unreadable', error: (error as Error).name, callId }, 'passed over');
    return 'unreadable';
  }
}
