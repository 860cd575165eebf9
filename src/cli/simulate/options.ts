import { Command, InvalidArgumentError } from 'commander';
import { credentialsPath } from '../../credentials.ts';
import { findSecret } from '../keys.ts';
import { urlFrom } from '../service.ts';

const number = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.');
  return value;
};
const share = (text: string) => {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be from 0 to 1.');
  return value;
};

type Given = {
  calls: number;
  url: string;
  seed?: number;
  lose: number;
  retellPort?: number;
  retellKey: string;
  stay?: true;
  key?: string;
  apiKey?: string;
  adminKey?: string;
  dataDir: string;
};
type SimulateOptions = Omit<Given, 'key' | 'apiKey' | 'seed'> & { key: string; apiKey: string; seed: number };

/** Reads the options, with keys of the service's data directory where none are given. Ends the process where one is missing. */
export async function readOptions(): Promise<SimulateOptions> {
  const given = new Command('simulate')
    .description(
      'Plays Retell before a running service: calls with signed webhooks, shuffled, doubled and late; then compares what the service made of them with what was.',
    )
    .option('--calls <n>', 'how many calls', number, 34)
    .option('--url <url>', 'where the service listens; default: CALL_LEDGER_URL, else PORT here', urlFrom(process.env))
    .option(
      '--seed <n>',
      'repeat the disturbances of an earlier run, which prints it (default: another each time)',
      number,
    )
    .option('--lose <share>', 'of the webhooks, from 0 to 1; then has the service reconcile', share, 0)
    .option(
      '--retell-port <port>',
      "where Retell's API is to listen; start the service with it as RETELL_BASE_URL",
      number,
    )
    .option('--retell-key <key>', 'the API key to accept', process.env.RETELL_API_KEY || 'key_of_the_emulator')
    .option('--stay', 'leave Retell running until Ctrl-C, for POST /api/calls')
    .option('--key <secret>', 'webhook key (default: RETELL_WEBHOOK_SECRET, else the one in DATA_DIR)')
    .option('--api-key <key>', 'API key with read scope (default: API_KEY, else the one in DATA_DIR)')
    .option('--admin-key <key>', 'for --lose (default: ADMIN_KEY, else the one in DATA_DIR)')
    .option('--data-dir <dir>', 'where the embedded service keeps its keys', process.env.DATA_DIR || './data')
    .parse()
    .opts<Given>();
  const path = credentialsPath(given.dataDir);
  const find = async (name: string) => (await findSecret(name, given.dataDir, process.env))?.key;
  const key = given.key ?? (await find('RETELL_WEBHOOK_SECRET'))?.split(',')[0]?.trim();
  const apiKey = given.apiKey ?? (await find('API_KEY'));
  const adminKey = given.adminKey ?? (await find('ADMIN_KEY'));
  if (!key || !apiKey)
    return wrong(`No keys in ${path}. Start the service first (npm start), or pass --key and --api-key.`);
  if ((given.lose > 0 || given.stay) && given.retellPort === undefined)
    return wrong(
      `--lose and --stay need --retell-port, and a service that asks there:\n  RETELL_BASE_URL=http://127.0.0.1:4010 RETELL_API_KEY=${given.retellKey} npm start\n  npm run simulate -- --lose 0.3 --retell-port 4010`,
    );
  if (given.lose > 0 && !adminKey) return wrong(`No admin key in ${path}. Pass --admin-key.`);
  return { ...given, key, apiKey, seed: given.seed ?? Date.now() % 1_000_000, ...(adminKey && { adminKey }) };
}

function wrong(message: string): never {
  console.error(message);
  process.exit(2);
}
