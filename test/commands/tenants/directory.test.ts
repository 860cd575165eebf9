import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/events/json.ts';
import { openTenantDirectory } from '../../../src/tenants/directory.ts';
import { sealingUnder } from '../../../src/tenants/sealing.ts';
import { appendAnyhow } from '../../support/append-anyhow.ts';
import { eventStore, listeningLogger, MASTER_KEY, service } from './scene.ts';

let store: Awaited<ReturnType<typeof eventStore>>;
let empty: string;
const ending: (() => unknown)[] = [];

beforeAll(async () => {
  store = await eventStore();
  empty = await store.backUp();
});
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});
afterAll(() => store?.stop());

/** A directory of another process: of its own master key and environment. */
type Options = { masterKey?: string; environmentKeys?: string[]; mayOpenNothing?: boolean };
const directory = ({ masterKey = MASTER_KEY, ...options }: Options = {}) => {
  const stopped = new AbortController();
  ending.push(() => stopped.abort());
  const { logger, text } = listeningLogger();
  const opened = openTenantDirectory({
    log: store.log,
    sealing: sealingUnder(masterKey),
    environmentKeys: [],
    logger,
    signal: stopped.signal,
    ...options,
  });
  return Object.assign(opened, { logged: text, stop: () => stopped.abort() });
};
const admin = async (options: Parameters<typeof service>[1] = {}) => {
  const running = await service(store.log, options);
  ending.push(running.stop);
  return running;
};
const within = async (ms: number, condition: () => unknown) => {
  for (const end = Date.now() + ms; !(await condition()); await sleep(5))
    if (Date.now() > end) throw new Error(`not within ${ms} ms`);
};
const environmentEvents = async () => {
  const events = await store.log.read('tenant-default');
  return events.map((e) => e.data as { keyId: string; source: string }).filter((d) => d.source === 'environment');
};

test('nobody is known before the log was read, and then everybody', async () => {
  const { ask } = await admin();
  await ask('PUT', '/api/tenants/early', {});
  const opened = directory();
  expect(opened.ready()).toBe(false);
  expect(opened.get('early')).toBeUndefined();
  await opened.caughtUp();
  expect(opened.ready()).toBe(true);
  expect(opened.get('early')?.id).toBe('early');
  expect(opened.list().map((t) => t.id)).toContain('default');
});

test('a change is in force in another process within a second: added, retired, issued, revoked', async () => {
  const { ask } = await admin();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'second-process.ts'), store.url, MASTER_KEY], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  ending.push(async () => {
    child.stdin.end();
    await once(child, 'exit');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('ready');
  const look = async (apiKey: string) => {
    child.stdin.write(`far ${apiKey}\n`);
    return JSON.parse((await lines.next()).value as string);
  };
  const soonSees = async (apiKey: string, expected: unknown) => {
    let seen: unknown;
    for (const end = Date.now() + 15_000; Date.now() < end; await sleep(10)) {
      seen = await look(apiKey);
      if (JSON.stringify(seen) === JSON.stringify(expected)) return;
    }
    expect(seen).toEqual(expected);
  };

  await soonSees('-', { webhookKeys: null, caller: null });
  await ask('PUT', '/api/tenants/far', {});
  const { keyId } = (await ask('POST', '/api/tenants/far/webhook-keys', { key: 'far-webhook-secret' })).body;
  await soonSees('-', { webhookKeys: ['far-webhook-secret'], caller: null });
  const issued = (await ask('POST', '/api/tenants/far/api-keys', { scopes: ['read'] })).body;
  await soonSees(issued.key, { webhookKeys: ['far-webhook-secret'], caller: 'far' });
  await ask('DELETE', `/api/tenants/far/webhook-keys/${keyId}`);
  await ask('DELETE', `/api/tenants/far/api-keys/${issued.keyId}`);
  await soonSees(issued.key, { webhookKeys: [], caller: null });
});

