import pg from 'pg';
import { safeErrorMessage } from './errors.ts';

type State = { readonly standby: boolean; readonly readOnly: boolean };

/** libpq's `target_session_attrs`: what a server must be. */
const attributes: Readonly<Record<string, (state: State) => boolean>> = {
  any: () => true,
  'read-write': ({ readOnly }) => !readOnly,
  'read-only': ({ readOnly }) => readOnly,
  primary: ({ standby }) => !standby,
  standby: ({ standby }) => standby,
};

/** The servers that an address names, as libpq reads it: `postgres://a,b/db?target_session_attrs=read-write`. */
export type Servers = {
  /** An address of each. */
  readonly urls: readonly [string, ...string[]];
  /** The word of `target_session_attrs`. */
  readonly wanted: string;
};

const PARTS = /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^/?#]*)(.*)$/;

/** Throws with a sentence where the address cannot be meant. */
export function serversIn(databaseUrl: string): Servers {
  const [, before = '', hosts = '', after = ''] = PARTS.exec(databaseUrl) ?? [];
  const [first = '', ...others] = hosts.split(',');
  if (others.length === 0 && !after.includes('target_session_attrs')) return { urls: [databaseUrl], wanted: 'any' };
  const urlOf = (host: string) => `${before}${host}${after}`;
  for (const host of [first, ...others])
    if (host === '' || !URL.canParse(urlOf(host)))
      throw new Error(`"${host}" is no server; separate several by commas`);
  const wanted = new URL(urlOf(first)).searchParams.get('target_session_attrs') ?? 'any';
  if (!(wanted in attributes))
    throw new Error(`target_session_attrs must be one of ${Object.keys(attributes).join(', ')}`);
  return { urls: [urlOf(first), ...others.map(urlOf)], wanted };
}

/** No server is there, or none is as wanted. */
class NoServer extends Error {
  override readonly name = 'NoServer';
  readonly code = 'CONNECTION_NO_SERVER';
}

/** All are asked at once, so that one that is silent costs the others no time. */
const ASK_MS = 2000;

/** The first server in their order that answers and is as wanted; undefined: there is no choice. */
export async function chooseServer({ urls, wanted }: Servers): Promise<Pick<pg.Client, 'host' | 'port'> | undefined> {
  if (urls.length === 1 && wanted === 'any') return undefined;
  const reasons: string[] = [];
  const answers = urls.map((url) => ask(url).catch((error: unknown) => safeErrorMessage(error)));
  for (const answer of answers) {
    const found = await answer;
    if (typeof found === 'string') reasons.push(found);
    else if (attributes[wanted]!(found)) return { host: found.host, port: found.port };
    else reasons.push(`${found.host}:${found.port} is ${found.standby ? 'a standby' : 'a primary'}`);
  }
  throw new NoServer(`no server of DATABASE_URL is ${wanted}: ${reasons.join('; ')}`);
}

async function ask(url: string) {
  const limits = { connectionTimeoutMillis: ASK_MS, query_timeout: ASK_MS };
  const client = new pg.Client({ connectionString: url, application_name: 'call-ledger choice', ...limits });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<State>(
      `select pg_is_in_recovery() as standby, current_setting('transaction_read_only')::boolean as "readOnly"`,
    );
    return { host: client.host, port: client.port, ...rows[0]! };
  } finally {
    void client.end().catch(() => {});
  }
}
