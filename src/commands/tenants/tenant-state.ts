import type { TenantEvent, TenantSettings } from '../../events/tenant-facts.ts';
import { type ApiKey, DEFAULT_TENANT } from './tenant.ts';

export type KnownWebhookKey = {
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
