import type { Endpoint } from '../../events/metadata.ts';
import type { Scope, TenantSettings } from '../../events/tenant-facts.ts';

/** The tenant that always exists: single-company use, and `RETELL_WEBHOOK_SECRET`. */
export const DEFAULT_TENANT = 'default';

/** `keyId` is safe to log and to store; `key` is the secret itself and goes nowhere. */
export type WebhookKey = { readonly keyId: string; readonly key: string };

export type ApiKey = { readonly keyId: string; readonly sha256: string; readonly scopes: readonly Scope[] };

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

/** Where a tenant's settings put an agent. Its id may be any text, `constructor` too. */
export const putBySettings = ({ settings: { agentEndpoints = {} } }: Tenant, agentId: string): Endpoint | undefined =>
  Object.hasOwn(agentEndpoints, agentId) ? agentEndpoints[agentId] : undefined;
