import type { Kysely } from 'kysely';
import type { TenantDirectory } from '../../commands/tenants/tenant.ts';
import { recordsOf } from './records.ts';

/** Calls go on, and no webhook comes: the agents' webhook URL, the key or the way here is broken. */
export type WebhookSilence = { readonly tenantId: string; readonly calls: number; readonly since: string };

/** Fewer calls without a webhook may be chance. */
const SILENT_FROM_CALLS = 3;

/** The tenants that had calls come to an end in a period, and no webhook since it began. */
export async function silences(
  db: Kysely<unknown>,
  tenants: Pick<TenantDirectory, 'list'>,
  retellApiKeyOf: (tenantId: string) => string | undefined,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly WebhookSilence[]> {
  const silent: WebhookSilence[] = [];
  for (const { id } of tenants.list()) {
    if (retellApiKeyOf(id) === undefined) continue;
    const { calls, webhooks } = await recordsOf(db, id).traffic(from, to);
    if (calls >= SILENT_FROM_CALLS && !webhooks)
      silent.push({ tenantId: id, calls, since: new Date(from).toISOString() });
  }
  return silent;
}
