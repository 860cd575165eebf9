import type { Logger } from 'pino';
import { type EventLog, LogReplaced } from '../events/event-log.ts';
import { hasOrigin, originOf } from '../events/origin.ts';
import type { Place, Recorded } from '../events/recorded.ts';
import { parseStream, prefixOf } from '../events/streams.ts';
import { pause, steps, waitUntil } from '../events/waiting.ts';
import { type Authenticate, isKeyOf } from '../http/bearer.ts';
import { evolveTenant, initialTenant, sealedSecrets, type TenantState } from './decider.ts';
import type { KeyUses } from './key-uses.ts';
import { environmentWebhookKeys, keyIdOfApiKey, recordEnvironmentKeys } from './keys.ts';
import type { Sealing } from './sealing.ts';
import { DEFAULT_TENANT, type TenantDirectory } from './tenant.ts';
import { type UnsealedTenant, unsealTenant } from './unsealed.ts';
import type { WebhookEndpoint } from './webhook-endpoints.ts';

export type OpenTenantDirectory = TenantDirectory & {
  /** Who an API key belongs to; undefined once it is revoked. */
  readonly authenticate: Authenticate;
  /** The key for calls to Retell's API; undefined: none is set. */
  retellApiKey(tenantId: string): string | undefined;
  /** Where a tenant has news sent to, the oldest first; without an id all tenants. */
  webhookEndpoints(tenantId?: string): readonly WebhookEndpoint[];
  /** Whether a webhook key is in force because RETELL_WEBHOOK_SECRET holds it. */
  isFromEnvironment(tenantId: string, keyId: string): boolean;
  /** Every secret in the log, as it is sealed, by tenant. */
  sealedSecrets(): ReadonlyMap<string, ReturnType<typeof sealedSecrets>>;
  /** Settled when the log has been read once. Rejects when MASTER_KEY opens none of the secrets in it. */
  caughtUp(): Promise<void>;
  /** Whether everything up to a position is in force here, waiting at most that long. */
  reached(position: bigint, timeoutMs: number): Promise<boolean>;
};

type DirectoryOptions = {
  readonly log: EventLog;
  readonly sealing: Sealing;
  /** MASTER_KEY_LOST: a MASTER_KEY that opens nothing is no reason to stop. */
  readonly mayOpenNothing?: boolean;
  /** RETELL_WEBHOOK_SECRET's; in force for `default` beside those that an administrator added. */
  readonly environmentKeys: readonly string[];
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Is given the use of each API key that opens. */
  readonly keyUses?: Pick<KeyUses, 'note'>;
};

const LOOK_AGAIN_MS = 1000;

type Entry = UnsealedTenant & { readonly state: TenantState };

