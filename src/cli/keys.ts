import { readFile } from 'node:fs/promises';
import { credentialsPath, parseCredentials } from '../credentials.ts';
import { DEFAULT_TENANT } from '../tenants/tenant.ts';
import { Failure } from './failure.ts';

/** A key and where it was found: messages name the place, never the key. */
export type FoundKey = { readonly key: string; readonly from: string };

type KeyOptions = { readonly adminKey?: string; readonly apiKey?: string; readonly dataDir: string };

export type Keys = {
  /** Throws a Failure that says where one may be put. */
  admin(): Promise<FoundKey>;
  /** The file holds a key of `default` only. */
  api(tenantId: string | undefined): Promise<FoundKey>;
  /** Any other secret of the environment, else of the file. */
  find(name: string): Promise<FoundKey | undefined>;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** A key of the environment. */
const inEnvironment = (name: string, { [name]: key }: Environment): FoundKey | undefined =>
  key ? { key, from: name } : undefined;

/** A key of the file that an embedded service has written into its data directory. */
async function inFile(name: string, dataDir: string): Promise<FoundKey | undefined> {
  const file = credentialsPath(dataDir);
  const key = parseCredentials(await readFile(file, 'utf8').catch(() => '')).get(name);
  return key ? { key, from: `${name} in ${file}` } : undefined;
}

/** The secret of this name: in the environment, else in the file of the data directory. */
export const findSecret = async (name: string, dataDir: string, env: Environment): Promise<FoundKey | undefined> =>
  inEnvironment(name, env) ?? (await inFile(name, dataDir));

/** Looks for each key on the command line, else in the environment, else in the file. */
export function keysOf(options: () => KeyOptions, env: Environment): Keys {
  return {
    find: (name) => findSecret(name, options().dataDir, env),
    async admin() {
      const { adminKey, dataDir } = options();
      const found = adminKey ? { key: adminKey, from: '--admin-key' } : await findSecret('ADMIN_KEY', dataDir, env);
      if (found) return found;
      throw new Failure(2, 'There is no admin key.', {
        remedy: `Set ADMIN_KEY, pass --admin-key, or name the directory of the service's data: --data-dir (${credentialsPath(dataDir)} holds none).`,
      });
    },
    async api(tenantId = DEFAULT_TENANT) {
      const { apiKey, dataDir } = options();
      const found = apiKey ? { key: apiKey, from: '--api-key' } : inEnvironment('API_KEY', env);
      const key = found ?? (tenantId === DEFAULT_TENANT ? await inFile('API_KEY', dataDir) : undefined);
      if (key) return key;
      throw new Failure(2, `There is no API key of tenant ${tenantId}.`, {
        remedy: `Issue one (call-ledger keys issue ${tenantId} --scope read), then set API_KEY or pass --api-key.`,
      });
    },
  };
}
