/** The reconciliation in a process of its own, to be doubled and killed: `node process.ts <event store> <Postgres> <Retell> <key> <requests a second>`. */
import { pino } from 'pino';
import { openRecorder } from '../../../src/commands/webhooks/record.ts';
import { startReconciliation } from '../../../src/reactions/reconciliation/start.ts';
import { patientLog } from '../../support/patient-log.ts';
import { tenantsWith } from '../tenants.ts';

const [eventStoreUrl, databaseUrl, retellBaseUrl, key, perSecond] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const log = patientLog(eventStoreUrl);
startReconciliation({
  ...{ log, databaseUrl, retellBaseUrl, everyMinutes: 15, afterMinutes: 0 },
  tenants: tenantsWith().directory,
  retellApiKeyOf: () => key,
  recorder: openRecorder(log, 5000),
  logger: pino({ level: 'silent' }),
  pace: { requestsPerSecond: Number(perSecond), concurrency: 1 },
});
console.log('started');
