import type { Logger } from 'pino';
import { retellApiKeyOf } from './commands/calls/retell-api.ts';
import type { Config } from './config.ts';
import type { Keys } from './credentials.ts';
import type { Service } from './service.ts';
import { administration } from './tenants/administration.ts';
import { DEFAULT_TENANT } from './tenants/tenant.ts';

/** In embedded mode: one API key in the credentials that opens. Needs a directory that has caught up. */
export async function keepApiKey({ credentials }: Keys, service: Service): Promise<void> {
  if (credentials === undefined) return;
  const kept = credentials.get('API_KEY');
  if (kept !== undefined && service.administration.directory.authenticate(kept) !== undefined) return;
  const issued = await administration(service.administration).issueApiKey(DEFAULT_TENANT, {
    name: 'credentials.env',
    scopes: ['read', 'write'],
  });
  if (issued.outcome === 'done') await credentials.set('API_KEY', issued.key);
}

/**
 * Greets a newcomer to the embedded mode: makes one API key, and prints where the keys are and what to try next, but
 * nothing secret. Needs a directory that has caught up.
 */
export async function printGreeting(config: Config, keys: Keys, service: Service, off: Off): Promise<void> {
  const { credentials } = keys;
  if (credentials === undefined) return;
  await keepApiKey(keys, service);
  const port = config.port === 3000 ? '' : ` --url ${service.url}`;
  const offLines = Object.entries(off).map(([what, why]) => `\n    off          ${what}: ${why}`);
  console.error(`
  Call Ledger listens at ${service.url}

    console      ${service.url}/console
    webhooks     ${service.url}/api/webhooks/retell
    query API    ${service.url}/api/call-sessions
    docs         ${service.url}/docs
    keys         ${credentials.path}   (webhook secret, API key of tenant "${DEFAULT_TENANT}", admin key)${offLines.join('')}

  Try next:      npm run simulate -- --calls 34${port}
`);
}

/** Of fewer characters, a key may be found by trying: offline, by what it has sealed. */
const LONG_ENOUGH = 32;

/** Warns of keys that are short: they are taken, since secrets in the log may be sealed with them. */
export function warnOfShortKeys({ adminKey, masterKey }: Pick<Keys, 'adminKey' | 'masterKey'>, logger: Logger): void {
  for (const [variable, key] of Object.entries({ ADMIN_KEY: adminKey, MASTER_KEY: masterKey }))
    if (key.length < LONG_ENOUGH) logger.warn({ variable, shorterThan: LONG_ENOUGH }, 'key_short');
}

/** What is off for want of a setting, and which. */
export type Off = Readonly<Partial<Record<'calls' | 'mail' | 'reconciliation', string>>>;

const NO_KEY = 'no RETELL_API_KEY, and no tenant has a retellApiKey';

/** Logs a line for each thing that is off, and answers them. For a directory that has caught up. */
export function logWhatIsOff(
  { roles, retell, mail }: Pick<Config, 'roles' | 'retell' | 'mail'>,
  directory: Pick<Service['administration']['directory'], 'list' | 'retellApiKey'>,
  logger: Logger,
): Off {
  const apiKeyOf = retellApiKeyOf(directory, retell);
  const hasKey = directory.list().some(({ id }) => apiKeyOf(id) !== undefined);
  const off: Off = {
    ...(!hasKey && roles.includes('ingest') && { calls: NO_KEY }),
    ...(!hasKey && roles.includes('react') && { reconciliation: NO_KEY }),
    ...(mail.smtpUrl === undefined && roles.includes('react') && { mail: 'no SMTP_URL' }),
  };
  for (const [what, why] of Object.entries(off)) logger.info({ off: { [what]: why } }, 'switched_off');
  return off;
}
