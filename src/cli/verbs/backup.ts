import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { examples } from '../text.ts';

/** The log of the embedded store, copied while the service goes on. */
export const verb: Verb = (program, cli) => {
  program
    .command('backup')
    .description(
      'copies the embedded log to a file, while the service may go on; it needs the data directory, not the service',
    )
    .option('--out <file>', 'a new file; default: call-ledger-<time>.sqlite here')
    .addHelpText('after', examples('backup', 'backup --data-dir /srv/call-ledger/data --out /backup/monday.sqlite'))
    .action(async (options: { readonly out?: string }) => {
      const dataDir = resolve(program.opts<{ readonly dataDir: string }>().dataDir);
      const log = join(dataDir, 'eventstore', 'events.sqlite');
      if (!existsSync(log))
        throw new Failure(2, `There is no embedded log in ${dataDir}.`, {
          remedy:
            "Name the directory of the service's data: --data-dir. A store of EVENTSTORE_URL has a backup of its own.",
        });
      const now = new Date().toISOString().replace(/\.\d+/, '').replaceAll(':', '-');
      const file = resolve(options.out ?? `call-ledger-${now}.sqlite`);
      if (existsSync(file))
        throw new Failure(2, `${file} exists already.`, { remedy: 'Name another file, or move this one away: --out' });
      const backup = await backUp(log, file);
      cli.answer(
        { file, ...backup },
        `${file} holds the log up to now: ${backup.events} events, the newest at position ${backup.position ?? '–'}; ${backup.bytes} bytes.`,
      );
      cli.remark(
        `To restore it, with the service stopped:
  mv ${join(dataDir, 'eventstore')} ${join(dataDir, 'eventstore.old')} && mkdir ${join(dataDir, 'eventstore')}
  cp ${file} ${log}
Postgres may stay as it is: the read model is built anew by itself. Keep ${join(dataDir, 'credentials.env')} as well, in
another place: without its MASTER_KEY the secrets in the log stay closed. docs/backup.md has more.`,
      );
    });
};

async function backUp(log: string, file: string) {
  // Only here: the other verbs need no SQLite.
  const { backUpLog } = await import('../../embedded/backup.ts');
  try {
    return await backUpLog(log, file);
  } catch (error) {
    throw new Failure(2, `No backup was made: ${(error as Error).message}`, {
      remedy: `See that ${log} can be read, and that there is room for as much again beside ${file}.`,
    });
  }
}
