import type { Fact } from '../events/codec.ts';
import type { NewsType, TenantEvent } from '../events/tenant-facts.ts';

/** A secret of an endpoint; `until`: another one has taken its place, and it signs beside that until then. */
type SealedSecret = { readonly keyId: string; readonly sealedKey: string; readonly until?: string };

type EndpointFields = {
  readonly id: string;
  readonly url: string;
  readonly events: readonly NewsType[];
  readonly description?: string | undefined;
  readonly state: 'active' | 'paused';
  /** `gone`: it answered 410. */
  readonly pausedBecause?: 'gone' | undefined;
  readonly createdAt: string;
  readonly requestDigest?: string | undefined;
  /** What it has wanted since which position of the log, the oldest first; nothing while it is paused. */
  readonly wanted: readonly { readonly after: bigint; readonly events: readonly NewsType[] }[];
};

/** A webhook endpoint as the log has it. */
export type RecordedEndpoint = EndpointFields & {
  /** The newest first. */
  readonly secrets: readonly SealedSecret[];
};

/** The same with those of its secrets that open; none: it cannot sign, until the secret is rotated. */
export type WebhookEndpoint = EndpointFields & {
  readonly tenantId: string;
  readonly secrets: readonly { readonly key: string; readonly until?: string }[];
};

/** So much of the past is kept of each: replays ask for what is older. */
const MOST_WANTED = 100;

type EndpointEvent = Extract<TenantEvent, { readonly type: `WebhookEndpoint${string}` }>;

export function evolveEndpoints(
  endpoints: readonly RecordedEndpoint[],
  { type, data, position, recordedAt }: EndpointEvent & Pick<Fact, 'position' | 'recordedAt'>,
): readonly RecordedEndpoint[] {
  const change = (id: string, next: (one: RecordedEndpoint) => RecordedEndpoint) =>
    endpoints.map((one) => (one.id === id ? next(one) : one));
  switch (type) {
    case 'WebhookEndpointAdded': {
      const { endpointId: id, keyId, sealedKey, url, events, description, requestDigest } = data;
      const added = { id, url, events, description, state: 'active', createdAt: recordedAt, requestDigest } as const;
      return [...endpoints, { ...added, wanted: [{ after: position, events }], secrets: [{ keyId, sealedKey }] }];
    }
    case 'WebhookEndpointChanged':
      return change(data.endpointId, (before) => {
        const { url = before.url, events = before.events, state = before.state } = data;
        const description = (data.description ?? before.description) || undefined;
        const pausedBecause = data.state === undefined ? before.pausedBecause : data.reason;
        const now = state === 'active' ? events : [];
        const isSame = now.join() === before.wanted.at(-1)!.events.join();
        const wanted = isSame
          ? before.wanted
          : [...before.wanted, { after: position, events: now }].slice(-MOST_WANTED);
        return { ...before, url, events, description, state, pausedBecause, wanted };
      });
    case 'WebhookEndpointSecretRotated': {
      const { endpointId, keyId, sealedKey, othersUntil } = data;
      return change(endpointId, (before) => {
        const others = before.secrets
          .map(({ until = othersUntil, ...secret }) => ({ ...secret, until }))
          .filter(({ until }) => until > recordedAt);
        return { ...before, secrets: [{ keyId, sealedKey }, ...others] };
      });
    }
    case 'WebhookEndpointRemoved':
      return endpoints.filter(({ id }) => id !== data.endpointId);
  }
}

/** Whether an endpoint is to be sent what a fact at this position changed. */
export const wants = ({ wanted }: Pick<EndpointFields, 'wanted'>, type: NewsType, position: bigint): boolean =>
  wanted.findLast(({ after }) => after < position)?.events.includes(type) === true;

/** So much of a tenant's state is decided by. */
type Endpoints = { readonly registered: boolean; readonly webhookEndpoints: readonly RecordedEndpoint[] };

/** Of one tenant: each of them is asked for whenever something changes. */
export const MOST_ENDPOINTS = 50;

export type Added = Extract<TenantEvent, { type: 'WebhookEndpointAdded' }>['data'];
export type Changed = Extract<TenantEvent, { type: 'WebhookEndpointChanged' }>['data'];
export type Rotated = Extract<TenantEvent, { type: 'WebhookEndpointSecretRotated' }>['data'];
export type Removed = Extract<TenantEvent, { type: 'WebhookEndpointRemoved' }>['data'];

export function addEndpoint(
  data: Added,
  state: Endpoints,
): readonly TenantEvent[] | 'unknown_tenant' | 'too_many_endpoints' | 'idempotency_key_reused' {
  if (!state.registered) return 'unknown_tenant';
  const before = state.webhookEndpoints.find(({ id }) => id === data.endpointId);
  if (before) return before.requestDigest === data.requestDigest ? [] : 'idempotency_key_reused';
  if (state.webhookEndpoints.length >= MOST_ENDPOINTS) return 'too_many_endpoints';
  return [{ type: 'WebhookEndpointAdded', data }];
}

const endpointIn = ({ registered, webhookEndpoints }: Endpoints, endpointId: string) =>
  registered ? webhookEndpoints.find(({ id }) => id === endpointId) : undefined;

export function changeEndpoint(data: Changed, state: Endpoints): readonly TenantEvent[] | 'unknown_endpoint' {
  const before = endpointIn(state, data.endpointId);
  if (!before) return 'unknown_endpoint';
  const { endpointId: _, by: __, reason: ___, ...changes } = data;
  const now: Record<string, unknown> = { ...before, description: before.description ?? '' };
  const isSame = Object.entries(changes).every(([field, value]) => `${value}` === `${now[field]}`);
  return isSame ? [] : [{ type: 'WebhookEndpointChanged', data }];
}

export function rotateSecret(data: Rotated, state: Endpoints): readonly TenantEvent[] | 'unknown_endpoint' {
  const before = endpointIn(state, data.endpointId);
  if (!before) return 'unknown_endpoint';
  if (before.secrets.some(({ keyId }) => keyId === data.keyId)) return [];
  return [{ type: 'WebhookEndpointSecretRotated', data }];
}

export function removeEndpoint(data: Removed, state: Endpoints): readonly TenantEvent[] | 'unknown_endpoint' {
  return endpointIn(state, data.endpointId) ? [{ type: 'WebhookEndpointRemoved', data }] : 'unknown_endpoint';
}
