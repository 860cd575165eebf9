import stableStringify from 'fast-json-stable-stringify';
import type { Fact } from '../events/codec.ts';
import { type Decider, type Handled, handle, overFacts } from '../events/decider.ts';
import type { EventLog } from '../events/event-log.ts';
import { byCommand } from '../events/metadata.ts';
import { tenantStream } from '../events/streams.ts';
import { type TenantEvent, type TenantSettings, tenantEventSchemas } from '../events/tenant-facts.ts';
import { RETELL_API_KEY } from './sealing.ts';
import { MAX_AGENTS } from './settings.ts';
import { type ApiKey, DEFAULT_TENANT } from './tenant.ts';
import { evolveEndpoints, type RecordedEndpoint } from './webhook-endpoints.ts';

type RecordedWebhookKey = {
  readonly keyId: string;
  readonly sealedKey: string;
  /** `retired`: also a key of the environment that was never added; no log shows whether that one is in force. */
  readonly state: 'added' | 'retired';
};

/** What a tenant's facts come to. Secrets are still sealed, so the fold needs no MASTER_KEY. */
export type TenantState = {
  readonly id: string;
  readonly registered: boolean;
  readonly settings: TenantSettings;
  /** Every webhook key there ever was, in the order in which they came. */
  readonly webhookKeys: readonly RecordedWebhookKey[];
  readonly apiKeys: readonly ApiKey[];
  readonly revokedApiKeyIds: readonly string[];
  /** The oldest first. */
  readonly webhookEndpoints: readonly RecordedEndpoint[];
};

/** `default` exists without a fact. */
export const initialTenant = (id: string): TenantState => ({
  id,
  registered: id === DEFAULT_TENANT,
  settings: {},
  webhookKeys: [],
  apiKeys: [],
  revokedApiKeyIds: [],
  webhookEndpoints: [],
});

export function evolve(state: TenantState, fact: TenantEvent & Pick<Fact, 'position' | 'recordedAt'>): TenantState {
  switch (fact.type) {
    case 'TenantRegistered':
      return { ...state, registered: true };
    case 'SettingsChanged':
      return { ...state, settings: fact.data.settings };
    case 'WebhookKeyAdded':
      return { ...state, webhookKeys: withKey(state.webhookKeys, fact.data) };
    case 'WebhookKeyRetired':
      return {
        ...state,
        webhookKeys: state.webhookKeys.map((k) => (k.keyId === fact.data.keyId ? { ...k, state: 'retired' } : k)),
      };
    case 'ApiKeyIssued':
      return { ...state, apiKeys: [...state.apiKeys, { ...fact.data, createdAt: fact.recordedAt }] };
    case 'ApiKeyRevoked':
      return {
        ...state,
        apiKeys: state.apiKeys.filter((k) => k.keyId !== fact.data.keyId),
        revokedApiKeyIds: [...state.revokedApiKeyIds, fact.data.keyId],
      };
    case 'SecretsResealed':
      return withSecrets(state, new Map(fact.data.secrets.map(({ keyId, sealedKey }) => [keyId, sealedKey])));
    case 'SecretsForgotten':
      return withSecrets(state, new Map(fact.data.keyIds.map((keyId) => [keyId, undefined])));
    case 'WebhookEndpointAdded':
    case 'WebhookEndpointChanged':
    case 'WebhookEndpointSecretRotated':
    case 'WebhookEndpointRemoved':
      return { ...state, webhookEndpoints: evolveEndpoints(state.webhookEndpoints, fact) };
  }
}

/** Every secret of a tenant, sealed as it is. */
export const sealedSecrets = ({ settings, webhookKeys, webhookEndpoints }: TenantState): readonly SealedKey[] => [
  ...webhookKeys.map(({ keyId, sealedKey }) => ({ keyId, sealedKey })),
  ...(settings.sealedRetellApiKey === undefined
    ? []
    : [{ keyId: RETELL_API_KEY, sealedKey: settings.sealedRetellApiKey }]),
  ...webhookEndpoints.flatMap(({ secrets }) => secrets.map(({ keyId, sealedKey }) => ({ keyId, sealedKey }))),
];

