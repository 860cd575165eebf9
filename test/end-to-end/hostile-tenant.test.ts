import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Client, clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory, eventually, startService } from '../support/service.ts';

const TENANTS = ['hostile', 'other'] as const;
type Tenant = (typeof TENANTS)[number];

let client: Client;
const keys = new Map<Tenant, { webhook: string; api: string }>();
const cleanUp: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  const service = await startService({ DATA_DIR: directory.path, DATABASE_URL: database.url });
  client = await clientOf(service);
  cleanUp.push(() => service.stop(), database.drop, directory.remove);
  for (const tenant of TENANTS) {
    const webhook = `webhook-key-of-${tenant}`;
    await client.admin('PUT', `/api/tenants/${tenant}`, {});
    await client.admin('POST', `/api/tenants/${tenant}/webhook-keys`, { key: webhook });
    const { body } = await client.admin('POST', `/api/tenants/${tenant}/api-keys`, { scopes: ['write'] });
    keys.set(tenant, { webhook, api: body.key as string });
  }
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

/** A call that ended, in one session of its tenant. */
const call = (tenant: Tenant, n: number, padding = 0) => ({
  event: 'call_ended',
  call: {
    ...{ call_id: `call_${tenant}_${n}`, call_type: 'phone_call', direction: 'outbound' },
    ...{ disconnection_reason: 'user_hangup', metadata: { call_session_id: `session_${tenant}` } },
    ...(padding > 0 && { transcript: 'word '.repeat(padding / 5) }),
  },
});
const post = (tenant: Tenant, n: number, padding?: number) =>
  client.post(call(tenant, n, padding), {
    path: `/t/${tenant}/api/webhooks/retell`,
    key: keys.get(tenant)!.webhook,
  });
const get = async (tenant: Tenant, path: string) =>
  (await client.request('GET', `/api/call-sessions${path}`, keys.get(tenant)!.api)).status;
const session = (tenant: Tenant) => `/session_${tenant}`;

const CALLS = 8;

test('a tenant that does all it may at once keeps another neither waiting nor from an answer', async () => {
  for (const tenant of TENANTS) await Promise.all(Array.from({ length: CALLS }, (_, n) => post(tenant, n)));
  const isSeen = async (tenant: Tenant) => {
    const { body } = await client.request('GET', `/api/call-sessions/session_${tenant}`, keys.get(tenant)!.api);
    return (body.retellCallIds as string[] | undefined)?.length === CALLS;
  };
  for (const tenant of TENANTS) await eventually(() => isSeen(tenant));

  let answeredLists = 0;
  /** A store that a busy machine keeps from answering is asked again: what counts is who is done first. */
  const patient = async (tenant: Tenant, ask: () => Promise<number>) => {
    let status = await ask();
    while (tenant === 'other' && status === 503) status = await ask();
    return status;
  };
  const times = (count: number, tenant: Tenant, ask: (n: number) => Promise<number>): Promise<number>[] =>
    Array.from({ length: count }, (_, n) => patient(tenant, () => ask(n)));
  const lists = (tenant: Tenant, count: number) => times(count, tenant, () => get(tenant, '?limit=200'));
  /** Webhooks small and large, histories, and sessions as they were. */
  const others = (tenant: Tenant, size: number) => [
    ...times(6 * size, tenant, (n) => post(tenant, 1000 + n)),
    ...times(size, tenant, (n) => post(tenant, 5000 + n, 1_100_000)),
    ...times(size, tenant, () => get(tenant, `${session(tenant)}/history`)),
    ...times(size, tenant, () => get(tenant, `${session(tenant)}?at=${new Date().toISOString()}`)),
  ];
  const hostile = [...lists('hostile', 240), ...others('hostile', 6)];
  for (const list of hostile.slice(0, 240)) void list.then(() => answeredLists++);
  const [shown, rest] = [Promise.all(lists('other', 10)), Promise.all(others('other', 1))];
  expect(new Set(await shown)).toEqual(new Set([200]));
  expect(240 - answeredLists, 'lists of the hostile tenant that came first and still wait').toBeGreaterThan(30);
  expect(new Set(await rest)).toEqual(new Set([200, 204]));
  const refused = (await Promise.all(hostile)).filter((status) => status === 429);
  expect(refused.length, 'refused, of the hostile tenant alone').toBeGreaterThan(20);
}, 180_000);
