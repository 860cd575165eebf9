import stableStringify from 'fast-json-stable-stringify';
import type { TenantState } from '../commands/tenants/tenant-state.ts';
import type { Scope, TenantEvent, TenantSettings } from '../events/tenant-facts.ts';
import { MAX_AGENTS } from './settings.ts';

// Each decision is what follows from a tenant's state; already so is `[]`, a word says why it cannot be.

/** Replaces the settings; the first time it registers the tenant. Keys stay as they are. */
export function putSettings(state: TenantState, settings: TenantSettings): TenantEvent[] {
  const registered: TenantEvent[] = state.registered
    ? []
    : [{ type: 'TenantRegistered', data: { tenantId: state.id } }];
  return [...registered, ...changeSettings(state, settings)];
}

export function patchSettings(
  state: TenantState,
  settings: TenantSettings,
): TenantEvent[] | 'unknown_tenant' | 'too_many_agents' {
  if (!state.registered) return 'unknown_tenant';
  // Each patch was small; what they come to together is known only now.
  if (Object.keys(settings.agentEndpoints ?? {}).length > MAX_AGENTS) return 'too_many_agents';
  return changeSettings(state, settings);
}

const changeSettings = (state: TenantState, settings: TenantSettings): TenantEvent[] =>
  stableStringify(state.settings) === stableStringify(settings)
    ? []
    : [{ type: 'SettingsChanged', data: { settings } }];

type SealedKey = { readonly keyId: string; readonly sealedKey: string };

export function addWebhookKey(state: TenantState, { keyId, sealedKey }: SealedKey): TenantEvent[] | 'unknown_tenant' {
  if (!state.registered) return 'unknown_tenant';
  const known = state.webhookKeys.find((k) => k.keyId === keyId);
  return known?.state === 'added' ? [] : [{ type: 'WebhookKeyAdded', data: { keyId, sealedKey, source: 'admin' } }];
}

/** So that evidence can be checked when the key has left the environment. Whoever added it, once is enough. */
export const recordEnvironmentKey = (state: TenantState, { keyId, sealedKey }: SealedKey): TenantEvent[] =>
  state.webhookKeys.some((k) => k.keyId === keyId)
    ? []
    : [{ type: 'WebhookKeyAdded', data: { keyId, sealedKey, source: 'environment' } }];

export function retireWebhookKey(
  state: TenantState,
  { keyId }: { readonly keyId: string },
): TenantEvent[] | 'unknown_tenant' | 'unknown_key' {
  if (!state.registered) return 'unknown_tenant';
  const known = state.webhookKeys.find((k) => k.keyId === keyId);
  if (known === undefined) return 'unknown_key';
  return known.state === 'retired' ? [] : [{ type: 'WebhookKeyRetired', data: { keyId } }];
}

type IssuedKey = { readonly keyId: string; readonly sha256: string; readonly scopes: readonly Scope[] };

export function issueApiKey(
  state: TenantState,
  { keyId, sha256, scopes }: IssuedKey,
): TenantEvent[] | 'unknown_tenant' {
  if (!state.registered) return 'unknown_tenant';
  const known = state.apiKeys.some((k) => k.keyId === keyId) || state.revokedApiKeyIds.includes(keyId);
  return known ? [] : [{ type: 'ApiKeyIssued', data: { keyId, sha256, scopes: [...scopes] } }];
}

export function revokeApiKey(
  state: TenantState,
  { keyId }: { readonly keyId: string },
): TenantEvent[] | 'unknown_tenant' | 'unknown_key' {
  if (!state.registered) return 'unknown_tenant';
  if (state.revokedApiKeyIds.includes(keyId)) return [];
  return state.apiKeys.some((k) => k.keyId === keyId) ? [{ type: 'ApiKeyRevoked', data: { keyId } }] : 'unknown_key';
}