/** With secrets put in the place of those of the same ids; undefined: without them. */
function withSecrets(state: TenantState, secrets: ReadonlyMap<string, string | undefined>): TenantState {
  const of = ({ keyId, sealedKey }: SealedKey) => (secrets.has(keyId) ? secrets.get(keyId) : sealedKey);
  const changed = <K extends SealedKey>(keys: readonly K[]): K[] =>
    keys.flatMap((key) => {
      const sealedKey = of(key);
      return sealedKey === undefined ? [] : [{ ...key, sealedKey }];
    });
  const { sealedRetellApiKey, ...settings } = state.settings;
  const retellApiKey = sealedRetellApiKey && of({ keyId: RETELL_API_KEY, sealedKey: sealedRetellApiKey });
  return {
    ...state,
    settings: { ...settings, ...(retellApiKey !== undefined && { sealedRetellApiKey: retellApiKey }) },
    webhookKeys: changed(state.webhookKeys),
    webhookEndpoints: state.webhookEndpoints.map((one) => ({ ...one, secrets: changed(one.secrets) })),
  };
}

type Added = Extract<TenantEvent, { type: 'WebhookKeyAdded' }>['data'];

/** Added by an administrator it is in force, even again; recorded from the environment it changes nothing. */
function withKey(keys: readonly RecordedWebhookKey[], { keyId, sealedKey, source }: Added): RecordedWebhookKey[] {
  const before = keys.find((k) => k.keyId === keyId);
  const state = source === 'admin' ? 'added' : (before?.state ?? 'retired');
  return before === undefined
    ? [...keys, { keyId, sealedKey, state }]
    : keys.map((k) => (k === before ? { keyId, sealedKey, state } : k));
}

/** Replaces the settings; the first time it registers the tenant. Keys stay as they are. */
export function putSettings(settings: TenantSettings, state: TenantState): readonly TenantEvent[] {
  const registered: TenantEvent[] = state.registered
    ? []
    : [{ type: 'TenantRegistered', data: { tenantId: state.id } }];
  return [...registered, ...changeSettings(state, settings)];
}

export function patchSettings(
  settings: TenantSettings,
  state: TenantState,
): readonly TenantEvent[] | 'unknown_tenant' | 'too_many_agents' {
  if (!state.registered) return 'unknown_tenant';
  // Each patch was small; what they come to together is known only now.
  if (Object.keys(settings.agentEndpoints ?? {}).length > MAX_AGENTS) return 'too_many_agents';
  return changeSettings(state, settings);
}

const changeSettings = (state: TenantState, settings: TenantSettings): readonly TenantEvent[] =>
  stableStringify(state.settings) === stableStringify(settings)
    ? []
    : [{ type: 'SettingsChanged', data: { settings } }];

type SealedKey = { readonly keyId: string; readonly sealedKey: string };

/** As many as a rotation needs, and as a signature is tried with. */
const MOST_WEBHOOK_KEYS = 2;

/** `fromEnvironment`: the ids of keys that RETELL_WEBHOOK_SECRET keeps in force, whatever the log says of them. */
export function addWebhookKey(
  { keyId, sealedKey, fromEnvironment = [] }: SealedKey & { readonly fromEnvironment?: readonly string[] },
  state: TenantState,
): readonly TenantEvent[] | 'unknown_tenant' | 'too_many_webhook_keys' {
  if (!state.registered) return 'unknown_tenant';
  const added = state.webhookKeys.filter((k) => k.state === 'added').map((k) => k.keyId);
  if (added.includes(keyId)) return [];
  const others = new Set([...added, ...fromEnvironment].filter((other) => other !== keyId));
  if (others.size >= MOST_WEBHOOK_KEYS) return 'too_many_webhook_keys';
  return [{ type: 'WebhookKeyAdded', data: { keyId, sealedKey, source: 'admin' } }];
}

