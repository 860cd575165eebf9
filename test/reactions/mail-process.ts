/** The mail part of the service in a process of its own, to be killed: `node mail-process.ts <event store> <Postgres> <SMTP>`. */
import { startTicketMail } from '../../src/reactions/ticket-mail/start.ts';
import { patientLog } from '../support/patient-log.ts';
import { tenantsWith } from './tenants.ts';

const [eventStoreUrl, databaseUrl, smtpUrl] = process.argv.slice(2) as [string, string, string];
const { pino } = await import('pino');
startTicketMail({
  log: patientLog(eventStoreUrl),
  tenants: tenantsWith().directory,
  databaseUrl,
  smtpUrl,
  from: 'Call Ledger <ledger@calls.example>',
  waitSeconds: 120,
  logger: pino({ level: 'silent' }),
  pace: {
    ...{ pollSeconds: 0.5, retrySeconds: 1, maxRetrySeconds: 1, standbyMs: 100 },
    ...{ totalMs: 30_000, leaseMarginMs: 30_000 },
  },
});
console.log('started');
