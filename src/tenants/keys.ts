import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DEFAULT_TENANT, type WebhookKey } from '../commands/tenants/tenant.ts';
import { tenantAfter, toAppend } from '../commands/tenants/tenant-stream.ts';
import { appendDecided } from '../events/append-decided.ts';
import { type EventLog, EventStoreUnavailable } from '../events/event-log.ts';
import { tenantStream } from '../events/streams.ts';
import { recordEnvironmentKey } from './decider.ts';
import type { Sealing } from './sealing.ts';

/** The keys of RETELL_WEBHOOK_SECRET under their ids, which every process derives alike. */
export const environmentWebhookKeys = (keys: readonly string[], sealing: Sealing): WebhookKey[] =>
  [...new Set(keys)].map((key) => ({ keyId: sealing.webhookKeyId(DEFAULT_TENANT, key), key }));

type Deps = {
  readonly log: EventLog;
  readonly sealing: Sealing;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now: () => Date;
};

const RETRY_MS = 2000;

/** Records each key once, sealed, so that evidence it signed can be checked when it has left the environment. */
export async function recordEnvironmentKeys(
  keys: readonly WebhookKey[],
  { log, sealing, logger, signal, now }: Deps,
): Promise<void> {
  const stream = tenantStream(DEFAULT_TENANT);
  for (const { keyId, key } of keys) {
    const sealedKey = sealing.seal(key, { tenantId: DEFAULT_TENANT, keyId });
    while (!signal.aborted) {
      try {
        await appendDecided(log, stream, (seen) => {
          const events = recordEnvironmentKey(tenantAfter(DEFAULT_TENANT, seen), { keyId, sealedKey });
          return toAppend(DEFAULT_TENANT, seen, events, now().toISOString());
        });
        break;
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable)) throw error;
        logger.warn({ reason: 'store_unavailable', keyId }, 'environment key not recorded yet');
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }
}