/** Keeps the key so that evidence can be checked after it has left the environment; added once is enough. */
export const recordEnvironmentKey = ({ keyId, sealedKey }: SealedKey, state: TenantState): readonly TenantEvent[] =>
  state.webhookKeys.some((k) => k.keyId === keyId)
    ? []
    : [{ type: 'WebhookKeyAdded', data: { keyId, sealedKey, source: 'environment' } }];

export function retireWebhookKey(
  { keyId }: { readonly keyId: string },
  state: TenantState,
): readonly TenantEvent[] | 'unknown_tenant' | 'unknown_key' {
  if (!state.registered) return 'unknown_tenant';
  const before = state.webhookKeys.find((k) => k.keyId === keyId);
  if (before === undefined) return 'unknown_key';
  return before.state === 'retired' ? [] : [{ type: 'WebhookKeyRetired', data: { keyId } }];
}

/** A secret sealed anew, in the place of what it was sealed as; that may have been changed since. */
type Resealed = SealedKey & { readonly before: string };

const stillThere = (state: TenantState, { keyId, before }: Omit<Resealed, 'sealedKey'>): boolean =>
  sealedSecrets(state).some((secret) => secret.keyId === keyId && secret.sealedKey === before);

export function resealSecrets(resealed: readonly Resealed[], state: TenantState): readonly TenantEvent[] {
  const secrets = resealed
    .filter((secret) => stillThere(state, secret))
    .map(({ keyId, sealedKey }) => ({ keyId, sealedKey }));
  return secrets.length === 0 ? [] : [{ type: 'SecretsResealed', data: { secrets } }];
}

export function forgetSecrets(
  closed: readonly Omit<Resealed, 'sealedKey'>[],
  state: TenantState,
): readonly TenantEvent[] {
  const keyIds = closed.filter((secret) => stillThere(state, secret)).map(({ keyId }) => keyId);
  return keyIds.length === 0 ? [] : [{ type: 'SecretsForgotten', data: { keyIds } }];
}

type IssuedKey = Omit<ApiKey, 'createdAt'>;

export function issueApiKey(
  { keyId, sha256, scopes, name }: IssuedKey,
  state: TenantState,
): readonly TenantEvent[] | 'unknown_tenant' {
  if (!state.registered) return 'unknown_tenant';
  const isIssued = state.apiKeys.some((k) => k.keyId === keyId) || state.revokedApiKeyIds.includes(keyId);
  if (isIssued) return [];
  const named = name === undefined ? {} : { name };
  return [{ type: 'ApiKeyIssued', data: { keyId, sha256, scopes: [...scopes], ...named } }];
}

export function revokeApiKey(
  { keyId }: { readonly keyId: string },
  state: TenantState,
): readonly TenantEvent[] | 'unknown_tenant' | 'unknown_key' {
  if (!state.registered) return 'unknown_tenant';
  if (state.revokedApiKeyIds.includes(keyId)) return [];
  return state.apiKeys.some((k) => k.keyId === keyId) ? [{ type: 'ApiKeyRevoked', data: { keyId } }] : 'unknown_key';
}

export const evolveTenant = overFacts<TenantState, TenantEvent>(tenantEventSchemas, evolve);

/** Handles a command to a tenant by one of the decisions above. Throws EventStoreUnavailable. */
export function handleTenant<Command, Refusal extends string = never>(
  log: EventLog,
  tenantId: string,
  decide: Decider<TenantState, Command, TenantEvent, Refusal>['decide'],
  command: Command,
): Promise<Handled<TenantState, TenantEvent> | Refusal> {
  const stream = tenantStream(tenantId);
  const decider = { initialState: initialTenant(tenantId), evolve: evolveTenant, decide };
  return handle(log, stream, decider, command, byCommand(tenantId, stream));
}
