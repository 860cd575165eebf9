import { chmod, mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { connectEventLog, type EventLog } from '../../src/events/event-log.ts';
import { type Client, clientOf } from '../support/client.ts';
import { type Mailbox, openMailbox } from '../support/mailbox.ts';
import { type Relay, relayTo } from '../support/relay.ts';
import {
  eventStorePart,
  type Incidents,
  type Line,
  type Part,
  type PostgresPart,
  postgresPart,
  type Release,
  type ServicePart,
  servicePart,
} from './parts.ts';
import { ADMIN_KEY, MAIL_FROM, MASTER_KEY, tenants } from './tenants.ts';

export type Layout = 'whole' | 'split' | 'rolling';
const ALL = 'ingest,project,serve,react';

/** What the processes of the service do. */
export const layouts: Readonly<Record<Layout, readonly { roles: string; release?: Release }[]>> = {
  /** Two of everything, so that all of it is contended. */
  whole: [{ roles: ALL }, { roles: ALL }],
  split: [{ roles: 'ingest,serve' }, { roles: 'project,react' }, { roles: 'project,react' }],
  /** While a release takes the place of another, and is taken back. */
  rolling: [{ roles: ALL }, { roles: ALL, release: 'next' }],
};

/** A connection that can be broken: from whom, to which store. */
export type Wire = { readonly name: string; readonly relay: Relay };

export type World = {
  readonly eventStore: Part;
  readonly postgres: PostgresPart;
  readonly services: readonly ServicePart[];
  /** Between the services and the stores; ours is none of them. */
  readonly wires: readonly Wire[];
  readonly mailbox: Mailbox;
  /** For looking at what is there. */
  readonly log: EventLog;
  readonly pool: pg.Pool;
  /** As an administrator and as each tenant, at any service that listens and has one of the roles. */
  client(...roles: readonly string[]): Promise<Client>;
  /** The same at one of them. */
  clientAt(service: ServicePart): Promise<Client>;
  readonly apiKeys: ReadonlyMap<string, string>;
  readonly incidents: Incidents;
  /** Every line that a process has logged since this was called last. */
  logged(): Promise<Line[]>;
  /** Ends everything and removes its directory; how the services ended. */
  stop(): Promise<(number | null | undefined)[]>;
  /** What can be done at once, at the end of this process. */
  killNow(): void;
};

const PREFIX = 'call-ledger-chaos-';
const REMOVED = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 } as const;

/** What runs have left that were killed themselves. */
async function removeOldRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const pid = Number(name.slice(PREFIX.length).split('-')[0]);
    if (!(await stat(`/proc/${pid}`).catch(() => undefined)) && process.platform === 'linux')
      await rm(join(tmpdir(), name), REMOVED).catch(() => {});
  }
}

/** Stores, services, tenants and a mail server: every process of its own, on this machine alone. */
export async function openWorld(layout: Layout): Promise<World> {
  await removeOldRuns();
  const directory = await realpath(await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`)));
  await chmod(directory, 0o755); // Postgres runs as another user where we are root
  const remove = () => rm(directory, REMOVED);
  const closers: (() => Promise<unknown>)[] = [remove];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await open(directory, layout, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function open(
  directory: string,
  layout: Layout,
  closers: (() => Promise<unknown>)[],
  closeAll: () => Promise<void>,
): Promise<World> {
  const said: Line[] = [];
  const incidents: Incidents = [];
  const mailbox = await openMailbox();
  closers.push(mailbox.close);
  const relays = { 'event store': [] as Relay[], Postgres: [] as Relay[] };
  const moving = (store: keyof typeof relays) => {
    let at = '';
    return {
      moved(url: string) {
        at = url;
        for (const relay of relays[store]) relay.leadTo(url);
      },
      async relay() {
        const relay = await relayTo(at);
        relays[store].push(relay);
        closers.push(relay.stop);
        return relay;
      },
    };
  };
  const toStore = moving('event store');
  const toPostgres = moving('Postgres');
  const [eventStore, postgres] = await Promise.all([
    eventStorePart(join(directory, 'eventstore'), toStore.moved, said),
    postgresPart(join(directory, 'postgres'), toPostgres.moved),
  ]);
  closers.push(eventStore.end, postgres.end);

  const wires: Wire[] = [];
  const services = await Promise.all(
    layouts[layout].map(async ({ roles, release = 'this' }, i) => {
      const name = `service ${i + 1}`;
      const [store, database] = [await toStore.relay(), await toPostgres.relay()];
      wires.push({ name: `${name} – event store`, relay: store }, { name: `${name} – Postgres`, relay: database });
      const environment = {
        ...{ ROLES: roles, ADMIN_KEY, MASTER_KEY, RETELL_WEBHOOK_SECRET: tenants[0]!.webhookKey },
        ...{ EVENTSTORE_URL: store.url, DATABASE_URL: database.url, DATA_DIR: join(directory, name) },
        ...{ SMTP_URL: mailbox.url, MAIL_FROM, MAIL_WAIT_SECONDS: '1' },
      };
      return servicePart(name, release, environment, said, incidents);
    }),
  );
  closers.push(() => Promise.all(services.map((service) => service.kill())));
  await Promise.all(services.map((service) => service.start()));

  const log = connectEventLog((await toStore.relay()).url);
  const pool = new pg.Pool({ connectionString: (await toPostgres.relay()).url, max: 3, connectionTimeoutMillis: 5000 });
  pool.on('error', () => {});
  closers.push(
    () => log.close(),
    () => pool.end(),
  );
  const apiKeys = new Map<string, string>();
  const clientAt = (service: ServicePart): Promise<Client> => {
    const url = service.url();
    if (url === undefined) throw new Error(`${service.name} does not listen`);
    return clientOf({ url, key: async (name) => (name === 'ADMIN_KEY' ? ADMIN_KEY : tenants[0]!.webhookKey) });
  };
  const client = async (...roles: readonly string[]): Promise<Client> => {
    const service = services.find((one) => one.url() !== undefined && roles.every((role) => one.roles.includes(role)));
    if (!service) throw new Error(`no service listens that has ${roles.join(', ')}`);
    return clientAt(service);
  };
  await registerTenants(await client('ingest'), apiKeys);

  return {
    ...{ eventStore, postgres, services, wires, mailbox, log, pool, client, clientAt, apiKeys, incidents },
    async logged() {
      for (const service of services) service.drain();
      const lines = (await readFile(join(directory, 'postgres/server.log'), 'utf8').catch(() => '')).split('\n');
      return [...said.splice(0), ...lines.map((line) => ({ who: 'Postgres', line }))];
    },
    async stop() {
      const codes = await Promise.all(services.map((service) => service.end()));
      await closeAll();
      return codes;
    },
    killNow: () => {
      for (const service of services) service.killNow();
    },
  };
}

/** Each with its keys and with somebody to write to. */
async function registerTenants({ admin }: Client, apiKeys: Map<string, string>): Promise<void> {
  for (const { id, webhookKey, recipient } of tenants) {
    const settings = { defaultRegion: 'GB', mail: { enabled: true, recipients: [recipient] } };
    await said(admin('PUT', `/api/tenants/${id}`, settings));
    if (id !== 'default') await said(admin('POST', `/api/tenants/${id}/webhook-keys`, { key: webhookKey }));
    const { key } = await said(admin('POST', `/api/tenants/${id}/api-keys`, { scopes: ['write'] }));
    apiKeys.set(id, key as string);
  }
}

async function said(answer: ReturnType<Client['admin']>): Promise<Record<string, unknown>> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`the administration answers ${status}: ${JSON.stringify(body)}`);
  return body;
}
