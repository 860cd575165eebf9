import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { makePrivate } from './embedded/private-directory.ts';

/** The keys that embedded mode makes for itself, once: `NAME=value` lines in a file that only its owner reads. */
type Credentials = {
  readonly path: string;
  get(name: string): string | undefined;
  /** The kept value, or a new one that is kept from now on. */
  getOrCreate(name: string, make?: () => string): Promise<string>;
  set(name: string, value: string): Promise<void>;
};

export const credentialsPath = (dataDir: string): string => join(dataDir, 'credentials.env');

/** Reads `NAME=value` lines; anything else in the file is left out. */
export function parseCredentials(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => /^([A-Z_]+)=(.*)$/.exec(line.trim()));
  return new Map(lines.flatMap((match) => (match ? [[match[1]!, match[2]!] as const] : [])));
}

/** Throws when the directory cannot be written, naming it. */
export async function openCredentials(dataDir: string): Promise<Credentials> {
  const path = credentialsPath(dataDir);
  try {
    makePrivate(dataDir, { passable: true });
  } catch (cause) {
    throw new Error(`Cannot create DATA_DIR ${dataDir}. Choose a directory that this user may write.`, { cause });
  }
  const values = parseCredentials(await readFile(path, 'utf8').catch(() => ''));
  const save = async () => {
    const text = [...values].map(([name, value]) => `${name}=${value}\n`).join('');
    // Written beside and renamed: a kill in the middle must not lose the key that old evidence is sealed with.
    await writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  };
  const set = async (name: string, value: string) => {
    values.set(name, value);
    await save();
  };
  return {
    path,
    get: (name) => values.get(name),
    set,
    async getOrCreate(name, make = () => randomBytes(32).toString('hex')) {
      const kept = values.get(name);
      if (kept !== undefined) return kept;
      const made = make();
      await set(name, made);
      return made;
    },
  };
}

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
