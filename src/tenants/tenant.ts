import { isTenantId } from '../events/identity.ts';
import { isJsonObject, type Json, type JsonObject } from '../events/json.ts';
import type { Endpoint } from '../events/metadata.ts';
import type { Scope, TenantSettings } from '../events/tenant-facts.ts';
import { isBlank, trimmed } from '../model/words.ts';

/** The tenant that always exists: single-company use, and `RETELL_WEBHOOK_SECRET`. */
export const DEFAULT_TENANT = 'default';

/** `keyId` is safe to log and to store; `key` is the secret itself and goes nowhere. */
export type WebhookKey = { readonly keyId: string; readonly key: string };

export type ApiKey = {
  readonly keyId: string;
  readonly sha256: string;
  readonly scopes: readonly Scope[];
  /** What people call it. */
  readonly name?: string | undefined;
  readonly createdAt: string;
};

/** A tenant as the log has it now. */
export type Tenant = {
  readonly id: string;
  readonly settings: TenantSettings;
  /** The keys that verify a webhook now; several during a rotation. */
  readonly webhookKeys: readonly WebhookKey[];
  /** Keys that did once: they check stored evidence and verify nothing new. */
  readonly formerWebhookKeys: readonly WebhookKey[];
  readonly apiKeys: readonly ApiKey[];
};

/** Every key that verifies a tenant's webhooks, or has done so. */
export const webhookKeysEver = ({ webhookKeys, formerWebhookKeys }: Tenant): readonly WebhookKey[] => [
  ...webhookKeys,
  ...formerWebhookKeys,
];

/** All tenants in memory, kept up to date by a subscription to the log; needs no Postgres. */
export type TenantDirectory = {
  /** Undefined: no such tenant is registered. */
  get(tenantId: string): Tenant | undefined;
  list(): readonly Tenant[];
  /** Those with which this webhook key is in force. */
  holding(key: string): readonly Tenant[];
  /** False until the tenants in the log have been read once: nobody can be verified yet. */
  ready(): boolean;
};

/** An impossible tenant name counts as unknown. */
export const tenantIn = (tenants: TenantDirectory, name: string) => (isTenantId(name) ? tenants.get(name) : undefined);

/** A host without its port, in lower case, as DNS ignores case. */
const hostName = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();

type Selectors = {
  readonly path: string | undefined;
  readonly header: string | undefined;
  readonly host: string | undefined;
};

/**
 * The tenant to verify with, by path, `x-tenant-id` or subdomain of PUBLIC_HOST, in lower case; undefined: not named.
 * It proves nothing (A3), so it may be any text.
 */
export function namedTenant({ path, header, host }: Selectors, publicHost: string | undefined): string | undefined {
  if (path !== undefined) return path.toLowerCase();
  if (header !== undefined && header !== '') return header.toLowerCase();
  if (publicHost === undefined || host === undefined) return undefined;
  const suffix = `.${hostName(publicHost)}`;
  const name = hostName(host);
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : undefined;
}

/** Where a tenant's settings put an agent. Its id may be any text, `constructor` too. */
export const putBySettings = ({ settings: { agentEndpoints = {} } }: Tenant, agentId: string): Endpoint | undefined =>
  Object.hasOwn(agentEndpoints, agentId) ? agentEndpoints[agentId] : undefined;

/**
 * The tenant that a call's metadata names, in the spelling of tenants' ids; undefined: it names none. A placeholder is
 * no name, unless a tenant has it.
 */
export function tenantNamedIn(metadata: JsonObject, isTenant: (name: string) => boolean): Json | undefined {
  for (const value of [metadata.tenant_id, metadata.tenantId]) {
    const name = typeof value === 'string' ? trimmed(value).toLowerCase() : value;
    if (name !== undefined && (!isBlank(name) || (typeof name === 'string' && isTenant(name)))) return name;
  }
  return undefined;
}

/**
 * Whether a call that names this tenant is not of that one. `default` is a single company's, which may have names of its
 * own for what no tenant is registered for.
 */
export const isForeign = (name: Json | undefined, tenantId: string, isTenant: (name: string) => boolean): boolean =>
  name !== undefined &&
  name !== tenantId &&
  (tenantId !== DEFAULT_TENANT || (typeof name === 'string' && isTenant(name)));

/** Whose a verified delivery is, and under which of that tenant's keys. */
type Owned = { readonly tenant: Tenant; readonly keyId: string };

/**
 * A signature does not cover the address: of tenants that share a key the owner is the one the call names, else the
 * only one with its agent, else the address'. Undefined: it names another.
 */
export function ownerOf(call: JsonObject, verified: Owned, tenants: TenantDirectory): Owned | undefined {
  const { tenant, keyId } = verified;
  const key = webhookKeysEver(tenant).find((one) => one.keyId === keyId)?.key;
  const holders = key === undefined ? [] : tenants.holding(key);
  if (holders.every(({ id }) => id === tenant.id)) return verified;

  const under = (owner: Tenant): Owned =>
    owner.id === tenant.id
      ? verified
      : { tenant: owner, keyId: owner.webhookKeys.find((one) => one.key === key)!.keyId };
  const isTenant = (name: string) => tenants.get(name) !== undefined;
  const name = tenantNamedIn(isJsonObject(call.metadata) ? call.metadata : {}, isTenant);
  if (name === tenant.id) return verified;
  const named = holders.find(({ id }) => id === name);
  if (named) return under(named);
  if (isForeign(name, tenant.id, isTenant)) return undefined;
  const { agent_id: agentId } = call;
  const [first, ...others] = holders.filter(
    (one) => typeof agentId === 'string' && putBySettings(one, agentId) !== undefined,
  );
  return first && others.length === 0 ? under(first) : verified;
}
