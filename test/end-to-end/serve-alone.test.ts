import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { connectEventLog } from '../../src/events/event-log.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory, spawnService } from '../support/service.ts';

test('a process that only serves is ready when the views show the end of the log, and not before or after', async () => {
  const directory = await dataDirectory();
  const database = await createTestDatabase(inject('postgresUrl'));
  const node = await spawnEventStore({ dataDir: `${directory.path}/log` });
  const started: ReturnType<typeof spawnService>[] = [];
  onTestFinished(async () => {
    for (const service of started) await service.kill();
    await node.stop();
    await database.drop();
    await directory.remove();
  });
  const start = async (roles: string) => {
    const service = spawnService({
      ...{ DATA_DIR: directory.path, EVENTSTORE_URL: node.url, DATABASE_URL: database.url, ROLES: roles },
      ...{ MASTER_KEY: 'master_0123456789abcdef', ADMIN_KEY: 'admin_0123456789abcdef' },
    });
    started.push(service);
    return { ...service, url: await service.listening };
  };
  const calls = async (url: string) => {
    const response = await fetch(`${url}/health/ready`);
    const { checks } = (await response.json()) as { checks: { projections: { calls: object } } };
    return { ready: response.ok, ...checks.projections.calls };
  };
  const is = (url: string, wanted: object) =>
    vi.waitFor(async () => expect(await calls(url)).toMatchObject(wanted), 45_000);

  const serving = await start('serve');
  await is(serving.url, { status: 'failing' });
  const projecting = await start('project');
  await is(serving.url, { ready: true, status: 'ok' });

  await projecting.stop();
  const log = connectEventLog(node.url);
  const metadata = {
    tenantId: 'default',
    source: 'webhook',
    receivedAt: new Date().toISOString(),
    $correlationId: 'c',
  };
  const data = { callId: 'call_1' };
  await log.append('call-default.call_1', 'no_stream', [
    { id: crypto.randomUUID(), type: 'CallStarted', data, metadata },
  ]);
  await log.close();
  await is(serving.url, { status: 'failing', detail: 'live, 1 events behind' });
}, 120_000);
