import { expect, onTestFinished, test } from 'vitest';
import { connectEventLog } from '../../src/events/event-log.ts';
import { tenantStream } from '../../src/events/streams.ts';
import { createLogger } from '../../src/logger.ts';
import { openTenantDirectory } from '../../src/tenants/directory.ts';
import { sealingUnder } from '../../src/tenants/sealing.ts';
import { DEFAULT_TENANT } from '../../src/tenants/tenant.ts';
import { startHostedStore } from '../support/hosted-store.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory, eventually, spawnService } from '../support/service.ts';

const RIGHT = 'right_0123456789abcdef';
const WRONG = 'wrong_0123456789abcdef';
const SECRET = 'key_0123456789abcdef';

/** A log with a webhook key that was sealed under the right MASTER_KEY. */
async function sealUnderRightKey(url: string): Promise<void> {
  const log = connectEventLog(url);
  const stopped = new AbortController();
  const logger = createLogger('silent');
  openTenantDirectory({ log, sealing: sealingUnder(RIGHT), environmentKeys: [SECRET], logger, signal: stopped.signal });
  await eventually(async () => (await log.read(tenantStream(DEFAULT_TENANT))).length > 0, { what: 'a sealed key' });
  stopped.abort();
  await log.close();
}

test('a MASTER_KEY that opens none of the secrets in the log ends a process, whatever its roles', async () => {
  const [directory, database] = await Promise.all([dataDirectory(), createTestDatabase()]);
  const node = await startHostedStore({ dataDir: `${directory.path}/log` });
  const started: ReturnType<typeof spawnService>[] = [];
  onTestFinished(async () => {
    for (const service of started) await service.kill();
    await node.stop();
    await database.drop();
    await directory.remove();
  });
  await sealUnderRightKey(node.url);
  for (const roles of ['ingest', 'ingest,project,serve,react'])
    started.push(
      spawnService({
        ...{ EVENTSTORE_URL: node.url, DATABASE_URL: database.url, DATA_DIR: directory.path, ROLES: roles },
        ...{ MASTER_KEY: WRONG, ADMIN_KEY: 'admin_0123456789abcdef', RETELL_WEBHOOK_SECRET: SECRET },
      }),
    );
  for (const { exited, logs } of started) {
    expect(await exited).toBe(1);
    expect(logs.join('\n')).toContain('Call Ledger cannot start: MASTER_KEY does not open');
  }
});
