import stableStringify from 'fast-json-stable-stringify';
import { type DomainEvent, decode, type Fact } from '../events/codec.ts';
import type { NewEvent } from '../events/event-log.ts';
import { digestOf, uuidOf } from '../events/identity.ts';
import type { JsonObject } from '../events/json.ts';
import type { FactMetadata } from '../events/metadata.ts';
import type { Recorded } from '../events/recorded.ts';
import { tenantStream } from '../events/streams.ts';
import { type Scope, type TenantEvent, type TenantSettings, tenantEventSchemas } from '../events/tenant-facts.ts';
import { MAX_AGENTS } from './settings.ts';
import { type ApiKey, DEFAULT_TENANT } from './tenant.ts';

type KnownWebhookKey = {
  readonly keyId: string;
  readonly sealedKey: string;
  /** `retired`: also a key of the environment that nobody added; whether that is in force stands in no log. */
  readonly state: 'added' | 'retired';
};

/** What a tenant's stream says. Secrets are still sealed, so the fold needs no MASTER_KEY. */
export type TenantState = {
  readonly id: string;
  readonly registered: boolean;
  readonly settings: TenantSettings;
  /** Every webhook key there ever was, in the order in which they came. */
  readonly webhookKeys: readonly KnownWebhookKey[];
  readonly apiKeys: readonly ApiKey[];
  readonly revokedApiKeyIds: readonly string[];
};

/** `default` exists without a word in the log. */
export const initialTenant = (id: string): TenantState => ({
  id,
  registered: id === DEFAULT_TENANT,
  settings: {},
  webhookKeys: [],
  apiKeys: [],
  revokedApiKeyIds: [],
});

export function evolve(state: TenantState, { type, data }: TenantEvent): TenantState {
  switch (type) {
    case 'TenantRegistered':
      return { ...state, registered: true };
    case 'SettingsChanged':
      return { ...state, settings: data.settings };
    case 'WebhookKeyAdded':
      return { ...state, webhookKeys: withKey(state.webhookKeys, data) };
    case 'WebhookKeyRetired':
      return {
        ...state,
        webhookKeys: state.webhookKeys.map((k) => (k.keyId === data.keyId ? { ...k, state: 'retired' } : k)),
      };
    case 'ApiKeyIssued':
      return { ...state, apiKeys: [...state.apiKeys, data] };
    case 'ApiKeyRevoked':
      return {
        ...state,
        apiKeys: state.apiKeys.filter((k) => k.keyId !== data.keyId),
        revokedApiKeyIds: [...state.revokedApiKeyIds, data.keyId],
      };
  }
}

type Added = Extract<TenantEvent, { type: 'WebhookKeyAdded' }>['data'];

/** Added by an administrator it is in force, even again; recorded from the environment it changes nothing. */
function withKey(keys: readonly KnownWebhookKey[], { keyId, sealedKey, source }: Added): KnownWebhookKey[] {
  const known = keys.find((k) => k.keyId === keyId);
  const state = source === 'admin' ? 'added' : (known?.state ?? 'retired');
  return known === undefined
    ? [...keys, { keyId, sealedKey, state }]
    : keys.map((k) => (k === known ? { keyId, sealedKey, state } : k));
}

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

/** The recorded event as one of a tenant's; undefined for any other. Throws where it is broken. */
export function tenantEventOf(recorded: Recorded): Fact<TenantEvent> | undefined {
  const fact = decode(recorded);
  return fact !== undefined && isTenantEvent(fact) ? fact : undefined;
}

const isTenantEvent = (fact: Fact<DomainEvent>): fact is Fact<TenantEvent> =>
  Object.hasOwn(tenantEventSchemas, fact.type);

export const tenantAfter = (id: string, seen: readonly Recorded[]): TenantState =>
  seen.reduce((state, recorded) => {
    const event = tenantEventOf(recorded);
    return event === undefined ? state : evolve(state, event);
  }, initialTenant(id));

/**
 * The events as they are to be appended after those seen. A key may be added, retired and added again, so an id
 * also names the revision that the event is to have: the same append again is recognised, a later one is not it.
 */
export function toAppend(
  tenantId: string,
  seen: readonly Recorded[],
  events: readonly TenantEvent[],
  at: string,
): NewEvent[] {
  const next = (seen.at(-1)?.revision ?? -1n) + 1n;
  const metadata: FactMetadata = {
    tenantId,
    source: 'command',
    receivedAt: at,
    $correlationId: tenantStream(tenantId),
  };
  return events.map(({ type, data }, i) => ({
    id: uuidOf(tenantStream(tenantId), `${next + BigInt(i)}`, type, digestOf(data)),
    type,
    data: data as JsonObject,
    metadata: metadata as unknown as JsonObject,
  }));
}
