/** A rebuild through the public runtime, from an empty database until it has caught up. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { connectEventLog } from '../../src/events/event-log.ts';
import { startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import { measure } from './measure.ts';

type Order = { readonly names: string[]; readonly url: string; readonly databaseUrl: string; readonly facts: number };
const { names, url, databaseUrl, facts } = JSON.parse(process.argv[2]!) as Order;

const log = connectEventLog(url);
const head = (await log.head())!;
const wanted = projections.filter(({ name }) => names.includes(name));
const logger = pino({ level: 'warn' }, pino.destination(2));

await measure(facts, async (handled) => {
  const running = await startProjections({ log, databaseUrl, projections: wanted, logger });
  const progress = setInterval(() => {
    const status = running.status();
    for (const { name, error } of status) if (error) throw new Error(`${name}: ${error}`);
    // Positions grow evenly, the facts being of one size.
    handled(facts * Math.min(...status.map(({ checkpoint }) => Number(checkpoint ?? 0) / Number(head))));
  }, 100);
  if (!(await running.waitUntilCaughtUp(head, 3_600_000))) throw new Error('not caught up within an hour');
  // With the indexes, which are made then.
  while (!running.status().every(({ caughtUp }) => caughtUp)) await sleep(10);
  clearInterval(progress);
  return async () => {
    await running.stop();
    return rowsOf(names[0] === 'calls' ? 'call_sessions' : names[0]!);
  };
});

async function rowsOf(view: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(`select count(*)::int as n from ${client.escapeIdentifier(view)}`);
  await client.end();
  return rows[0].n;
}
