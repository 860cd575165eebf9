import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentialsPath } from '../../src/credentials.ts';
import { startHostedStore } from '../support/hosted-store.ts';
import { patientLog } from '../support/patient-log.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { eventually, sign } from '../support/service.ts';
import { startServiceHere } from '../support/service-here.ts';
import { callLedger, callLedgerProcess, type Environment, type Ran } from './command.ts';

export const ADMIN_KEY = 'admin-key-of-the-tests';
export const MASTER_KEY = 'master-key-of-the-tests';
export const SECRET = 'webhook-key-of-the-tests';

/** A whole service, and a data directory with its keys, as an operator at its machine has them. */
export async function startScene() {
  const dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-cli-'));
  const [store, database] = await Promise.all([startHostedStore({ dataDir }), createTestDatabase()]);
  const service = await startServiceHere({
    EVENTSTORE_URL: store.url,
    DATABASE_URL: database.url,
    ADMIN_KEY,
    MASTER_KEY,
    RETELL_WEBHOOK_SECRET: SECRET,
    RECONCILE_EVERY_MINUTES: '1440', // a run in the midst of the tests would leave its note in the log
  });
  const log = patientLog(store.url);
  const here = { PORT: new URL(service.url).port, DATA_DIR: dataDir };

  type With = { env?: Environment; stdin?: string };
  const cli = (args: readonly string[], { env = {}, ...rest }: With = {}): Promise<Ran> =>
    callLedger(args, { env: { ...here, ...env }, ...rest });

  await eventually(async () => (await fetch(`${service.url}/health/ready`)).ok, { what: 'a ready service' });
  // As an embedded service would have written it.
  const keep = (lines: string) => writeFile(credentialsPath(dataDir), lines);
  const kept = `ADMIN_KEY=${ADMIN_KEY}\nMASTER_KEY=${MASTER_KEY}\nRETELL_WEBHOOK_SECRET=${SECRET}\n`;
  await keep(kept);
  const issued = await cli(['keys', 'issue', 'default', '--json']);
  await keep(`${kept}API_KEY=${issued.json().key}\n`);

  return {
    ...{ dataDir, service, log, cli },
    /** By the package's own binary. */
    bin: (args: readonly string[]): Promise<Ran> => callLedgerProcess(args, { env: here, start: 'bin' }),
    async post(body: string, { tenantId = 'default', key = SECRET } = {}): Promise<number> {
      const headers = { 'x-retell-signature': sign(body, key) };
      const url = `${service.url}/t/${tenantId}/api/webhooks/retell`;
      return (await fetch(url, { method: 'POST', headers, body })).status;
    },
    async stop() {
      await log.close();
      await service.stop();
      await store.stop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
export type Scene = Awaited<ReturnType<typeof startScene>>;
