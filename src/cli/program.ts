import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command, CommanderError } from 'commander';
import { type Cli, cliOf, type Terminal, version } from './cli.ts';
import { Failure } from './failure.ts';
import { urlFrom } from './service.ts';

/** Adds its commands to the program; the `verb` that each file in `verbs/` exports. */
export type Verb = (program: Command, cli: Cli) => void;

const VERBS = join(import.meta.dirname, 'verbs');

/** The whole of it: every file in `verbs/` is a verb. */
export async function buildProgram(
  terminal: Terminal = process,
): Promise<{ readonly program: Command; readonly cli: Cli }> {
  const program = new Command('call-ledger')
    .description('Operator commands for a running Call Ledger.')
    .version(version)
    .option('--url <url>', 'where the service listens; default: CALL_LEDGER_URL, else PORT here', urlFrom(terminal.env))
    .option('--admin-key <key>', 'default: ADMIN_KEY, else the one in DATA_DIR/credentials.env')
    .option('--api-key <key>', 'default: API_KEY, else the one in DATA_DIR/credentials.env')
    .option('--data-dir <dir>', 'where an embedded service keeps its keys', terminal.env.DATA_DIR || './data')
    .option('--json', 'for programs: what the service answered, as JSON')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help shows how it is used)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done; 1 the answer is no (not found, refused, a check fails); 2 not carried out (wrong usage, no key, no service).' +
        '\nEvery verb with an example: docs/cli.md',
    );
  const cli = cliOf(program, terminal);
  for (const file of readdirSync(VERBS).sort()) {
    const { verb } = (await import(pathToFileURL(join(VERBS, file)).href)) as { verb: Verb };
    verb(program, cli);
  }
  return { program, cli };
}

/** Runs one command; answers the exit code. */
export async function runCli(args: readonly string[], terminal: Terminal = process): Promise<number> {
  const { program, cli } = await buildProgram(terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return cli.exitCode();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said why
    if (!(error instanceof Failure)) throw error;
    cli.complain(error);
    return error.exitCode;
  }
}
