// node second-process.ts <connection string> <master key>: another process of the service. It answers each line
// `<tenant> <api key>` with what it knows of them at that moment.
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { openTenantDirectory } from '../../../src/tenants/directory.ts';
import { sealingUnder } from '../../../src/tenants/sealing.ts';
import { patientLog } from '../../support/patient-log.ts';

const [url, masterKey] = process.argv.slice(2) as [string, string];
const stopped = new AbortController();
const log = patientLog(url);
const directory = openTenantDirectory({
  log,
  sealing: sealingUnder(masterKey),
  environmentKeys: [],
  logger: pino({ level: 'silent' }),
  signal: stopped.signal,
});
await directory.caughtUp();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [tenantId, apiKey] = line.split(' ') as [string, string];
  const webhookKeys = directory.get(tenantId)?.webhookKeys.map((k) => k.key) ?? null;
  console.log(JSON.stringify({ webhookKeys, caller: directory.authenticate(apiKey)?.tenantId ?? null }));
}
stopped.abort();
await log.close();
process.exit(0);
