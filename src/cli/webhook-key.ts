import { DEFAULT_TENANT } from '../tenants/tenant.ts';
import type { Cli } from './cli.ts';
import { Failure } from './failure.ts';
import type { FoundKey } from './keys.ts';
import { readSecret } from './secrets.ts';

/** The key to sign webhooks of a tenant with: from the file, else of `default` from here. Undefined: there is none. */
export async function findWebhookKey(
  { keys, terminal }: Cli,
  tenantId: string,
  file: string | undefined,
): Promise<FoundKey | undefined> {
  if (file !== undefined)
    return { key: await readSecret('webhook key', { option: '--key-file', file }, terminal), from: file };
  const found = tenantId === DEFAULT_TENANT ? await keys.find('RETELL_WEBHOOK_SECRET') : undefined;
  return found && { ...found, key: found.key.split(',')[0]!.trim() };
}

/** The same. Throws a Failure that says where one may be put. */
export async function webhookKey(cli: Cli, tenantId: string, file: string | undefined): Promise<FoundKey> {
  const found = await findWebhookKey(cli, tenantId, file);
  if (found) return found;
  throw new Failure(2, `There is no webhook key of tenant ${tenantId} to sign with.`, {
    remedy: 'Name a file that holds it: --key-file <file>. That of default may be in RETELL_WEBHOOK_SECRET.',
  });
}
