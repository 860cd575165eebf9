import { expect, onTestFinished, test } from 'vitest';
import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { connectEventLog } from '../../src/events/event-log.ts';
import { tenantStream } from '../../src/events/streams.ts';
import { DEFAULT_TENANT } from '../../src/tenants/tenant.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory, eventually, spawnService } from '../support/service.ts';

const RIGHT = 'right_0123456789abcdef';
const WRONG = 'wrong_0123456789abcdef';

test.each(['ingest', 'ingest,project,serve,react'])(
  'a MASTER_KEY that opens none of the secrets in the log ends a process with the roles %s',
  async (roles) => {
    const directory = await dataDirectory();
    const database = await createTestDatabase();
    const node = await spawnEventStore({ dataDir: `${directory.path}/log` });
    const started: ReturnType<typeof spawnService>[] = [];
    onTestFinished(async () => {
      for (const service of started) await service.kill();
      await node.stop();
      await database.drop();
      await directory.remove();
    });
    const start = (masterKey: string, its: string) => {
      const service = spawnService({
        ...{ EVENTSTORE_URL: node.url, DATABASE_URL: database.url, DATA_DIR: directory.path, ROLES: its },
        ...{ MASTER_KEY: masterKey, ADMIN_KEY: 'admin_0123456789abcdef' },
        RETELL_WEBHOOK_SECRET: 'key_0123456789abcdef',
      });
      started.push(service);
      return service;
    };
    const first = start(RIGHT, 'ingest');
    const log = connectEventLog(node.url);
    await eventually(async () => (await log.read(tenantStream(DEFAULT_TENANT))).length > 0, { what: 'a sealed key' });
    await log.close();
    await first.stop();

    const second = start(WRONG, roles);
    expect(await second.exited).toBe(1);
    expect(second.logs.join('\n')).toContain('Call Ledger cannot start: MASTER_KEY does not open');
  },
);
