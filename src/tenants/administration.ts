import { randomBytes, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Decider } from '../events/decider.ts';
import { type EventLog, EventStoreUnavailable } from '../events/event-log.ts';
import { digestOf, uuidOf } from '../events/identity.ts';
import { tenantStream } from '../events/streams.ts';
import type { Scope, TenantEvent } from '../events/tenant-facts.ts';
import * as decide from './decider.ts';
import { handleTenant, type TenantState } from './decider.ts';
import type { OpenTenantDirectory } from './directory.ts';
import type { KeyUses } from './key-uses.ts';
import { newApiKey } from './keys.ts';
import { CannotOpen, RETELL_API_KEY, type Sealing, type SecretOf } from './sealing.ts';
import { merged, replaced, type SealRetellApiKey, type Settings, type SettingsPatch } from './settings.ts';
import { webhookKeysEver } from './tenant.ts';
import * as endpoints from './webhook-endpoints.ts';

type NewSecret = { readonly keyId: string; readonly sealedKey: string };

export type AdministrationDeps = {
  readonly log: EventLog;
  readonly directory: OpenTenantDirectory;
  readonly sealing: Sealing;
  readonly logger: Logger;
  readonly keyUses?: KeyUses;
};

/** How long a change may take to come back from the log to the process that made it. */
const IN_FORCE_WITHIN_MS = 5000;

export type Administration = ReturnType<typeof administration>;

/**
 * What an administrator does to tenants. A change that returned is in the log and in force in this process;
 * EventStoreUnavailable: it may be, and doing it again does no harm.
 */
