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
/** Each of them reads all that staff have said of the one appointment. */
const note = async (tenant: Tenant, text: string) =>
  (await client.request('PUT', '/api/appointments/apt_1', keys.get(tenant)!.api, { note: text })).status;
const session = (tenant: Tenant) => `/session_${tenant}`;

test('a tenant that does all it may at once keeps another neither waiting nor from an answer', async () => {
  for (const tenant of TENANTS) await Promise.all(Array.from({ length: 40 }, (_, n) => post(tenant, n)));
  const isSeen = async (tenant: Tenant) => {
    const { body } = await client.request('GET', `/api/call-sessions/session_${tenant}`, keys.get(tenant)!.api);
    return (body.retellCallIds as string[] | undefined)?.length === 40;
  };
  for (const tenant of TENANTS) await eventually(() => isSeen(tenant));

  const answered: Tenant[] = [];
  const of = async (tenant: Tenant, answer: Promise<number>) => {
    const status = await answer;
    answered.push(tenant);
    return status;
  };
  const times = <T>(count: number, ask: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => ask(n));
  /** Webhooks small and large, lists, histories, and sessions as they were. */
  const load = (tenant: Tenant, size: number) => [
    ...times(4 * size, (n) => of(tenant, post(tenant, 1000 + n))),
    ...times(Math.ceil(size / 8), (n) => of(tenant, post(tenant, 5000 + n, 1_500_000))),
    ...times(12 * size, () => of(tenant, get(tenant, '?limit=200'))),
    ...times(size, () => of(tenant, get(tenant, `${session(tenant)}/history`))),
    ...times(size, () => of(tenant, get(tenant, `${session(tenant)}?at=${new Date().toISOString()}`))),
  ];
  const hostile = [...load('hostile', 40), ...times(48, (n) => of('hostile', note('hostile', `called ${n}`)))];
  const noted = note('other', 'called'); // its answer waits for the read model
  const others = await Promise.all(load('other', 1));
  expect(new Set(others)).toEqual(new Set([200, 204]));
  const left = hostile.length - answered.filter((tenant) => tenant === 'hostile').length;
  expect(left, 'requests of the hostile tenant that came first and are still waiting').toBeGreaterThan(30);
  expect(await noted).toBe(200);
  const refused = (await Promise.all(hostile)).filter((status) => status === 429);
  expect(refused.length, 'refused, of the hostile tenant alone').toBeGreaterThan(20);
}, 180_000);
