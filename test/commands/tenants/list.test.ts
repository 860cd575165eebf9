import { afterAll, beforeAll, expect, test } from 'vitest';
import { callLedger } from '../../cli/command.ts';
import { ADMIN_KEY, eventStore, type Service, service } from './scene.ts';

let store: Awaited<ReturnType<typeof eventStore>>;
let admin: Service;
const ids = ['default', ...Array.from({ length: 204 }, (_, i) => `tenant-${i}`)].sort();

beforeAll(async () => {
  store = await eventStore();
  admin = await service(store.log);
  await Promise.all(ids.map((id) => admin.ask('PUT', `/api/tenants/${id}`, {})));
});
afterAll(async () => {
  await admin?.stop();
  await store?.stop();
});

const page = async (query: string) => {
  const { status, body } = await admin.ask('GET', `/api/tenants${query}`);
  return { status, ids: body.items?.map(({ id }: { id: string }) => id), next: body.nextCursor };
};

test('a list of tenants has 200 on a page, or fewer, and says where the next one begins', async () => {
  const first = await page('');
  expect(first).toEqual({ status: 200, ids: ids.slice(0, 200), next: ids[199] });
  expect(await page(`?cursor=${first.next}`)).toEqual({ status: 200, ids: ids.slice(200), next: null });
  expect(await page('?limit=2&cursor=tenant-')).toMatchObject({ ids: ids.slice(1, 3), next: ids[2] });
  expect(await page(`?limit=1&cursor=${ids.at(-2)}`)).toEqual({ status: 200, ids: ids.slice(-1), next: null });
});

test.each(['?limit=0', '?limit=201', '?cursor=Not%20valid', '?page=2'])('%s is refused', async (query) => {
  expect((await page(query)).status).toBe(400);
});

test('the command follows the pages', async () => {
  const env = { ADMIN_KEY };
  const list = await callLedger(['tenants', 'list', '--json', '--url', admin.url], { env });
  expect(list.json().items.map(({ id }: { id: string }) => id)).toEqual(ids);
  expect(list.json().nextCursor).toBeNull();
});