test('the keys of the environment are in force for "default" at once and recorded once, whoever is first', async () => {
  const environmentKeys = ['env-old-secret', 'env-new-secret'];
  const processes = [directory({ environmentKeys }), directory({ environmentKeys }), directory({ environmentKeys })];
  await Promise.all(processes.map((p) => p.caughtUp()));
  for (const p of processes) expect(p.get('default')?.webhookKeys.map((k) => k.key)).toEqual(environmentKeys);
  const ids = processes[0]!.get('default')!.webhookKeys.map((k) => k.keyId);
  await within(15_000, async () => (await environmentEvents()).length >= 2);
  await sleep(100);
  expect((await environmentEvents()).map((d) => d.keyId).filter((id) => ids.includes(id))).toEqual(ids);
  await within(15_000, () => processes[1]!.get('default')?.formerWebhookKeys.length === 0);
});

test('a key that has left the environment verifies nothing and still opens evidence', async () => {
  const before = directory({ environmentKeys: ['left-secret'] });
  await before.caughtUp();
  const { keyId } = before.get('default')!.webhookKeys[0]!;
  expect(before.isFromEnvironment('default', keyId)).toBe(true);
  expect(before.isFromEnvironment('early', keyId)).toBe(false);
  const after = directory();
  await after.caughtUp();
  await within(15_000, () => after.get('default')?.formerWebhookKeys.some((k) => k.keyId === keyId));
  expect(after.get('default')?.formerWebhookKeys).toContainEqual({ keyId, key: 'left-secret' });
  expect(after.get('default')?.webhookKeys.map((k) => k.key)).not.toContain('left-secret');
  expect(after.isFromEnvironment('default', keyId)).toBe(false);
});

test('a key added by an administrator is in force beside those of the environment, and once', async () => {
  const { ask, directory: here } = await admin({ environmentKeys: ['both-secret'] });
  await ask('POST', '/api/tenants/default/webhook-keys', { key: 'added-secret' });
  await ask('POST', '/api/tenants/default/webhook-keys', { key: 'both-secret' });
  expect(here.get('default')?.webhookKeys.map((k) => k.key)).toEqual(['both-secret', 'added-secret']);
  const withoutEnvironment = directory();
  await withoutEnvironment.caughtUp();
  expect(
    withoutEnvironment
      .get('default')
      ?.webhookKeys.map((k) => k.key)
      .sort(),
  ).toEqual(['added-secret', 'both-secret']);
});

test('the wrong MASTER_KEY stops the start, and says what to do', async () => {
  const { ask } = await admin();
  await ask('POST', '/api/tenants/default/webhook-keys', { key: 'sealed-secret' });
  const wrong = directory({ masterKey: 'wrong-master-key', environmentKeys: ['never-recorded-secret'] });
  await expect(wrong.caughtUp()).rejects.toThrow(/MASTER_KEY does not open .* Start with the MASTER_KEY/);
  expect(wrong.ready()).toBe(false);
  await sleep(100);
  const events = await store.log.read('tenant-default');
  expect(events.every((e) => !JSON.stringify(e.data).includes('never'))).toBe(true);
  const recordedWrong = (await environmentEvents()).filter((d) => wrong.isFromEnvironment('default', d.keyId));
  expect(recordedWrong).toEqual([]);
});

test('one secret that does not open costs that key, is logged, and the others verify', async () => {
  const { ask } = await admin();
  await ask('PUT', '/api/tenants/mixed', {});
  await ask('POST', '/api/tenants/mixed/webhook-keys', { key: 'mine-secret' });
  const added = (await store.log.read('tenant-mixed')).at(-1)!;
  await store.log.append('tenant-mixed', added.revision, [
    {
      id: randomUUID(),
      type: 'WebhookKeyAdded',
      data: { ...(added.data as JsonObject), keyId: 'wk_moved' },
      metadata: added.metadata as JsonObject,
    },
  ]);
  const here = directory();
  await here.caughtUp();
  expect(here.get('mixed')?.webhookKeys.map((k) => k.key)).toEqual(['mine-secret']);
  expect(here.logged()).toContain('"reason":"secret_sealed"');
  expect(here.logged()).toContain('wk_moved');
  expect(here.logged()).not.toContain('mine-secret');
});

