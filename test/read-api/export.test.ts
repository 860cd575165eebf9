import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../src/events/identity.ts';
import { deleteStream } from '../events/delete-stream-process.ts';
import { event, exportedLog, headers, linesOf, newTenant } from './exported-log.ts';

let scene: Awaited<ReturnType<typeof exportedLog>>;
beforeAll(async () => {
  scene = await exportedLog();
});
afterAll(() => scene.stop());

const ask = (query = '', path = '/api/export') => scene.routes().routes.request(`${path}?${query}`, { headers });
const exported = async (query = '') => linesOf(await (await ask(query)).text());
const factsIn = async (query = '') => (await exported(query)).filter(({ kind }) => kind === 'fact');

describe('what is exported', () => {
  test('facts of every kind as they were recorded, also of a type that nobody here knows, and bytes', async () => {
    const tenant = newTenant();
    const unknown = event('WrittenByANewerVersion', { z: [1, { b: null, a: 'ä\u2028' }], a: { deep: true } });
    const bytes = event('Binary', new Uint8Array([0, 255, 10]));
    await scene.append(`call-${tenant}.1`, [unknown, bytes]);
    await scene.append(`idempotency-${tenant}.x`, [event()]);
    const facts = await factsIn(`tenant=${tenant}`);
    expect(facts).toMatchObject([
      { stream: `call-${tenant}.1`, revision: '0', id: unknown.id, type: unknown.type, metadata: unknown.metadata },
      { stream: `call-${tenant}.1`, revision: '1', id: bytes.id, dataBase64: 'AP8K' },
      { stream: `idempotency-${tenant}.x` },
    ]);
    expect(facts[0].data).toEqual(unknown.data);
    expect((await factsIn()).filter(({ stream }) => stream.includes(tenant))).toHaveLength(3);
  });

  test('of one tenant, and of none whose name only begins like it; a tenant that is not registered is an error', async () => {
    const tenant = newTenant();
    for (const name of [tenant, `${tenant}2`])
      for (const stream of [`call-${name}.1`, `ticket-${name}.1`, `tenant-${name}`])
        await scene.append(stream, [event()]);
    const streams = (await factsIn(`tenant=${tenant}`)).map(({ stream }) => stream);
    expect(streams).toEqual([`call-${tenant}.1`, `ticket-${tenant}.1`, `tenant-${tenant}`]);
    expect((await ask('tenant=nobody')).status).toBe(404);
  });

  test("a tenant's secrets are told by their digest, wherever they stand", async () => {
    const tenant = newTenant();
    await scene.append(`tenant-${tenant}`, [
      event('WebhookKeyAdded', { keyId: 'k', sealedKey: 'v1.secret-one', source: 'admin' }),
      event('SettingsChanged', { settings: { name: 'Acme', sealedRetellApiKey: 'v1.secret-two' } }),
      event('AddedLater', { list: [{ sealedThing: { box: 'v1.secret-three' } }] }),
    ]);
    const body = await (await ask(`tenant=${tenant}`)).text();
    expect(body).not.toContain('v1.secret');
    expect(linesOf(body)[1].data).toEqual({
      keyId: 'k',
      sealedKey: `sha256:${digestOf('v1.secret-one')}`,
      source: 'admin',
    });
    expect(linesOf(body)[2].data.settings.name).toBe('Acme');
  });

  test('facts of a stream that was deleted are still there', async () => {
    const tenant = newTenant();
    await scene.append(`call-${tenant}.1`, [event(), event()]);
    await deleteStream(scene.storeUrl, `call-${tenant}.1`);
    expect(await factsIn(`tenant=${tenant}`)).toHaveLength(2);
  });
});

test('of one tenant half of the exports at once at most, and of another one it begins at once', async () => {
  const { routes } = scene.routes();
  const ask = (tenant: string) => routes.request(`/api/export?tenant=${tenant}`, { headers });
  const [acme, other] = [newTenant(), newTenant()];
  const open = await Promise.all(Array.from({ length: 4 }, () => ask(acme)));
  const refused = await ask(acme);
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([429, 'too_many_requests']);
  open.push(await ask(other));
  expect(open.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  await Promise.all(open.map((answer) => answer.body!.cancel()));
  const again = await ask(acme);
  expect(again.status).toBe(200);
  await again.body!.cancel();
});

describe('the range', () => {
  test('neighbouring ranges share and miss nothing, by time and by position', async () => {
    const tenant = newTenant();
    for (let n = 0; n < 4; n++) {
      await scene.append(`call-${tenant}.${n}`, [event(), event()]);
      await sleep(3);
    }
    const all = await factsIn(`tenant=${tenant}`);
    for (const { recordedAt, position } of all)
      for (const border of [recordedAt, position]) {
        const parts = [
          ...(await factsIn(`tenant=${tenant}&to=${border}`)),
          ...(await factsIn(`tenant=${tenant}&from=${border}`)),
        ];
        expect(parts.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
      }
    const [, , third] = all;
    expect((await factsIn(`from=${third.recordedAt}`))[0].recordedAt).toBe(third.recordedAt);
    expect((await factsIn(`tenant=${tenant}&to=${third.position}`)).at(-1).id).toBe(third.id);
  });

  test('the same again gives the same lines but for header and footer, and the digest of the log', async () => {
    const tenant = newTenant();
    await scene.append(`call-${tenant}.1`, [event(), event()]);
    const first = (await (await ask(`tenant=${tenant}&to=2100-01-01T00:00:00Z`)).text()).split('\n');
    const { head } = JSON.parse(first[0]!);
    await scene.append(`call-${tenant}.2`, [event()]);
    const query = `tenant=${tenant}&to=2100-01-01T00:00:00Z&head=${head}`;
    const second = (await (await ask(query)).text()).split('\n');
    expect(second.slice(1, -2)).toEqual(first.slice(1, -2));
    const { facts, digest } = JSON.parse(first.at(-2)!);
    expect(facts).toBe(2);
    expect(JSON.parse(second.at(-2)!).digest).toBe(digest);
    expect(await (await ask(query, '/api/export/digest')).json()).toEqual({ facts, digest });
    const now = await (await ask(`tenant=${tenant}`, '/api/export/digest')).json();
    expect(now).toMatchObject({ facts: 3 });
  });

  test.each([
    ['from=yesterday', 'invalid_request'],
    ['from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'invalid_request'],
    ['from=2&to=1', 'invalid_request'],
    ['form=1', 'invalid_request'],
    ['from=9000000000000000000', 'range_beyond_log'],
    ['head=9000000000000000000', 'range_beyond_log'],
  ])('%s is refused as %s', async (query, code) => {
    for (const path of ['/api/export', '/api/export/digest']) {
      const answer = await ask(query, path);
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, code]);
    }
  });

  test('only for who holds the admin key', async () => {
    for (const path of ['/api/export', '/api/export/digest'])
      expect((await scene.routes().routes.request(path)).status).toBe(401);
  });
});
