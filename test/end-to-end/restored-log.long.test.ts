import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { clientOf } from '../support/client.ts';
import { type Mailbox, openMailbox } from '../support/mailbox.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { type RestorableStore, startRestorableStore } from '../support/restorable-store.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, eventually, type RunningService, startService } from '../support/service.ts';

// The log is put back to an earlier state under, or before, a whole service: D3.

const keys = { ADMIN_KEY: 'admin_0123456789abcdef', RETELL_WEBHOOK_SECRET: 'key_webhook_0123456789', API_KEY: '' };
let environment: Record<string, string>;
let store: RestorableStore;
let mailbox: Mailbox;
let pool: pg.Pool;
const cleanUp: (() => Promise<unknown>)[] = [];
const running = new Set<Pick<RunningService, 'kill'>>();

beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  [store, mailbox] = await Promise.all([startRestorableStore(), openMailbox()]);
  environment = {
    ...{ DATA_DIR: directory.path, EVENTSTORE_URL: store.url, DATABASE_URL: database.url, SMTP_URL: mailbox.url },
    ...{ MASTER_KEY: 'master_0123456789abcdef', ADMIN_KEY: keys.ADMIN_KEY, MAIL_WAIT_SECONDS: '0' },
    RETELL_WEBHOOK_SECRET: keys.RETELL_WEBHOOK_SECRET,
  };
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
  pool.on('error', () => {});
  cleanUp.push(() => pool.end(), store.stop, database.drop, directory.remove, mailbox.close);
});
afterAll(async () => {
  await Promise.all([...running].map((one) => one.kill()));
  for (const step of cleanUp) await step();
});

/** A process with these roles, and what others do with it. */
async function start(roles: string) {
  const service = await startService({ ...environment, ROLES: roles });
  const client = await clientOf({ url: service.url, key: async (name) => keys[name] });
  const one = { ...service, client, ready: () => readiness(service.url) };
  running.add(one);
  return one;
}
type Started = Awaited<ReturnType<typeof start>>;
async function stop(...services: Started[]) {
  await Promise.all(services.map((one) => one.stop()));
  for (const one of services) running.delete(one);
}
async function readiness(url: string) {
  const response = await fetch(`${url}/health/ready`);
  const { checks } = (await response.json()) as { checks: Record<string, { status: string; detail?: string }> };
  return { ready: response.ok, eventStore: checks.eventStore };
}
const becomesReady = ({ ready }: Started) =>
  vi.waitFor(async () => expect(await ready()).toMatchObject({ ready: true }), { timeout: 60_000, interval: 20 });

const ENDPOINT = { path: '/api/webhooks/retell-inbound-ticket' };
/** Each call needs somebody, so that it is worth a mail. */
async function happen({ client }: Started, ...calls: string[]): Promise<void> {
  for (const call of calls)
    for (const number of ['28', '29', '30'])
      expect(await client.post(about(sample(number), { call }), ENDPOINT), call).toBe(204);
}
const shows = async ({ client }: Started, call: string) =>
  (await client.get(`/api/tickets/tkt_${call}`)).status === 200;
const mailsAbout = (call: string) => mailbox.mails.filter(({ text }) => text?.includes(`tkt_${call}\n`)).length;
const mailed = ({ client }: Started, ...calls: string[]) =>
  Promise.all(calls.map((call) => client.see(`/api/tickets/tkt_${call}`, ({ mail }) => mail === 'sent')));

/** Until Postgres, too, knows of the mails. */
const noted = (...calls: string[]) =>
  eventually(async () => {
    const { rows } = await pool.query('select call_id from reactions.mails_sent');
    return calls.every((call) => rows.some(({ call_id }) => call_id === call));
  });

/** Watches a process: whenever it says that it is ready, none of these calls is shown. */
function neverReadyWith(one: Started, lost: string) {
  const wrong: string[] = [];
  const over = new AbortController();
  const ended = (async () => {
    while (!over.signal.aborted) if ((await one.ready()).ready && (await shows(one, lost))) wrong.push(lost);
  })();
  return async () => {
    over.abort();
    await ended;
    expect(wrong).toEqual([]);
  };
}

async function expectFold({ client }: Started): Promise<void> {
  const { body } = await client.admin('POST', '/api/projections/calls/verify');
  const operation = await eventually(async () => {
    const { body: one } = await client.admin('GET', `/api/operations/${body.operationId}`);
    return one.state !== 'queued' && one.state !== 'running' && one;
  });
  expect(operation).toMatchObject({ state: 'succeeded', result: { equal: true } });
}

test('restored while everything is stopped, and grown beyond every checkpoint by the door alone', async () => {
  const before = await start('ingest,project,serve,react');
  await becomesReady(before);
  keys.API_KEY = (await before.client.admin('POST', '/api/tenants/default/api-keys', { scopes: ['read'] })).body
    .key as string;
  const mail = { enabled: true, recipients: ['team@example.test'] };
  await before.client.admin('PATCH', '/api/tenants/default', { defaultRegion: 'US', mail });
  const one = { ...before, client: await clientOf({ url: before.url, key: async (name) => keys[name] }) };
  await happen(one, 'kept');
  await mailed(one, 'kept');
  const backup = await store.backUp();
  await happen(one, 'lost_1', 'lost_2');
  await mailed(one, 'lost_1', 'lost_2');
  await noted('lost_1', 'lost_2');
  await stop(before);

  await store.restore(backup);
  const door = await start('ingest');
  await becomesReady(door);
  const gap = ['gap_1', 'gap_2', 'gap_3', 'gap_4', 'gap_5', 'gap_6'];
  await happen(door, ...gap);
  const full = await start('ingest,project,serve,react');
  const watched = neverReadyWith(full, 'lost_2');
  await becomesReady(full);
  await watched();
  await happen(full, 'after', 'lost_1'); // Retell knows of it still
  await mailed(full, 'kept', ...gap, 'after', 'lost_1');
  expect(await shows(full, 'lost_2')).toBe(false);
  await expectFold(full);
  for (const call of ['kept', 'lost_1', 'lost_2', ...gap, 'after']) expect([call, mailsAbout(call)]).toEqual([call, 1]);
  await stop(door, full);
}, 180_000);

test('restored under running processes: none is ready while it is wrong, the door goes on, and forgets what is lost', async () => {
  const [door, worker, reader] = await Promise.all([start('ingest'), start('project,react'), start('serve')]);
  await Promise.all([door, worker, reader].map(becomesReady));
  const backup = await store.backUp();
  await happen(door, 'lost_3', 'lost_4');
  await mailed(reader, 'lost_3', 'lost_4');
  await noted('lost_3', 'lost_4');
  await store.restore(backup);
  const watched = neverReadyWith(reader, 'lost_4');
  const why = { ready: false, eventStore: { detail: 'the log was restored to an earlier state' } };
  await vi.waitFor(async () => expect(await door.ready()).toMatchObject(why), { timeout: 30_000, interval: 20 });
  await happen(door, 'lost_3', 'new_1', 'new_2', 'new_3');
  await Promise.all([door, worker, reader].map(becomesReady));
  await mailed(reader, 'lost_3', 'new_1', 'new_2', 'new_3');
  await watched();
  expect(await shows(reader, 'lost_4')).toBe(false);
  const admin = await start('ingest,project');
  await expectFold(admin);
  for (const call of ['lost_3', 'lost_4', 'new_1', 'new_2', 'new_3'])
    expect([call, mailsAbout(call)]).toEqual([call, 1]);
  expect(door.logs.filter((line) => line.includes('"msg":"log_restored"'))).toHaveLength(1);
  await stop(door, worker, reader, admin);
}, 180_000);