test('a broken event of one tenant is logged and passed over, a foreign type is passed over', async () => {
  const { ask } = await admin();
  await ask('PUT', '/api/tenants/broken', {});
  const metadata = {
    tenantId: 'broken',
    source: 'command',
    receivedAt: '2026-01-01T00:00:00.000Z',
    $correlationId: 'x',
  };
  const revision = (await store.log.read('tenant-broken')).at(-1)!.revision;
  await appendAnyhow(store.url, 'tenant-broken', revision, [
    { id: randomUUID(), type: 'SettingsChanged', data: { settings: { name: 7 } }, metadata },
    { id: randomUUID(), type: 'FromTheFuture', data: {}, metadata },
    { id: randomUUID(), type: 'SettingsChanged', data: { settings: { name: 'Fine' } }, metadata },
  ]);
  const here = directory();
  await here.caughtUp();
  expect(here.get('broken')?.settings.name).toBe('Fine');
  expect(here.logged()).toContain('tenant_event_broken');
});

test('waiting for a position ends when it is reached, or after its time', async () => {
  const here = directory();
  await here.caughtUp();
  const head = (await store.log.read('tenant-default', { backwards: true, max: 1 }))[0]!.position;
  expect(await here.reached(head, 0)).toBe(true);
  const begun = performance.now();
  expect(await here.reached(head + 1_000_000n, 100)).toBe(false);
  expect(performance.now() - begun).toBeLessThan(15_000);
});

test('a directory that is stopped before it has caught up says so', async () => {
  const here = directory();
  here.stop();
  await expect(here.caughtUp()).rejects.toThrow('stopped');
});

test('who holds a webhook key is known as long as it is in force', async () => {
  const { ask } = await admin();
  const add = (id: string, key: string) => ask('POST', `/api/tenants/${id}/webhook-keys`, { key });
  const opened = directory({ environmentKeys: ['shared-key-of-three'] });
  await opened.caughtUp();
  const holders = () => opened.holding('shared-key-of-three').map(({ id }) => id);
  expect(holders()).toEqual(['default']);
  for (const id of ['holder-a', 'holder-b']) await ask('PUT', `/api/tenants/${id}`, {});
  const { body } = await add('holder-a', 'shared-key-of-three');
  await add('holder-b', 'shared-key-of-three');
  await within(15_000, () => holders().length === 3);
  expect(holders()).toEqual(['default', 'holder-a', 'holder-b']);
  await ask('DELETE', `/api/tenants/holder-a/webhook-keys/${body.keyId}`);
  await within(15_000, () => holders().length === 2);
  expect(holders()).toEqual(['default', 'holder-b']);
  expect(opened.holding('a key of nobody')).toEqual([]);
});

test('after a restore tenants and keys are as they were then; another log says nothing of them', async () => {
  const { ask } = await admin();
  await ask('PUT', '/api/tenants/kept', {});
  const backup = await store.backUp();
  const recorded = (await environmentEvents()).length;
  const opened = directory({ environmentKeys: ['key-of-the-restore'] });
  await opened.caughtUp();
  await ask('PUT', '/api/tenants/late', {});
  await within(20_000, () => opened.get('late') !== undefined);
  await within(20_000, async () => (await environmentEvents()).length === recorded + 1);

  await store.restore(backup);
  await within(20_000, () => opened.ready() && opened.get('late') === undefined);
  expect(opened.get('kept')).toBeDefined();
  await within(20_000, async () => (await environmentEvents()).length === recorded + 1);

  const right = await store.backUp();
  await store.restore(empty);
  const replaced = () => opened.logged().split('log_replaced').length;
  const before = replaced();
  await within(20_000, () => replaced() > before + 1);
  expect([opened.ready(), opened.get('kept')?.id]).toEqual([true, 'kept']);
  await store.restore(right);
  await ask('PUT', '/api/tenants/again', {});
  await within(20_000, () => opened.get('again') !== undefined);
});
