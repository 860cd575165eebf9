import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { apiKeyFrom, clientOf } from '../support/client.ts';
import { startHostedStore } from '../support/hosted-store.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

const KEY = 'key_0123456789abcdef';
const ADMIN = 'admin_0123456789abcdef';

test('a process that only serves is ready when the views show the end of the log, and says how old what it shows is', async () => {
  const [directory, database] = [await dataDirectory(), await createTestDatabase(inject('postgresUrl'))];
  const node = await startHostedStore({ dataDir: `${directory.path}/log` });
  const started: ServiceHere[] = [];
  onTestFinished(async () => {
    for (const service of started) await service.stop();
    await node.stop();
    await database.drop();
    await directory.remove();
  });
  const start = async (roles: string) => {
    const service = await startServiceHere({
      ...{ DATA_DIR: directory.path, EVENTSTORE_URL: node.url, DATABASE_URL: database.url, ROLES: roles },
      ...{ MASTER_KEY: 'master_0123456789abcdef', ADMIN_KEY: ADMIN, RETELL_WEBHOOK_SECRET: KEY },
    });
    started.push(service);
    return service;
  };
  const serving = await start('ingest,serve');
  const is = (wanted: object) =>
    vi.waitFor(async () => {
      const response = await fetch(`${serving.url}/health/ready`);
      const { checks } = (await response.json()) as { checks: { projections: { calls: object } } };
      expect({ ready: response.ok, ...checks.projections.calls }).toMatchObject(wanted);
    }, 45_000);
  await is({ ready: false, status: 'failing' });
  const projecting = await start('project');
  await is({ ready: true, status: 'ok' });
  await projecting.stop();

  const keys: Record<string, string> = { ADMIN_KEY: ADMIN, RETELL_WEBHOOK_SECRET: KEY };
  const client = await clientOf({ ...serving, key: async (name) => keys[name] ?? '' });
  const apiKey = await apiKeyFrom(client, 'read');
  const lag = async () => (await client.request('GET', '/api/call-sessions', apiKey)).headers.get('x-read-model-lag');
  expect(await lag()).toBe('0');
  expect(await client.post({ event: 'call_started', call: { call_id: 'call_1', call_type: 'phone_call' } })).toBe(204);
  await vi.waitFor(async () => expect(Number(await lag())).toBeGreaterThan(0), 45_000);
}, 120_000);