export function administration({ log, directory, sealing, logger, keyUses }: AdministrationDeps) {
  async function change<Command, Refusal extends string = never>(
    tenantId: string,
    decision: Decider<TenantState, Command, TenantEvent, Refusal>['decide'],
    command: Command,
  ): Promise<'done' | Refusal> {
    const result = await handleTenant(log, tenantId, decision, command);
    if (typeof result === 'string') return result;
    for (const event of result.appended) logChange(tenantId, event);
    const { position } = result;
    if (position !== undefined && !(await directory.reached(position, IN_FORCE_WITHIN_MS)))
      throw new EventStoreUnavailable(`the change of ${tenantStream(tenantId)} did not come back from the log`);
    return 'done';
  }

  const logChange = (tenantId: string, { type, data }: TenantEvent) => {
    const ids = {
      ...('keyId' in data && { keyId: data.keyId }),
      ...('endpointId' in data && { endpointId: data.endpointId }),
    };
    logger.info({ event: 'tenant_changed', tenantId, change: type, ...ids }, 'tenant changed');
  };

  const sealerFor =
    ({ id, settings }: TenantState): SealRetellApiKey =>
    (key) => {
      const of = { tenantId: id, keyId: RETELL_API_KEY };
      const before = settings.sealedRetellApiKey;
      return before !== undefined && opens(before, of) === key ? before : sealing.seal(key, of);
    };

  const newSecret = (tenantId: string): NewSecret & { readonly secret: string } => {
    const keyId = `whs_${randomUUID()}`;
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    return { keyId, sealedKey: sealing.seal(secret, { tenantId, keyId }), secret };
  };

  const opens = (sealed: string, of: SecretOf): string | undefined => {
    try {
      return sealing.open(sealed, of);
    } catch (error) {
      if (error instanceof CannotOpen) return undefined;
      throw error;
    }
  };

  return {
    putSettings: (tenantId: string, settings: Settings) =>
      change(tenantId, (put, state) => decide.putSettings(replaced(put, sealerFor(state)), state), settings),

    patchSettings: (tenantId: string, patch: SettingsPatch) =>
      change(
        tenantId,
        (changes, state) => decide.patchSettings(merged(state.settings, changes, sealerFor(state)), state),
        patch,
      ),

    async addWebhookKey(tenantId: string, key: string) {
      const tenant = directory.get(tenantId);
      // Its id was derived under the MASTER_KEY of its day.
      const known = tenant && webhookKeysEver(tenant).find((one) => one.key === key);
      const keyId = known?.keyId ?? sealing.webhookKeyId(tenantId, key);
      const sealedKey = sealing.seal(key, { tenantId, keyId });
      const inForce = tenant?.webhookKeys.map((one) => one.keyId) ?? [];
      const fromEnvironment = inForce.filter((id) => directory.isFromEnvironment(tenantId, id));
      const outcome = await change(tenantId, decide.addWebhookKey, { keyId, sealedKey, fromEnvironment });
      return { outcome, keyId };
    },

    /** A key of the environment cannot be retired here: it would go on verifying. */
    async retireWebhookKey(tenantId: string, keyId: string) {
      if (directory.isFromEnvironment(tenantId, keyId)) return 'key_from_environment';
      return change(tenantId, decide.retireWebhookKey, { keyId });
    },

    /** `key` is the secret; it is in no log and cannot be had again. */
    async issueApiKey(
      tenantId: string,
      wanted: { readonly scopes: readonly Scope[]; readonly name?: string | undefined },
    ) {
      const { keyId, key, sha256 } = newApiKey();
      const outcome = await change(tenantId, decide.issueApiKey, { keyId, sha256, ...wanted });
      return { outcome, keyId, key };
    },

    /** Seals under MASTER_KEY what the one before it has sealed; tells what neither opens. */
    async resealSecrets() {
      let resealed = 0;
      const closed: SecretOf[] = [];
      for (const [tenantId, secrets] of directory.sealedSecrets()) {
        const anew = [];
        for (const { keyId, sealedKey: before } of secrets) {
          const secret = opens(before, { tenantId, keyId });
          if (secret === undefined) closed.push({ tenantId, keyId });
          else if (!sealing.isCurrent(before))
            anew.push({ keyId, before, sealedKey: sealing.seal(secret, { tenantId, keyId }) });
        }
        if (anew.length > 0) await change(tenantId, decide.resealSecrets, anew);
        resealed += anew.length;
      }
      return { resealed, closed };
    },

    /** Gives up what neither MASTER_KEY opens: keys must be added again, and evidence under them stays unverified. */
    async forgetClosedSecrets() {
      const forgotten: SecretOf[] = [];
      for (const [tenantId, secrets] of directory.sealedSecrets()) {
        const closed = secrets.filter(({ keyId, sealedKey }) => opens(sealedKey, { tenantId, keyId }) === undefined);
        if (closed.length === 0) continue;
        await change(
          tenantId,
          decide.forgetSecrets,
          closed.map(({ keyId, sealedKey: before }) => ({ keyId, before })),
        );
        forgotten.push(...closed.map(({ keyId }) => ({ tenantId, keyId })));
      }
      return { forgotten };
    },

    /** When an API key was last used; undefined: never, as far as is known. */
    lastUsed: async (): Promise<(keyId: string) => string | undefined> =>
      (await keyUses?.lastUsed()) ?? (() => undefined),

    revokeApiKey: (tenantId: string, keyId: string) => change(tenantId, decide.revokeApiKey, { keyId }),

    /** `secret` signs what is sent there; only the same request under the same Idempotency-Key has it again. */
    async addWebhookEndpoint(
      tenantId: string,
      endpoint: Omit<endpoints.Added, 'endpointId' | 'requestDigest' | keyof NewSecret>,
      idempotencyKey?: string,
    ) {
      const { by: _, ...request } = endpoint;
      const once = idempotencyKey !== undefined && { requestDigest: digestOf(request) };
      const endpointId = `we_${once ? uuidOf('POST /api/webhook-endpoints', tenantId, idempotencyKey) : randomUUID()}`;
      const { secret: _secret, ...sealed } = newSecret(tenantId);
      const outcome = await change(tenantId, endpoints.addEndpoint, { ...endpoint, ...once, endpointId, ...sealed });
      if (outcome !== 'done') return outcome;
      const added = directory.webhookEndpoints(tenantId).find(({ id }) => id === endpointId);
      const newest = added?.secrets.find(({ until }) => until === undefined);
      // Of an endpoint that was there before, no MASTER_KEY may open the secret.
      return added && newest ? { endpoint: added, secret: newest.key } : 'idempotency_key_reused';
    },

    changeWebhookEndpoint: (tenantId: string, changes: endpoints.Changed) =>
      change(tenantId, endpoints.changeEndpoint, changes),

    /** The secrets before it sign beside the new one until `othersUntil`. */
    async rotateWebhookSecret(tenantId: string, rotation: Omit<endpoints.Rotated, keyof NewSecret>) {
      const { secret, ...sealed } = newSecret(tenantId);
      return { outcome: await change(tenantId, endpoints.rotateSecret, { ...rotation, ...sealed }), secret };
    },

    removeWebhookEndpoint: (tenantId: string, removal: endpoints.Removed) =>
      change(tenantId, endpoints.removeEndpoint, removal),
  };
}
