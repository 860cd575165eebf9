import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { startHostedStore } from '../support/hosted-store.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory, eventually, sign } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

const ROOT = join(import.meta.dirname, '../..');
const KEYS = {
  ADMIN_KEY: 'an-admin-key-for-the-test',
  MASTER_KEY: 'a-master-key-for-the-test',
  RETELL_WEBHOOK_SECRET: 'key_test_webhook_0123456789abcdef',
};
const hasNginx = spawnSync('nginx', ['-v']).status === 0;
if (!hasNginx) console.warn('split roles behind nginx: skipped: no nginx here (apt-get install nginx-light)');

type Document = {
  paths: Record<string, Record<string, { 'x-roles'?: string[]; security?: Record<string, unknown>[] }>>;
};
const document: Document = JSON.parse(await readFile(join(ROOT, 'src/read-api/openapi.json'), 'utf8'));

const cleanUp: (() => unknown)[] = [];
const services: ServiceHere[] = [];
let url: string;
let apiKey: string;
const admin = { authorization: `Bearer ${KEYS.ADMIN_KEY}`, 'content-type': 'application/json' };

beforeAll(async () => {
  const files = await dataDirectory();
  const database = await createTestDatabase();
  const store = await startHostedStore({ dataDir: files.path });
  cleanUp.push(files.remove, database.drop, () => store.stop());
  const start = (roles: string) =>
    startServiceHere({
      ...{ ...KEYS, EVENTSTORE_URL: store.url, DATABASE_URL: database.url },
      ...{ ROLES: roles, TRUST_PROXY: 'loopback', RECONCILE_EVERY_MINUTES: '1440' },
    });
  services.push(...(await Promise.all(['ingest', 'serve', 'project,react'].map(start))));
  cleanUp.push(() => Promise.all(services.map((service) => service.stop())));
  if (!hasNginx) return;

  const port = await freePort();
  const own = services.map((service) => new URL(service.url).port);
  const configured = (await readFile(join(ROOT, 'deploy/nginx.conf'), 'utf8'))
    .replaceAll(/:300([123])\b/g, (_, n: string) => `:${own[Number(n) - 1]}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${port}`);
  await mkdir(join(files.path, 'logs'));
  await writeFile(join(files.path, 'nginx.conf'), configured);
  const global = 'daemon off; pid nginx.pid; error_log stderr;';
  const nginx = spawn('nginx', ['-p', files.path, '-c', 'nginx.conf', '-g', global], { stdio: 'inherit' });
  cleanUp.push(async () => {
    const gone = once(nginx, 'exit');
    nginx.kill('SIGTERM');
    await gone;
  });
  url = `http://127.0.0.1:${port}`;
  await eventually(async () => (await fetch(`${url}/health/ready`)).ok, { what: 'a ready service behind nginx' });
  const issued = await fetch(`${url}/api/tenants/default/api-keys`, {
    ...{ method: 'POST', headers: admin },
    body: JSON.stringify({ scopes: ['read', 'write'] }),
  });
  apiKey = ((await issued.json()) as { key: string }).key;
});
afterAll(async () => {
  for (const step of cleanUp.reverse()) await step();
});

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    ...{
      method: method.toUpperCase(),
      path: path.replace('{tenant}', 'default').replaceAll(/\{\w+\}/g, 'a'),
      operation,
    },
    isAdmin: (operation.security ?? []).some((one) => 'adminKey' in one),
  })),
);
/** Sends a request without a body, which is enough to see who answers. */
async function ask(at: string, { method, path, isAdmin }: (typeof operations)[number], key: string) {
  const ending = new AbortController();
  const answer = await fetch(`${at}${path}`, {
    ...{ method, signal: ending.signal },
    headers: { authorization: `Bearer ${isAdmin ? KEYS.ADMIN_KEY : key}` },
  });
  const isProblem = answer.headers.get('content-type') === 'application/problem+json';
  const { code } = (isProblem ? await answer.json() : {}) as { code?: string };
  ending.abort(); // the live feed has no end
  return { status: answer.status, code };
}

test('a process without the role says which one has it, whatever the path', async () => {
  const [ingest, serve, react] = services;
  for (const operation of operations) {
    const of = operation.operation['x-roles'];
    for (const [service, roles] of [
      [ingest!, ['ingest']],
      [serve!, ['serve']],
      [react!, ['project', 'react']],
    ] as const) {
      const { code } = await ask(service.url, operation, 'no-key');
      const isHere = of === undefined || of.some((role) => (roles as readonly string[]).includes(role));
      expect(code === 'role_not_here', `${operation.method} ${operation.path} at ${roles}`).toBe(!isHere);
    }
  }
});

test.runIf(hasNginx)('behind deploy/nginx.conf each request of the document finds its role', async () => {
  for (const operation of operations.filter(({ path }) => path !== '/metrics')) {
    const { status, code } = await ask(url, operation, apiKey);
    expect(code, `${operation.method} ${operation.path}`).not.toBe('role_not_here');
    expect(status, `${operation.method} ${operation.path}`).not.toBe(502);
  }
  expect((await fetch(`${url}/metrics`)).status).toBe(403);
});

test.runIf(hasNginx)('and a command answers as that of one process with all roles', async () => {
  const body = JSON.stringify({
    ...{ event: 'call_ended', event_timestamp: Date.parse('2026-01-31T09:01:00.000Z') },
    call: { call_id: 'call_1', call_type: 'phone_call', direction: 'inbound', disconnection_reason: 'user_hangup' },
  });
  const signed = { 'x-retell-signature': sign(body, KEYS.RETELL_WEBHOOK_SECRET) };
  const posted = await fetch(`${url}/api/webhooks/retell-inbound-ticket`, { method: 'POST', headers: signed, body });
  expect(posted.status).toBe(204);
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const set = await fetch(`${url}/api/tickets/tkt_call_1/status`, {
    ...{ method: 'POST', headers },
    body: JSON.stringify({ status: 'contacted' }),
  });
  const shown = await fetch(`${url}/api/tickets/tkt_call_1`, { headers });
  expect([set.status, await set.json()]).toEqual([200, await shown.json()]);
  const session = encodeURIComponent('call:call_1');
  const archived = await fetch(`${url}/api/call-sessions/${session}/archive`, { method: 'POST', headers });
  const read = await fetch(`${url}/api/call-sessions/${session}`, { headers });
  expect([archived.status, await archived.json()]).toEqual([200, await read.json()]);
});
