import { putBySettings } from '../../commands/tenants/tenant.ts';
import { isUsableId } from '../../events/ids.ts';
import { isJsonObject, type JsonObject } from '../../events/json.ts';
import { type Endpoint, endpoints } from '../../events/metadata.ts';
import type { Recorded } from '../../events/recorded.ts';
import type { TenantRun } from './run.ts';

/**
 * Where a reconciled call belongs: where a delivery of its own came in, else where the tenant's settings put its agent,
 * else where the agent's calls last came in.
 */
export async function endpointOfCall(
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
export const agentOf = ({ agent_id: id }: JsonObject): string | undefined => (isUsableId(id) ? id : undefined);

/** Where a delivery of this very call came in. */
function ownEndpoint(stream: readonly Recorded[]): Endpoint | undefined {
  const metadata = stream.map((event) => event.metadata).filter(isJsonObject);
  const last = metadata.findLast(({ source, endpoint }) => source === 'webhook' && endpoint !== undefined);
  return endpoints.find((endpoint) => endpoint === last?.endpoint);
}
