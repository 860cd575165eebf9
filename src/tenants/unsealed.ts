import type { TenantState } from './decider.ts';
import { CannotOpen, RETELL_API_KEY, type Sealing } from './sealing.ts';
import { DEFAULT_TENANT, type Tenant, type WebhookKey } from './tenant.ts';
import type { WebhookEndpoint } from './webhook-endpoints.ts';

export type UnsealedTenant = {
  readonly tenant: Tenant;
  readonly retellApiKey: string | undefined;
  readonly webhookEndpoints: readonly WebhookEndpoint[];
  /** Secrets that this MASTER_KEY does not open; the tenant goes on without them. */
  readonly opened: number;
  readonly closed: readonly { readonly keyId: string; readonly error: CannotOpen }[];
};

/**
 * A tenant with its secrets open. In force for `default` are also the keys of the environment, now; one that was
 * recorded from an environment and is in none any more is a former key.
 */
export function unsealTenant(
  state: TenantState,
  environment: readonly WebhookKey[],
  sealing: Pick<Sealing, 'open'>,
): UnsealedTenant {
  const closed: { keyId: string; error: CannotOpen }[] = [];
  let opened = 0;
  const open = (sealed: string, keyId: string): string | undefined => {
    try {
      const secret = sealing.open(sealed, { tenantId: state.id, keyId });
      opened++;
      return secret;
    } catch (error) {
      if (!(error instanceof CannotOpen)) throw error;
      closed.push({ keyId, error });
      return undefined;
    }
  };

  const inEnvironment = state.id === DEFAULT_TENANT ? environment : [];
  const inForce: WebhookKey[] = [...inEnvironment];
  const former: WebhookKey[] = [];
  for (const { keyId, sealedKey, state: keyState } of state.webhookKeys) {
    const key = open(sealedKey, keyId);
    if (key === undefined || inEnvironment.some((k) => k.keyId === keyId)) continue;
    // One that the environment holds too, under the id of another MASTER_KEY, is in force already.
    (keyState === 'added' && !inEnvironment.some((k) => k.key === key) ? inForce : former).push({ keyId, key });
  }
  const { settings, apiKeys, id } = state;
  const retellApiKey =
    settings.sealedRetellApiKey === undefined ? undefined : open(settings.sealedRetellApiKey, RETELL_API_KEY);
  const tenant = { id, settings, webhookKeys: inForce, formerWebhookKeys: former, apiKeys };
  const webhookEndpoints = state.webhookEndpoints.map((endpoint) => ({
    ...endpoint,
    tenantId: id,
    secrets: endpoint.secrets.flatMap(({ keyId, sealedKey, ...secret }) => {
      const key = open(sealedKey, keyId);
      return key === undefined ? [] : [{ ...secret, key }];
    }),
  }));
  return { tenant, retellApiKey, webhookEndpoints, opened, closed };
}
