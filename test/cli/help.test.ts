import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { files, imports } from '../architecture/sources.ts';
import { callLedger } from './command.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
const { program } = await buildProgram();

const leaves = (command: Command, path: readonly string[] = []): [string, Command][] =>
  command.commands.length === 0
    ? [[path.join(' '), command]]
    : command.commands.flatMap((sub) => leaves(sub, [...path, sub.name()]));

/** With what `addHelpText` adds, which is only written out. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (more) => {
      text += more;
    },
  });
  command.outputHelp();
  return text;
}

test('there are verbs', () =>
  expect(leaves(program).map(([path]) => path)).toEqual(
    expect.arrayContaining(['doctor', 'history', 'tenants put', 'keys issue', 'quarantine retry']),
  ));

test.each(leaves(program))('%s explains itself, by an example too, and stands in docs/cli.md', (path, command) => {
  expect(command.description()).not.toBe('');
  expect(helpOf(command)).toContain(`$ call-ledger ${path}`);
  expect(page).toContain(`npx call-ledger ${path}`);
});

test.each<[string[], number, string]>([
  [['--help'], 0, ''],
  [['tenants', 'put', '--help'], 0, ''],
  [['frobnicate'], 2, "unknown command 'frobnicate'"],
  [['tenants'], 2, 'Commands:'],
  [[], 2, 'Commands:'],
  [['tenants', 'list', '--wrong'], 2, "unknown option '--wrong'"],
  [['tenants', 'show'], 2, "missing required argument 'id'"],
])('%j ends with %i', async (args, code, said) => {
  const ran = await callLedger(args);
  expect([ran.code, ran.err]).toEqual([code, said === '' ? '' : expect.stringContaining(said)]);
  if (code === 0) expect(ran.out).toContain('Usage: call-ledger');
});

test('to speak to the service a command does not load it: of the answers it has the types alone', () => {
  const byFile = Map.groupBy(
    imports.filter(({ typesOnly }) => !typesOnly),
    ({ file }) => file,
  );
  const loaded = new Set(['cli/main.ts', ...files.filter((file) => file.startsWith('cli/verbs/'))]);
  const packages = new Set<string>();
  for (const file of loaded)
    for (const { to, target } of byFile.get(file) ?? [])
      if (to !== undefined) loaded.add(to);
      else if (!target.startsWith('node:')) packages.add(target);
  expect([...packages].sort()).toEqual(['commander', 'eventsource-parser/stream', 'fast-json-stable-stringify', 'zod']);
});
