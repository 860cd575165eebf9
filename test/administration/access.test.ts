import { OpenAPIHono } from '@hono/zod-openapi';
import { requestId } from 'hono/request-id';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openAdministrators } from '../../src/administration/access.ts';
import { accessRoutes } from '../../src/administration/access-routes.ts';
import { type EventLog, EventStoreUnavailable, LogReplaced } from '../../src/events/event-log.ts';
import { adminRoute } from '../../src/http/bearer.ts';
import { failures } from '../../src/http/failures.ts';
import { openKeyUses } from '../../src/tenants/key-uses.ts';
import { ADMIN_KEY, eventStore, listeningLogger } from '../commands/tenants/scene.ts';

let store: Awaited<ReturnType<typeof eventStore>>;
const ending: (() => unknown)[] = [];
beforeAll(async () => {
  store = await eventStore();
});
afterEach(() => {
  for (const end of ending.splice(0)) end();
});
afterAll(() => store.stop());

type Asked = { readonly key?: string; readonly body?: object };

/** One process's administration, with two routes that stand for all others. */
function administration({ log = store.log, now = () => new Date() }: { log?: EventLog; now?: () => Date } = {}) {
  const stopped = new AbortController();
  ending.push(() => stopped.abort());
  const { logger, text } = listeningLogger();
  const { signal } = stopped;
  const keyUses = openKeyUses({ log, logger, signal });
  const administrators = openAdministrators({ log, adminKey: ADMIN_KEY, logger, signal, keyUses, now });
  const app = new OpenAPIHono();
  app.use(requestId());
  app.onError(failures(logger));
  app.route('/', accessRoutes(administrators, logger));
  const { access } = administrators;
  app.get('/api/projections', adminRoute(access, 'Any', 'operations').middleware, (c) => c.text('lag 0'));
  app.get('/api/export', adminRoute(access, 'Any', 'personal').middleware, (c) => c.text('somebody'));
  app.post('/api/projections/calls/rebuild', adminRoute(access, 'Any', 'operations').middleware, (c) =>
    c.text('', 202),
  );
  const ask = async (method: string, path: string, { key = ADMIN_KEY, body }: Asked = {}) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const answer = await app.request(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json');
    return {
      status: answer.status,
      id: answer.headers.get('x-request-id'),
      body: isJson ? JSON.parse(text) : text,
    };
  };
  const audit = async (query = '') => (await ask('GET', `/api/audit${query}`)).body;
  return { ask, audit, logged: text };
}

test('a named key opens what its scopes say, in every process, until it is revoked', async () => {
  const [one, other] = [administration(), administration()];
  const issued = await one.ask('POST', '/api/admin-keys', { body: { name: 'on-call', scopes: ['operations'] } });
  expect(issued).toMatchObject({ status: 201, body: { name: 'on-call', scopes: ['operations'] } });
  const { key, keyId } = issued.body;
  for (const { ask } of [one, other]) {
    await expect.poll(async () => (await ask('GET', '/api/projections', { key })).status).toBe(200);
    const refused = await ask('GET', '/api/export', { key });
    expect([refused.status, refused.body.code]).toEqual([403, 'missing_scope']);
    // However many scopes, it makes no other keys.
    expect((await ask('POST', '/api/admin-keys', { key, body: { name: 'more', scopes: ['tenants'] } })).status).toBe(
      401,
    );
  }
  expect((await one.ask('GET', '/api/admin-keys')).body.items).toContainEqual({
    ...{ keyId, name: 'on-call', scopes: ['operations'] },
    ...{ createdAt: expect.stringMatching(/Z$/), lastUsedAt: expect.stringMatching(/Z$/) },
  });
  expect((await other.ask('DELETE', `/api/admin-keys/${keyId}`)).status).toBe(204);
  expect((await other.ask('GET', '/api/projections', { key })).status).toBe(401);
  await expect.poll(async () => (await one.ask('GET', '/api/projections', { key })).status).toBe(401);
  expect((await one.ask('DELETE', `/api/admin-keys/${keyId}`)).status).toBe(404);
  const recorded = JSON.stringify(await store.log.read('administration-keys'), (_, v) =>
    typeof v === 'bigint' ? `${v}` : v,
  );
  expect(recorded).not.toContain(key);
});

