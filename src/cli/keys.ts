import { readFile } from 'node:fs/promises';
import { DEFAULT_TENANT } from '../commands/tenants/tenant.ts';
import { credentialsPath, parseCredentials } from '../credentials.ts';
import { Failure } from './failure.ts';

export type GlobalOptions = {
  readonly url: string;
  readonly adminKey?: string;
  readonly apiKey?: string;
  readonly dataDir: string;
  readonly json?: true;
};

/** A key, and where it was found: what is said of a key is where it came from, never what it is. */
export type FoundKey = { readonly key: string; readonly from: string };

export type Keys = {
  /** Throws a Failure that says where one may be put. */
  admin(): Promise<FoundKey>;
  /** The file holds a key of `default` only. */
  api(tenantId: string | undefined): Promise<FoundKey>;
  /** Any other secret of the environment, else of the file. */
  find(name: string): Promise<FoundKey | undefined>;
};

type Names = { readonly option: string | undefined; readonly flag: string; readonly name: string };

/** Each from the command line, else the environment, else the file that an embedded service has written. */
export function keysOf(options: () => GlobalOptions): Keys {
  const file = () => credentialsPath(options().dataDir);
  const inEnvironment = (name: string): FoundKey | undefined =>
    process.env[name] ? { key: process.env[name], from: name } : undefined;
  const inFile = async (name: string): Promise<FoundKey | undefined> => {
    const key = parseCredentials(await readFile(file(), 'utf8').catch(() => '')).get(name);
    return key ? { key, from: `${name} in ${file()}` } : undefined;
  };
  const given = ({ option, flag, name }: Names) => (option ? { key: option, from: flag } : inEnvironment(name));

  return {
    find: async (name) => inEnvironment(name) ?? (await inFile(name)),
    async admin() {
      const found = given({ option: options().adminKey, flag: '--admin-key', name: 'ADMIN_KEY' });
      const key = found ?? (await inFile('ADMIN_KEY'));
      if (key) return key;
      throw new Failure(2, 'There is no admin key.', {
        remedy: `Set ADMIN_KEY, pass --admin-key, or name the directory of the service's data: --data-dir (${file()} holds none).`,
      });
    },
    async api(tenantId = DEFAULT_TENANT) {
      const found = given({ option: options().apiKey, flag: '--api-key', name: 'API_KEY' });
      const key = found ?? (tenantId === DEFAULT_TENANT ? await inFile('API_KEY') : undefined);
      if (key) return key;
      throw new Failure(2, `There is no API key of tenant ${tenantId}.`, {
        remedy: `Issue one (call-ledger keys issue ${tenantId} --scope read), then set API_KEY or pass --api-key.`,
      });
    },
  };
}
