/** A tally in a process of its own, to be killed: `node projecting-process.ts <event store> <Postgres> <ms per batch>`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { connectEventLog } from '../../src/events/event-log.ts';
import type { Projection } from '../../src/projections/runtime/projection.ts';
import { startProjections } from '../../src/projections/runtime/start.ts';
import { tally } from './tally.ts';

const [eventStoreUrl, databaseUrl, ms] = process.argv.slice(2) as [string, string, string];
await startProjections({
  ...{ log: connectEventLog(eventStoreUrl), databaseUrl },
  projections: [tally(1, () => sleep(Number(ms))) as Projection],
  logger: pino({ level: 'silent' }),
  options: { maxBatch: 10 },
  operations: { pollMs: 20 },
});
