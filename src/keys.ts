import type { Config } from './config.ts';
import { type Credentials, openCredentials } from './credentials.ts';

/** The keys in force: given by the environment, else made once and kept in `DATA_DIR`. */
export type Keys = {
  readonly adminKey: string;
  readonly masterKey: string;
  readonly webhookSecrets: readonly string[];
  /** Where generated keys are kept; absent when nothing is generated. */
  readonly credentials?: Credentials;
};

/** Throws when `DATA_DIR` cannot be written. */
export async function openKeys(config: Config): Promise<Keys> {
  const { adminKey, masterKey, webhookSecrets } = config;
  if (!config.embedded) return { adminKey: adminKey!, masterKey: masterKey!, webhookSecrets };
  const credentials = await openCredentials(config.dataDir);
  return {
    adminKey: adminKey ?? (await credentials.getOrCreate('ADMIN_KEY')),
    masterKey: masterKey ?? (await credentials.getOrCreate('MASTER_KEY')),
    webhookSecrets:
      webhookSecrets.length > 0 ? webhookSecrets : [await credentials.getOrCreate('RETELL_WEBHOOK_SECRET')],
    credentials,
  };
}
