import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Client, clientOf } from '../support/client.ts';
import { type Mailbox, openMailbox } from '../support/mailbox.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { type RestorableStore, startRestorableStore } from '../support/restorable-store.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

// docs/backup.md, "In any order", where Postgres is restored too. With the log alone: restored-log.test.ts.

const keys = { ADMIN_KEY: 'admin_0123456789abcdef', RETELL_WEBHOOK_SECRET: 'key_webhook_0123456789', API_KEY: '' };
let store: RestorableStore;
let mailbox: Mailbox;
let environment: Record<string, string>;
let running: (ServiceHere & { readonly client: Client }) | undefined;
const databases: Awaited<ReturnType<typeof createTestDatabase>>[] = [];
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const directory = await dataDirectory();
  [store, mailbox] = await Promise.all([startRestorableStore(), openMailbox()]);
  databases.push(await createTestDatabase(inject('postgresUrl')));
  environment = {
    ...{ DATA_DIR: directory.path, EVENTSTORE_URL: store.url, SMTP_URL: mailbox.url, MAIL_WAIT_SECONDS: '0' },
    ...{ MASTER_KEY: 'master_0123456789abcdef', ADMIN_KEY: keys.ADMIN_KEY },
    RETELL_WEBHOOK_SECRET: keys.RETELL_WEBHOOK_SECRET,
  };
  cleanUp.push(store.stop, directory.remove, mailbox.close);
});
afterAll(async () => {
  await running?.stop();
  for (const { drop } of databases) await drop();
  for (const step of cleanUp) await step();
});

/** The service on one of the databases, as soon as it is ready. */
async function start(databaseUrl: string) {
  const service = await startServiceHere({ ...environment, DATABASE_URL: databaseUrl });
  running = { ...service, client: await clientOf({ ...service, key: async (name) => keys[name] }) };
  await eventually(async () => (await fetch(`${service.url}/health/ready`)).ok, { what: 'readiness' });
  return running;
}
const stop = () => running!.stop();

/** What `pg_dump` and `pg_restore` do: the database as it is now, under another name. Nobody may be connected. */
async function copyOf(databaseUrl: string): Promise<string> {
  const copy = await createTestDatabase(inject('postgresUrl'));
  databases.push(copy);
  const [from, to] = [databaseUrl, copy.url].map((url) => new URL(url).pathname.slice(1));
  const server = new pg.Client({ connectionString: inject('postgresUrl') });
  await server.connect();
  await server.query(`drop database ${to}`);
  await server.query(`create database ${to} template ${from} strategy file_copy`);
  await server.end();
  return copy.url;
}

/** Each call needs somebody, so that it is worth a mail. */
async function happen(...calls: string[]): Promise<void> {
  const { client } = running!;
  for (const call of calls) {
    for (const number of ['28', '29', '30'])
      expect(await client.post(about(sample(number), { call }), { path: '/api/webhooks/retell-inbound-ticket' })).toBe(
        204,
      );
    await client.see(`/api/tickets/tkt_${call}`, ({ mail }) => mail === 'sent');
  }
}
const shown = async () => {
  const { body } = await running!.client.get('/api/tickets?limit=200&order=oldest');
  return (body.items as { id: string }[]).map(({ id }) => id);
};
const mailsAbout = (call: string) => mailbox.mails.filter(({ text }) => text?.includes(`tkt_${call}\n`)).length;
async function verified() {
  const { admin } = running!.client;
  const { body } = await admin('POST', '/api/projections/calls/verify');
  return eventually(async () => {
    const { body: one } = await admin('GET', `/api/operations/${body.operationId}`);
    return one.finishedAt !== undefined && one;
  });
}
const EQUAL = { state: 'succeeded', result: { equal: true } };

test('Postgres older than the log, both restored, and Postgres lost: each comes up as the log says, and knows its mails', async () => {
  const first = databases[0]!.url;
  const { client } = await start(first);
  const order = await client.admin('POST', '/api/tenants/default/api-keys', { scopes: ['read'] });
  keys.API_KEY = order.body.key as string;
  running = { ...running!, client: await clientOf({ url: running!.url, key: async (name) => keys[name] }) };
  const mail = { enabled: true, recipients: ['team@example.test'] };
  await client.admin('PATCH', '/api/tenants/default', { defaultRegion: 'US', mail });
  await happen('kept');
  await stop();
  const [log, older, alike] = [await store.backUp(), await copyOf(first), await copyOf(first)];

  await start(older);
  await happen('later_1', 'later_2');
  await stop();

  await start(alike); // Postgres is older than the log
  await running!.client.see('/api/tickets/tkt_later_2', ({ mail: state }) => state === 'sent');
  expect(await shown()).toEqual(['tkt_kept', 'tkt_later_1', 'tkt_later_2']);
  expect(await verified()).toMatchObject(EQUAL);
  await stop();

  await store.restore(log); // and so are both
  await start(first);
  expect(await shown()).toEqual(['tkt_kept']);
  await happen('after');
  expect(await shown()).toEqual(['tkt_kept', 'tkt_after']);
  expect(await verified()).toMatchObject(EQUAL);
  await stop();

  databases.push(await createTestDatabase(inject('postgresUrl')));
  await start(databases.at(-1)!.url); // Postgres is lost
  await running!.client.see('/api/tickets/tkt_after', ({ mail: state }) => state === 'sent');
  expect(await shown()).toEqual(['tkt_kept', 'tkt_after']);
  await happen('last');
  for (const call of ['kept', 'later_1', 'later_2', 'after', 'last'])
    expect([call, mailsAbout(call)]).toEqual([call, 1]);
}, 180_000);
