/** `npm run simulate`: realistic signed traffic at a running service, then a check that what came out is what went in. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { credentialsPath, parseCredentials } from '../../credentials.ts';
import { ticketIdOf } from '../../events/ticket-facts.ts';
import { type SimulatedCall, simulatedCalls } from './calls.ts';
import { deliver, disturbed } from './deliver.ts';
import { randomFrom } from './random.ts';

type Options = { calls: number; url: string; seed: number; key?: string; apiKey?: string; dataDir: string };

const number = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`"${text}" is not a whole number`);
  return value;
};

const options = new Command('simulate')
  .description('Signs and posts realistic calls at a running service, then compares the read model with what was sent.')
  .option('--calls <n>', 'how many calls', number, 34)
  .option('--url <url>', 'where the service listens', `http://127.0.0.1:${process.env.PORT || 3000}`)
  .option('--seed <n>', 'repeat the disturbances of an earlier run', number, Date.now() % 1_000_000)
  .option('--key <secret>', 'webhook key (default: RETELL_WEBHOOK_SECRET, else the one in DATA_DIR)')
  .option('--api-key <key>', 'API key with read scope (default: API_KEY, else the one in DATA_DIR)')
  .option('--data-dir <dir>', 'where the embedded service keeps its keys', process.env.DATA_DIR || './data')
  .parse()
  .opts<Options>();

const kept = parseCredentials(await readFile(credentialsPath(options.dataDir), 'utf8').catch(() => ''));
const key =
  options.key ?? (process.env.RETELL_WEBHOOK_SECRET || kept.get('RETELL_WEBHOOK_SECRET'))?.split(',')[0]?.trim();
const apiKey = options.apiKey ?? (process.env.API_KEY || kept.get('API_KEY'));
if (!key || !apiKey) {
  console.error(
    `No keys in ${credentialsPath(options.dataDir)}. Start the service first (npm start), or pass --key and --api-key.`,
  );
  process.exit(2);
}

const read = async (path: string): Promise<Record<string, unknown> | undefined> => {
  const response = await fetch(`${options.url}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
  if (response.status === 404) return undefined;
  if (!response.ok)
    throw new Error(`GET ${path} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return (await response.json()) as Record<string, unknown>;
};

type Row = { call: string; story: string } & SimulatedCall['expected'] & { as_sent: string };

const outcomeOf = async (call: SimulatedCall): Promise<Row> => {
  const session = await read(`/api/call-sessions/${encodeURIComponent(call.sessionId)}`);
  const appointment = await read(`/api/appointments/${encodeURIComponent(call.appointmentId)}`);
  const ticket = await read(`/api/tickets/${encodeURIComponent(ticketIdOf(call.callId))}`);
  const seen = {
    status: String(session?.status ?? '–'),
    reason: String(session?.statusReason ?? '–'),
    appointment: String(appointment?.status ?? '–'),
    ticket: String(ticket?.status ?? '–'),
  };
  const same = (Object.keys(seen) as (keyof typeof seen)[]).every((field) => seen[field] === call.expected[field]);
  return {
    call: call.callId,
    story: call.story,
    ...seen,
    as_sent: same ? 'yes' : `NO: ${JSON.stringify(call.expected)}`,
  };
};

/** The read model follows within a moment: asks again until all is as sent, for so long at most. */
async function settled(calls: readonly SimulatedCall[], withinMs: number): Promise<readonly Row[]> {
  const patience = Date.now() + withinMs;
  for (;;) {
    const rows = await Promise.all(calls.map(outcomeOf));
    if (rows.every((row) => row.as_sent === 'yes') || Date.now() > patience) return rows;
    await sleep(200);
  }
}

const random = randomFrom(options.seed);
const run = Date.now().toString(36);
const calls = simulatedCalls(options.calls, run, random, Date.now());
try {
  const delivered = await deliver(disturbed(calls, random), options.url, key);
  // Nothing comes of what was not accepted, however long one waits.
  const rows = await settled(calls, delivered.surprises.length === 0 ? 15_000 : 2_000);
  console.table(rows);
  const wrong = rows.filter((row) => row.as_sent !== 'yes').length;
  for (const surprise of delivered.surprises.slice(0, 10)) console.error(`unexpected answer: ${surprise}`);
  console.log(
    `${calls.length} calls, ${delivered.sent} webhooks sent (${delivered.duplicates} duplicates, ${delivered.tampered} tampered), ` +
      `${delivered.surprises.length} unexpected answers, ${rows.length - wrong} calls as sent, ${wrong} not. Seed ${options.seed}.`,
  );
  process.exitCode = wrong === 0 && delivered.surprises.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`The service at ${options.url} does not answer as expected: ${(error as Error).message}`);
  console.error('Is it running (npm start), and do the keys belong to it (--data-dir, --key, --api-key)?');
  process.exitCode = 2;
}
