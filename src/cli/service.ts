import { readFile } from 'node:fs/promises';
import { credentialsPath, parseCredentials } from '../credentials.ts';
import { isJsonObject, type JsonObject } from '../events/json.ts';
import { DEFAULT_TENANT } from '../tenants/tenant.ts';
import { Failure } from './failure.ts';

export type GlobalOptions = {
  readonly url: string;
  readonly adminKey?: string;
  readonly apiKey?: string;
  readonly dataDir: string;
  readonly json?: true;
};

/** A key, and where it was found: what is said of a key is where it came from, never what it is. */
type FoundKey = { readonly key: string; readonly from: string };

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

/** An answer as it came, whatever its status. */
export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  /** What stood in the body as JSON; undefined: it was none. */
  readonly body: unknown;
};

export type Service = {
  /** Whatever the answer is. Throws a Failure when there is none. */
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The body of an answer that says yes. Throws a Failure that says what to do about any other. */
  get(path: string): Promise<JsonObject>;
  send(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<JsonObject>;
  /** The same as it comes, however long it is and takes. The iteration throws a Failure when it breaks off. */
  stream(path: string): Promise<AsyncIterable<Uint8Array>>;
};

const LIMIT_MS = 15_000;

/** The service over HTTP, with one key. */
export function serviceAt(url: string, findKey: () => Promise<FoundKey | undefined>): Service {
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const found = await findKey();
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(found && { authorization: `Bearer ${found.key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        redirect: 'error', // a key goes where it was meant to, and nowhere else
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: parsed(text) };
    } catch (error) {
      throw noAnswer(url, error as Error);
    }
  };
  const mustSayYes = async (method: string, path: string, body?: unknown): Promise<JsonObject> => {
    const answer = await ask(method, path, body);
    if (answer.status === 204) return {};
    if (answer.status >= 300 || !isJsonObject(answer.body))
      throw refusal(`${method} ${path.split('?')[0]}`, answer, (await findKey())?.from);
    return answer.body;
  };
  const stream = async (path: string): Promise<AsyncIterable<Uint8Array>> => {
    const found = await findKey();
    try {
      const response = await fetch(`${url}${path}`, {
        headers: { ...(found && { authorization: `Bearer ${found.key}` }) },
        redirect: 'error',
      });
      if (response.ok && response.body !== null) return unbroken(url, response.body);
      const { status, headers } = response;
      throw refusal(`GET ${path.split('?')[0]}`, { status, headers, body: parsed(await response.text()) }, found?.from);
    } catch (error) {
      throw error instanceof Failure ? error : noAnswer(url, error as Error);
    }
  };
  return { ask, get: (path) => mustSayYes('GET', path), send: mustSayYes, stream };
}

async function* unbroken(url: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    const { message, cause } = error as { message: string; cause?: { code?: string } };
    throw new Failure(2, `The answer of ${url} broke off (${cause?.code ?? message}).`, {
      remedy: 'See that the service runs (call-ledger doctor), and try again.',
    });
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

function noAnswer(url: string, error: Error): Failure {
  const { cause } = error as { cause?: { code?: string; message?: string } };
  const why =
    error.name === 'TimeoutError'
      ? `no answer in ${LIMIT_MS / 1000} s`
      : (cause?.code ?? cause?.message ?? error.message);
  return new Failure(2, `No service answers at ${url} (${why}).`, {
    remedy: 'Start it (npm start), or say where it listens: --url http://host:port',
  });
}

/** What a status means for whoever sits at the command line. */
function refusal(request: string, { status, body }: Answer, keyFrom: string | undefined): Failure {
  const { code, detail, title, errors } = (isJsonObject(body) ? body : {}) as {
    code?: string;
    detail?: string;
    title?: string;
    errors?: readonly { path: string; message: string }[];
  };
  if (code === undefined)
    return new Failure(2, `What answered ${request} with ${status} is no Call Ledger, or one without this command.`, {
      status,
      remedy: 'Check --url. Where ROLES splits the processes: admin commands are answered by one with the role ingest.',
    });
  const said = detail ?? title ?? code;
  const faults = (errors ?? []).map(({ path, message }) => `\n  ${path ? `${path}: ` : ''}${message}`).join('');
  return new Failure(1, `${said}${faults}`, { code, status, remedy: remedyOf(status, code, keyFrom) });
}

function remedyOf(status: number, code: string, keyFrom: string | undefined): string | undefined {
  if (status === 401)
    return `The key from ${keyFrom ?? 'nowhere'} is not this service's. See --admin-key, --api-key and --data-dir.`;
  if (status === 403)
    return `The key from ${keyFrom} needs another scope: call-ledger keys issue <tenant> --scope read,write`;
  if (code === 'unknown_tenant')
    return 'call-ledger tenants list shows those there are; call-ledger tenants put <id> registers one.';
  if (code === 'unknown_projection') return 'call-ledger projections list shows how each stands.';
  if (code === 'operation_under_way' || code === 'unknown_operation')
    return 'call-ledger projections operations shows all; call-ledger projections cancel <operation> ends one.';
  if (code === 'unknown_key') return 'call-ledger tenants show <id> lists the ids of its keys.';
  if (status === 404 && code === 'not_found')
    return 'Check the id, and the tenant whose key is used: what belongs to another is not found either.';
  if (status === 429) return 'Wait a minute.';
  if (status === 503) return 'The service, or a store behind it, is not ready: call-ledger doctor';
  if (status === 500) return "The service's log has more.";
  return undefined;
}
