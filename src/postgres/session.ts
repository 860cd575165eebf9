import pg from 'pg';
import { chooseServer, serversIn } from './servers.ts';

/** Of a connection, as `set` takes them. */
type Settings = Readonly<Record<string, string | number>>;

/** Pools still use one. */
type Callback = ((error: Error) => void) | ((error: null, client: pg.Client) => void);

/**
 * A client whose connection is one session of one server, as locks, prepared statements and settings need it. It refuses
 * a pooler that has none to give.
 */
export function sessionClient(databaseUrl: string, settings: Settings = {}) {
  const servers = serversIn(databaseUrl);
  return class SessionClient extends pg.Client {
    /** As the server says, or a pooler in front of it. */
    declare readonly processID: number | null;
    /** The process that serves the session. */
    backend: number | undefined;

    constructor(config: pg.ClientConfig = {}) {
      super({ ...config, connectionString: servers.urls[0] });
      // The query that breaks tells; without a listener the process would end.
      this.on('error', () => {});
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: Callback): void;
    override connect(callback?: Callback): Promise<pg.Client> | undefined {
      const connected = this.#begin();
      if (!callback) return connected;
      connected.then(
        (client) => Reflect.apply(callback, undefined, [null, client]),
        (error) => Reflect.apply(callback, undefined, [error]),
      );
      return undefined;
    }

    /** Throws SharedSession where another process serves it by now. */
    async checkSession(): Promise<void> {
      if ((await backendOf(this)) !== this.backend) throw new SharedSession(whereOf(this));
    }

    async #begin(): Promise<pg.Client> {
      Object.assign(this, await chooseServer(servers));
      await super.connect();
      try {
        this.backend = await begin(this, settings);
        if (this.backend !== this.processID) await refuseSharing(this, this.backend);
        return this;
      } catch (error) {
        void this.end().catch(() => {});
        throw error;
      }
    }
  };
}

/** The pooler in front of Postgres has no session for each of its clients. */
export class SharedSession extends Error {
  override readonly name = 'SharedSession';
  readonly code = 'CONNECTION_SHARED';
  constructor(where: string) {
    super(
      `the pooler at ${where} lends its connections for one transaction at a time (pool_mode = transaction or statement), so ` +
        'locks and prepared statements would be lost, or be those of others. Set pool_mode = session for this database, or ' +
        'let DATABASE_URL lead to Postgres itself',
    );
  }
}

/** Throws SharedSession where the address leads to such a pooler; a Postgres that is away is waited for elsewhere. */
export async function refuseSharedSession(databaseUrl: string): Promise<void> {
  const client = new (sessionClient(databaseUrl))({
    application_name: 'call-ledger start',
    connectionTimeoutMillis: 5000,
  });
  try {
    await client.connect();
  } catch (error) {
    if (error instanceof SharedSession) throw error;
  } finally {
    void client.end().catch(() => {});
  }
}

/** A pooler without a free connection keeps its clients waiting. */
const ANSWER_MS = 5000;

/** After the login and not with it: poolers refuse settings that come with the login. Answers the backend's process. */
async function begin(client: pg.ClientBase, settings: Settings): Promise<number> {
  const names = Object.keys(settings);
  const calls = names.map((_, i) => `set_config($${2 * i + 1}, $${2 * i + 2}, false), `);
  const text = `select ${calls.join('')}pg_backend_pid() as pid`;
  const values = names.flatMap((name) => [name, `${settings[name]}`]);
  return pidFrom(await client.query({ text, values, ...limit }));
}

const limit = { query_timeout: ANSWER_MS };

/** The process that serves a connection right now. */
const backendOf = async (client: pg.ClientBase): Promise<number> =>
  pidFrom(await client.query({ text: 'select pg_backend_pid() as pid', ...limit }));

const whereOf = ({ host, port, database }: pg.Client): string => `${host}:${port}/${database}`;

const pidFrom = ({ rows }: pg.QueryResult<{ pid: number }>): number => rows[0]!.pid;

/** By pooler: whether it gives each client a session. */
const poolers = new Map<string, Promise<void>>();

/** For a connection that another process serves than the login said: a pooler is in between. Throws SharedSession. */
async function refuseSharing(client: pg.Client, backend: number): Promise<void> {
  const where = whereOf(client);
  const known = poolers.get(where) ?? watchTwo(client, backend, where);
  poolers.set(where, known);
  // It may be set right, and is then asked anew.
  await known.catch((error) => {
    poolers.delete(where);
    throw error;
  });
}

const ROUNDS = 4;

/**
 * Throws SharedSession unless two connections keep a process each. Alternating twos catch a pooler that takes the
 * connection used last, and one that takes each in turn.
 */
async function watchTwo(client: pg.Client, backend: number, where: string): Promise<void> {
  const { host, port, user, database, password, ssl } = client;
  const other = new pg.Client({ host, port, ...{ user, database, password, ssl }, connectionTimeoutMillis: ANSWER_MS });
  other.on('error', () => {});
  try {
    await other.connect();
    const others = await backendOf(other);
    if (others === backend) throw new SharedSession(where);
    for (let round = 0; round < ROUNDS; round++)
      for (const [one, its] of [
        [client, backend],
        [client, backend],
        [other, others],
        [other, others],
      ] as const)
        if ((await backendOf(one)) !== its) throw new SharedSession(where);
  } finally {
    void other.end().catch(() => {});
  }
}
