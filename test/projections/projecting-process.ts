/**
 * A tally in a process of its own, to be killed:
 * `node projecting-process.ts <event store> <Postgres> <ms per batch> [<position of a fact that breaks it>]`.
 */
import { pino } from 'pino';
import { connectEventLog } from '../../src/events/event-log.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { brittleTally } from './tally.ts';

const [eventStoreUrl, databaseUrl, ms, breaksAt] = process.argv.slice(2) as [string, string, string, string?];
const brittle = brittleTally(1, Number(ms));
brittle.breaksAt = ({ position }) => `${position}` === breaksAt;
await startProjections({
  ...{ log: connectEventLog(eventStoreUrl), databaseUrl },
  projections: [brittle.projection],
  logger: pino({ level: 'silent' }),
  options: { maxBatch: 10 },
  operations: { pollMs: 20 },
});
