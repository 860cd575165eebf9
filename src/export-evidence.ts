import { setTimeout as sleep } from 'node:timers/promises';
import type { TenantDirectory } from './commands/tenants/tenant.ts';
import { assemble } from './commands/webhooks/raw-parts.ts';
import { type EventLog, EventStoreUnavailable, readLeft } from './events/event-log.ts';
import type { Recorded } from './events/recorded.ts';
import { isAsSigned } from './evidence/evidence.ts';
import type { ReadEvidence } from './read-api/export/export-lines.ts';

/** The evidence of an exported fact, straight from the log, checked anew with the key that verified it then. */
export const evidenceFromLog =
  (log: EventLog, tenants: TenantDirectory): ReadEvidence =>
  async ({ tenantId, stream, deliveryId, sha256 }) => {
    const delivery = await assemble(await read(log, stream), deliveryId, sha256).catch(() => 'does not unzip' as const);
    if (delivery === 'does not unzip') return { verdict: 'failed' };
    if (delivery === undefined) return { verdict: 'expired' };
    const tenant = tenants.get(tenantId);
    return { verdict: tenant !== undefined && isAsSigned(delivery, tenant) ? 'verified' : 'failed', delivery };
  };

const ATTEMPTS = 3;

/** None where the stream was deleted, for good too. A long export should not end with one answer that is late. */
async function read(log: EventLog, stream: string): Promise<Recorded[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readLeft(log, stream);
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable) || attempt === ATTEMPTS) throw error;
      await sleep(100 * attempt);
    }
  }
}
