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

/** What Retell says of a call now, as far as it decides what is to be recorded. */
export type Standing = {
  /** Nothing more will happen on the line. */
  readonly finished: boolean;
  readonly analysed: boolean;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
};

const OVER: ReadonlySet<unknown> = new Set(['ended', 'not_connected', 'error']);
const UNDER_WAY: ReadonlySet<unknown> = new Set(['registered', 'ongoing']);

/** `now`: a time that cannot be yet is none. */
export function standingOf(call: JsonObject, now: number): Standing {
  const time = (value: unknown) => (isTime(value) && canHaveHappened(value, now) ? value : undefined);
  return {
    // A status of the future: over when it has an end.
    finished:
      OVER.has(call.call_status) || (!UNDER_WAY.has(call.call_status) && time(call.end_timestamp) !== undefined),
    analysed: isJsonObject(call.call_analysis),
    startedAt: time(call.start_timestamp),
    endedAt: time(call.end_timestamp),
  };
}

/** What `call_started` carries of a call, whatever has become of it since (docs/retell-api.md, "Webhooks"). */
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

/** The fact that Retell has no analysis of a call, a day after its end: an analysis with nothing in it. */
export const noAnalysis = (callId: string): CallStatement => ({
  type: 'CallAnalyzed',
  data: { callId, analysed: true },
});

/**
 * What the log lacks of a call, worded as its webhooks would have: so its facts have the ids that they would have had.
 * Each of the three happens once in a call; where the log has one already, Retell's later words for it (a link
 * renewed, a text scrubbed) are no news.
 */
export function missingStatements(
  call: JsonObject,
  callId: string,
  stream: readonly Recorded[],
  owner: Owner,
  now: number,
): readonly CallStatement[] {
  const { finished, analysed, startedAt } = standingOf(call, now);
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

/**
 * Where a reconciled call belongs: where a delivery of its own came in, else where the tenant's settings put its agent,
 * else where the agent's calls last came in.
 */
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

/** The agent of a call, where it is one that can be looked for. */
const agentOf = ({ agent_id: id }: JsonObject): string | undefined => (isUsableId(id) ? id : undefined);

/** Where a delivery of this very call came in. */
function ownEndpoint(stream: readonly Recorded[]): Endpoint | undefined {
  const metadata = stream.map((event) => event.metadata).filter(isJsonObject);
  const last = metadata.findLast(({ source, endpoint }) => source === 'webhook' && endpoint !== undefined);
  return endpoints.find((endpoint) => endpoint === last?.endpoint);
}

type Asking = Pick<TenantRun, 'tenant' | 'owner' | 'sharing' | 'records'>;

/**
 * Whether a listed call is this tenant's: not where it names another one. Of a key that several tenants have, a call
 * that names none is that tenant's whose settings alone name its agent, else that one's where the agent was heard of
 * last: never two tenants'.
 */
export async function isOwn({ tenant, owner, sharing, records }: Asking, call: JsonObject): Promise<boolean> {
  const metadata = isJsonObject(call.metadata) ? call.metadata : {};
  const name = tenantNamedIn(metadata, owner.isTenant);
  if (name === owner.tenantId) return true;
  if (typeof name === 'string' && owner.isTenant(name)) return false;
  if (sharing.length === 0) return true;
  if (name !== undefined && tenant.id !== DEFAULT_TENANT) return false; // as at the webhooks' door: nobody knows whose it is
  const agentId = agentOf(call);
  if (agentId === undefined) return false;
  const named = [tenant, ...sharing].filter((one) => putBySettings(one, agentId) !== undefined);
  if (named.length === 1) return named[0] === tenant;
  return (await records.lastHeardBy(agentId)) === tenant.id;
}

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
