import { DEFAULT_TENANT, putBySettings } from '../../commands/tenants/tenant.ts';
import { isJsonObject, type JsonObject } from '../../events/json.ts';
import { tenantNamedIn } from '../../tenants/tenant.ts';
import { agentOf } from './endpoint-of-call.ts';
import type { TenantRun } from './run.ts';

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
