import { EventStoreUnavailable, StreamDeleted } from '../../events/event-log.ts';
import { factId, isUsableId } from '../../events/identity.ts';
import { isJsonObject, type JsonObject } from '../../events/json.ts';
import { type Endpoint, endpoints } from '../../events/metadata.ts';
import type { Recorded } from '../../events/recorded.ts';
import { callStream } from '../../events/streams.ts';
import { canHaveHappened } from '../../model/time.ts';
import { isFactsFault } from '../../projections/engine/faults.ts';
import { callFact } from '../../retell/call-fact.ts';
import { type CallStatement, isTime, type Owner, translateCall } from '../../retell/translate.ts';
import { DEFAULT_TENANT, putBySettings, tenantNamedIn } from '../../tenants/tenant.ts';
import type { TenantRun } from './run.ts';

/** How far a call has come at Retell. */
export type CallProgress = {
  readonly finished: boolean;
  readonly analysed: boolean;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
};

const OVER: ReadonlySet<unknown> = new Set(['ended', 'not_connected', 'error']);
const UNDER_WAY: ReadonlySet<unknown> = new Set(['registered', 'ongoing']);

/** Times that lie after `now` are ignored. */
export function callProgressOf(call: JsonObject, now: number): CallProgress {
  const time = (value: unknown) => (isTime(value) && canHaveHappened(value, now) ? value : undefined);
  return {
    // A status that this version does not know counts as over when the call has an end.
    finished:
      OVER.has(call.call_status) || (!UNDER_WAY.has(call.call_status) && time(call.end_timestamp) !== undefined),
    analysed: isJsonObject(call.call_analysis),
    startedAt: time(call.start_timestamp),
    endedAt: time(call.end_timestamp),
  };
}

/** The fields that `call_started` has (docs/retell-api.md, "Webhooks"). */
const AT_THE_START = [
  'call_id',
  'call_type',
  'agent_id',
  'agent_name',
  'direction',
  'from_number',
  'to_number',
  'metadata',
  'retell_llm_dynamic_variables',
  'start_timestamp',
] as const;

/** Records that Retell has no analysis of a call a day after its end, as an empty analysis. */
export const noAnalysis = (callId: string): CallStatement => ({
  type: 'CallAnalyzed',
  data: { callId, analysed: true },
});

/** What the log lacks of a call, in the form of its webhooks, so that the facts get the same ids. Each kind is recorded once. */
export function missingStatements(
  call: JsonObject,
  callId: string,
  stream: readonly Recorded[],
  owner: Owner,
  now: number,
): readonly CallStatement[] {
  const { finished, analysed, startedAt } = callProgressOf(call, now);
  const has = (type: string) => stream.some((event) => event.type === type);
  const stub = noAnalysis(callId);
  const stubId = factId(owner.tenantId, callId, stub.type, stub.data);
  const hasAnalysis = stream.some(
    ({ type, data, id }) => type === 'CallAnalyzed' && isJsonObject(data) && data.analysed === true && id !== stubId,
  );
  const statements: CallStatement[] = [];
  if (startedAt !== undefined && !has('CallStarted'))
    statements.push(translateCall('CallStarted', callId, atTheStart(call), owner));
  if (!finished) return statements;
  const { call_analysis: _, ...ended } = call;
  if (!has('CallEnded')) statements.push(translateCall('CallEnded', callId, ended, owner));
  if (analysed && !hasAnalysis) statements.push(translateCall('CallAnalyzed', callId, call, owner));
  return statements;
}

function atTheStart(call: JsonObject): JsonObject {
  const fields = AT_THE_START.filter((field) => call[field] !== undefined).map((field) => [field, call[field]!]);
  return { call_status: 'ongoing', ...Object.fromEntries(fields) };
}

/** The endpoint of a call: of its own deliveries, else by the tenant's settings, else of the agent's latest calls. */
async function endpointOfCall(
  { tenant, records }: Pick<TenantRun, 'tenant' | 'records'>,
  call: JsonObject,
  stream: readonly Recorded[],
): Promise<Endpoint> {
  const own = ownEndpoint(stream);
  const agentId = agentOf(call);
  if (own !== undefined || agentId === undefined) return own ?? 'retell';
  return putBySettings(tenant, agentId) ?? (await records.endpointOf(agentId)) ?? 'retell';
}

const agentOf = ({ agent_id: id }: JsonObject): string | undefined => (isUsableId(id) ? id : undefined);

/** The endpoint of the call's own deliveries. */
function ownEndpoint(stream: readonly Recorded[]): Endpoint | undefined {
  const metadata = stream.map((event) => event.metadata).filter(isJsonObject);
  const last = metadata.findLast(({ source, endpoint }) => source === 'webhook' && endpoint !== undefined);
  return endpoints.find((endpoint) => endpoint === last?.endpoint);
}

type Asking = Pick<TenantRun, 'tenant' | 'owner' | 'sharing' | 'records'>;

/** Whether a listed call is this tenant's: by its metadata, else whose settings name its agent, else the agent's latest webhook. */
export async function isOwn({ tenant, owner, sharing, records }: Asking, call: JsonObject): Promise<boolean> {
  const metadata = isJsonObject(call.metadata) ? call.metadata : {};
  const name = tenantNamedIn(metadata, owner.isTenant);
  if (name === owner.tenantId) return true;
  if (typeof name === 'string' && owner.isTenant(name)) return false;
  if (sharing.length === 0) return true;
  if (name !== undefined && tenant.id !== DEFAULT_TENANT) return false; // of unknown owner, as for webhooks
  const agentId = agentOf(call);
  if (agentId === undefined) return false;
  const named = [tenant, ...sharing].filter((one) => putBySettings(one, agentId) !== undefined);
  if (named.length === 1) return named[0] === tenant;
  return (await records.lastHeardBy(agentId)) === tenant.id;
}

type More = {
  /** Records only this kind. */
  readonly only?: CallStatement['type'];
  /** Further statements, given the call's stream. */
  readonly also?: (stream: readonly Recorded[]) => readonly CallStatement[];
};

/** Records what the log lacks of a call that Retell has. `unreadable`: no facts can be made of it. */
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
    // A store that is away fails the run; an unreadable call must not hold up the others.
    if (error instanceof EventStoreUnavailable || !isFactsFault(error)) throw error;
    report.unreadable++;
    if (error instanceof StreamDeleted) logger.info({ reason: 'stream_deleted', callId }, 'passed over');
    else logger.error({ reason: 'reconciled_call_unreadable', error: (error as Error).name, callId }, 'passed over');
    return 'unreadable';
  }
}