/** All tenants in memory: a fold of the `tenant-` streams that a subscription keeps up to date. */
export function openTenantDirectory(options: DirectoryOptions): OpenTenantDirectory {
  const { log, sealing, mayOpenNothing = false, logger, signal, keyUses } = options;
  const environment = environmentWebhookKeys(options.environmentKeys, sealing);
  const entries = new Map<string, Entry>();
  const tenantOfApiKey = new Map<string, string>();
  const idsOfWebhookKey = new Map<string, Set<string>>();
  const batches = steps();
  const reported = new Set<string>();
  let last: Place | undefined;
  /** The log's first event. */
  let origin: string | undefined;
  let ready = false;

  const put = (state: TenantState) => {
    const before = entries.get(state.id);
    const now = unsealTenant(state, environment, sealing);
    for (const { keyId } of before?.state.apiKeys ?? []) tenantOfApiKey.delete(keyId);
    for (const { keyId } of state.apiKeys) tenantOfApiKey.set(keyId, state.id);
    for (const { key } of before?.tenant.webhookKeys ?? []) idsOfWebhookKey.get(key)?.delete(state.id);
    for (const { key } of now.tenant.webhookKeys)
      idsOfWebhookKey.set(key, (idsOfWebhookKey.get(key) ?? new Set()).add(state.id));
    entries.set(state.id, { ...now, state });
  };

  /** Secrets are opened once for all facts of a batch: with many tenants the opening takes longest. */
  const apply = (events: readonly Recorded[]) => {
    const changed = new Map<string, TenantState>();
    for (const recorded of events) {
      const tenantId = parseStream(recorded.stream)?.tenantId;
      if (tenantId === undefined) continue;
      try {
        const before = changed.get(tenantId) ?? entries.get(tenantId)?.state ?? initialTenant(tenantId);
        const state = evolveTenant(before, recorded);
        if (state !== before) changed.set(tenantId, state);
      } catch (err) {
        logger.error({ err, reason: 'tenant_event_broken', tenantId }, 'passed over');
      }
      const { position, id, stream, revision } = recorded;
      last = { position, id, stream, revision };
    }
    for (const state of changed.values()) put(state);
  };

  const reportClosed = () => {
    for (const { state, closed } of entries.values())
      for (const { keyId, error } of closed)
        if (!reported.has(`${state.id} ${keyId}`)) {
          reported.add(`${state.id} ${keyId}`);
          logger.error({ reason: 'secret_sealed', tenantId: state.id, keyId, detail: error.message }, 'key not usable');
        }
  };

  /** One secret that does not open is that key's trouble; if none does, the process has the wrong MASTER_KEY. */
  const refuseWrongMasterKey = () => {
    const all = [...entries.values()];
    const firstClosed = all.flatMap((e) => e.closed)[0];
    if (firstClosed && !mayOpenNothing && all.every((e) => e.opened === 0)) throw firstClosed.error;
  };

  /** In a log that was restored, tenants and keys are as they were then. */
  const forget = () => {
    ready = false;
    last = undefined;
    for (const kept of [entries, tenantOfApiKey, idsOfWebhookKey]) kept.clear();
    put(initialTenant(DEFAULT_TENANT));
  };

  const caughtUp = Promise.withResolvers<void>();
  const recordKeys = () =>
    recordEnvironmentKeys(environment, { log, sealing, logger, signal }).catch((err) => {
      if (!signal.aborted) logger.error({ err, reason: 'tenant_directory_failed' }, 'tenant directory');
    });

  const follow = async () => {
    const onBreak = (err: unknown, retryInMs: number) => {
      const { name, message } = err as Error;
      logger.warn({ reason: 'subscription_broken', error: name, detail: message, retryInMs }, 'tenant directory');
    };
    const after = { after: last?.position, place: last };
    for await (const batch of log.subscribe({ prefixes: [prefixOf('tenant')], ...after, signal, onBreak })) {
      apply(batch.events);
      if (batch.caughtUp && !ready) {
        refuseWrongMasterKey();
        ready = true;
        caughtUp.resolve();
        void recordKeys();
      }
      if (ready) reportClosed();
      batches.done();
      origin ??= await log.oldest().then(
        (first) => first && originOf(first),
        () => undefined,
      );
    }
    if (!ready) throw new Error('stopped before the tenants were read');
  };

  /** Another log says nothing of these tenants: they are kept as they are until the right one is back. */
  const followWhateverLog = async (): Promise<void> => {
    for (;;) {
      try {
        return await follow();
      } catch (error) {
        if (!(error instanceof LogReplaced)) throw error;
        const first = await log.oldest().catch(() => undefined);
        logger.warn({ reason: 'log_replaced', detail: error.message }, 'tenant directory');
        if (await hasOrigin(log, first, origin)) forget();
        else await pause(LOOK_AGAIN_MS, signal);
      }
    }
  };

  put(initialTenant(DEFAULT_TENANT));
  caughtUp.promise.catch(() => {}); // logged below
  followWhateverLog().catch((error) => {
    ready = false;
    caughtUp.reject(error);
    if (!signal.aborted) logger.error({ err: error, reason: 'tenant_directory_failed' }, 'tenant directory');
  });

  const existing = (tenantId: string): Entry | undefined => {
    const entry = entries.get(tenantId);
    return entry?.state.registered ? entry : undefined;
  };

  return {
    get: (tenantId) => existing(tenantId)?.tenant,
    list: () =>
      [...entries.values()]
        .filter((e) => e.state.registered)
        .map((e) => e.tenant)
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    holding: (key) => [...(idsOfWebhookKey.get(key) ?? [])].flatMap((id) => existing(id)?.tenant ?? []),
    ready: () => ready,
    retellApiKey: (tenantId) => existing(tenantId)?.retellApiKey,
    webhookEndpoints: (tenantId) =>
      tenantId === undefined
        ? [...entries.values()].flatMap((entry) => entry.webhookEndpoints)
        : (existing(tenantId)?.webhookEndpoints ?? []),
    isFromEnvironment(tenantId, keyId) {
      if (tenantId !== DEFAULT_TENANT) return false;
      const known = entries.get(DEFAULT_TENANT)?.tenant.formerWebhookKeys.find((k) => k.keyId === keyId);
      return environment.some((k) => k.keyId === keyId || k.key === known?.key);
    },

    authenticate(apiKey) {
      const keyId = keyIdOfApiKey(apiKey);
      const tenantId = keyId === undefined ? undefined : tenantOfApiKey.get(keyId);
      const key =
        tenantId === undefined ? undefined : existing(tenantId)?.tenant.apiKeys.find((k) => k.keyId === keyId);
      if (tenantId === undefined || key === undefined || !isKeyOf(key.sha256, apiKey)) return undefined;
      keyUses?.note(key.keyId);
      return { tenantId, keyId: key.keyId, scopes: key.scopes };
    },

    sealedSecrets: () => new Map([...entries.values()].map(({ state }) => [state.id, sealedSecrets(state)])),

    caughtUp: () => caughtUp.promise,

    reached: (position, timeoutMs) =>
      waitUntil(() => (last?.position ?? -1n) >= position, { timeoutMs, steps: batches }),
  };
}
