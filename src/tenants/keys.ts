import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { type EventLog, EventStoreUnavailable } from '../events/event-log.ts';
import { sha256 } from '../events/identity.ts';
import { pause } from '../events/waiting.ts';
import { handleTenant, recordEnvironmentKey } from './decider.ts';
import type { Sealing } from './sealing.ts';
import { DEFAULT_TENANT, type WebhookKey } from './tenant.ts';

// STORED FORMAT: the hash below is what the log has of an API key.
const API_KEY = /^cl_([0-9a-z]{1,64})_[A-Za-z0-9_-]{43}$/;

/** A new API key; `key` is shown once and kept nowhere. */
export function newApiKey(): { readonly keyId: string; readonly key: string; readonly sha256: string } {
  const keyId = randomBytes(8).toString('hex');
  const key = `cl_${keyId}_${randomBytes(32).toString('base64url')}`;
  return { keyId, key, sha256: sha256(key) };
}

/** The key id that a presented API key names; undefined when it is none of ours. */
export const keyIdOfApiKey = (apiKey: string): string | undefined => API_KEY.exec(apiKey)?.[1];

/** The keys of RETELL_WEBHOOK_SECRET under their ids, which every process derives alike. */
export const environmentWebhookKeys = (keys: readonly string[], sealing: Sealing): WebhookKey[] =>
  [...new Set(keys)].map((key) => ({ keyId: sealing.webhookKeyId(DEFAULT_TENANT, key), key }));

type Deps = {
  readonly log: EventLog;
  readonly sealing: Sealing;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

const RETRY_MS = 2000;

/** Records each key once, sealed, so that evidence it signed can be checked when it has left the environment. */
export async function recordEnvironmentKeys(
  keys: readonly WebhookKey[],
  { log, sealing, logger, signal }: Deps,
): Promise<void> {
  for (const { keyId, key } of keys) {
    const sealedKey = sealing.seal(key, { tenantId: DEFAULT_TENANT, keyId });
    while (!signal.aborted) {
      try {
        await handleTenant(log, DEFAULT_TENANT, recordEnvironmentKey, { keyId, sealedKey });
        break;
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable)) throw error;
        logger.warn({ reason: 'store_unavailable', keyId }, 'environment key not recorded yet');
        await pause(RETRY_MS, signal);
      }
    }
  }
}
