import type { Logger } from 'pino';
import { retellApiKeyOf } from './commands/calls/retell-api.ts';
import type { Config } from './config.ts';
import type { Keys } from './credentials.ts';
import type { Service } from './service.ts';
import { administration } from './tenants/administration.ts';
import { DEFAULT_TENANT } from './tenants/tenant.ts';

/**
 * Greets a newcomer to the embedded mode: makes one API key, and prints where the keys are and what to try next, but
 * nothing secret. Needs a directory that has caught up.
 */
export async function printGreeting(config: Config, keys: Keys, service: Service): Promise<void> {
  const { credentials } = keys;
  if (credentials === undefined) return;
  const { directory } = service.administration;
  const kept = credentials.get('API_KEY');
  if (kept === undefined || directory.authenticate(kept) === undefined) {
    const issued = await administration(service.administration).issueApiKey(DEFAULT_TENANT, ['read', 'write']);
    if (issued.outcome === 'done') await credentials.set('API_KEY', issued.key);
  }
  const port = config.port === 3000 ? '' : ` --url ${service.url}`;
  console.error(`
  Call Ledger listens at ${service.url}

    webhooks     ${service.url}/api/webhooks/retell
    query API    ${service.url}/api/call-sessions
    docs         ${service.url}/docs
    keys         ${credentials.path}   (webhook secret, API key of tenant "${DEFAULT_TENANT}", admin key)

  Try next:      npm run simulate -- --calls 34${port}
`);
}

/** Logs one line that names what is off for want of a setting. For a directory that has caught up. */
export function logWhatIsOff(
  { roles, retell, mail }: Pick<Config, 'roles' | 'retell' | 'mail'>,
  directory: Pick<Service['administration']['directory'], 'list' | 'retellApiKey'>,
  logger: Logger,
): void {
  if (!roles.includes('react')) return;
  const apiKeyOf = retellApiKeyOf(directory, retell);
  const off = {
    ...(!directory.list().some(({ id }) => apiKeyOf(id) !== undefined) && {
      reconciliation: 'no RETELL_API_KEY, and no tenant has a retellApiKey',
    }),
    ...(mail.smtpUrl === undefined && { mail: 'no SMTP_URL' }),
  };
  if (Object.keys(off).length > 0) logger.info({ off }, 'switched_off');
}
