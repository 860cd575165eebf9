import { afterAll, beforeAll, expect, test } from 'vitest';
import { adminAccess } from '../../../src/http/bearer.ts';
import { overviewRoute } from '../../../src/reactions/outgoing-webhooks/overview-route.ts';
import { analyzed, TENANT } from '../../projections/controls.ts';
import { logger } from '../../projections/stores.ts';
import { type Receiver, type Scene, soon, startReceiver, startScene } from './scene.ts';

let scene: Scene;
let receiver: Receiver;
type Answer = { items: { id: string; tenantId: string }[]; nextCursor: string | null };
let ask: (query?: string, key?: string) => Promise<{ status: number; body: Answer }>;
beforeAll(async () => {
  scene = await startScene();
  await scene.changes.putSettings('other', {});
  const access = adminAccess((key) =>
    key === 'admin' ? { keyId: 'k', name: 'k', scopes: ['operations'] } : undefined,
  );
  const outgoing = scene.start();
  receiver = await startReceiver();
  const routes = overviewRoute({ access, directory: scene.directory, outgoing, logger });
  ask = async (query = '', key = 'admin') => {
    const headers = { authorization: `Bearer ${key}` };
    const response = await routes.request(`/api/outgoing-webhooks${query}`, { headers });
    return { status: response.status, body: (await response.json()) as Answer };
  };
});
afterAll(async () => {
  await scene.stop();
  await receiver.stop();
});

const add = async (tenantId: string, url: string) => {
  const added = await scene.changes.addWebhookEndpoint(tenantId, { url, events: ['call.outcome.changed'] });
  return typeof added === 'string' ? expect.fail(added) : added.endpoint.id;
};

test('endpoints of all tenants are listed in pages, and those that fail say since when and what is unsent', async () => {
  expect(await ask()).toEqual({ status: 200, body: { items: [], nextCursor: null } });
  receiver.answers(() => 500);
  const failing = await add(TENANT, receiver.url);
  const quiet = await add('other', 'https://example.com/hook');
  const paused = await add('other', 'https://example.com/paused');
  await scene.changes.changeWebhookEndpoint('other', { endpointId: paused, state: 'paused' });
  await scene.say(analyzed({ flags: { appointment_confirmed: true } }, {}, 'call_a'));
  const fails = {
    ...{ tenantId: TENANT, id: failing, url: receiver.url, events: ['call.outcome.changed'], state: 'active' },
    ...{ createdAt: expect.any(String), failingSince: expect.any(String), pending: 0, dead: 1 },
  };
  await soon(async () => expect((await ask('?failing=true')).body).toEqual({ items: [fails], nextCursor: null }));

  const pages: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await ask(`?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    pages.push(...body.items.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  expect(pages).toEqual([failing, ...[quiet, paused].sort()]);
  const others = await ask('?tenantId=other&failing=false');
  expect(others.body.items).toHaveLength(2);
  for (const one of others.body.items) {
    expect(one).toMatchObject({ tenantId: 'other', pending: 0, dead: 0 });
    expect(one).not.toHaveProperty('failingSince');
  }
});

test('with an admin key alone', async () => {
  expect((await ask('', 'another')).status).toBe(401);
  expect((await ask('?failing=perhaps')).status).toBe(400);
});