test('after a restore the keys are those of the log as it is now', async () => {
  const over = new AbortController();
  const log: EventLog = {
    ...store.log,
    // As a subscription ends when the log has been put back under it.
    async *subscribe(options) {
      if (over.signal.aborted) return yield* store.log.subscribe(options);
      yield* store.log.subscribe({ ...options, signal: AbortSignal.any([options.signal, over.signal]) });
      throw new LogReplaced('the event is not in the log any more');
    },
  };
  const { ask } = administration({ log });
  const body = { name: 'before', scopes: ['operations'] };
  const { key, keyId } = (await ask('POST', '/api/admin-keys', { body })).body;
  expect((await ask('GET', '/api/projections', { key })).status).toBe(200);
  over.abort();
  // What comes then is read: a key that is revoked opens nothing.
  expect((await ask('DELETE', `/api/admin-keys/${keyId}`)).status).toBe(204);
  expect((await ask('GET', '/api/projections', { key })).status).toBe(401);
});

test('a key opens nothing once it has expired', async () => {
  let now = Date.now();
  const { ask } = administration({ now: () => new Date(now) });
  const expiresAt = new Date(now + 60_000).toISOString();
  const body = { name: 'auditor', scopes: ['audit', 'personal'], expiresAt };
  const { key } = (await ask('POST', '/api/admin-keys', { body })).body;
  expect((await ask('GET', '/api/export', { key })).status).toBe(200);
  now += 60_000;
  expect((await ask('GET', '/api/export', { key })).status).toBe(401);
});

test('the trail has every change and every read of personal data, and whose key it was', async () => {
  const { ask, audit } = administration();
  const { key, keyId } = (
    await ask('POST', '/api/admin-keys', { body: { name: 'reader', scopes: ['personal', 'operations'] } })
  ).body;
  const rebuilt = await ask('POST', '/api/projections/calls/rebuild', { key });
  const read = await ask('GET', '/api/export?from=1', { key });
  await ask('GET', '/api/export?from=2', { key }); // the same, as a command that waits asks again
  await ask('GET', '/api/projections', { key }); // nobody's data
  const { items } = await audit();
  const mine = { keyId, keyName: 'reader', at: expect.any(String) };
  expect(items.slice(0, 3)).toEqual([
    { ...mine, method: 'GET', path: '/api/export', status: 200, requestId: read.id },
    { ...mine, method: 'POST', path: '/api/projections/calls/rebuild', status: 202, requestId: rebuilt.id },
    expect.objectContaining({ keyName: 'ADMIN_KEY', method: 'POST', path: '/api/admin-keys', status: 201 }),
  ]);
  const first = await audit('?limit=1');
  const second = await audit(`?limit=2&cursor=${first.nextCursor}`);
  expect([...first.items, ...second.items]).toEqual(items.slice(0, 3));
});

test('processes that write the trail at once lose nothing of it', async () => {
  const [one, other] = [administration(), administration()];
  const before = (await one.audit('?limit=200')).items.length;
  const both = Array.from({ length: 20 }, (_, n) =>
    (n % 2 ? one : other).ask('POST', '/api/projections/calls/rebuild'),
  );
  expect(new Set((await Promise.all(both)).map(({ status }) => status))).toEqual(new Set([202]));
  expect((await one.audit('?limit=200')).items.length).toBe(before + 20);
});

test('personal data that could not be recorded as read is not shown; a change stands, and the log tells of it', async () => {
  let away = false;
  const log: EventLog = {
    ...store.log,
    append: (...sent) => (away ? Promise.reject(new EventStoreUnavailable('away')) : store.log.append(...sent)),
  };
  const { ask, audit, logged } = administration({ log });
  away = true;
  const read = await ask('GET', '/api/export');
  expect([read.status, read.body.code]).toEqual([503, 'event_store_unavailable']);
  expect((await ask('GET', '/api/projections')).status).toBe(200);
  expect((await ask('POST', '/api/projections/calls/rebuild')).status).toBe(202);
  expect(logged()).toContain('"reason":"audit_not_recorded"');
  expect(logged()).toContain('"path":"/api/projections/calls/rebuild"');
  away = false;
  expect((await ask('GET', '/api/export')).status).toBe(200);
  expect((await audit('?limit=1')).items[0]).toMatchObject({ path: '/api/export', status: 200 });
});
