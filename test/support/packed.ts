import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inherited } from './service.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** What packing reads; a copy, because it changes package.json for a moment. */
const SOURCES = ['src', 'bin', 'docs/cli.md', 'README.md', 'CHANGELOG.md', 'package.json'];
const SETTINGS = ['tsconfig.json', 'tsconfig.cli.json'];

/** `npm pack` in a folder of its own: the tarball, and that folder. */
export async function pack() {
  const folder = mkdtempSync(join(tmpdir(), 'call-ledger-pack-'));
  for (const name of [...SOURCES, ...SETTINGS]) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await run('npm', ['pack', '--offline'], { cwd: folder, env: { ...inherited, HOME: folder } });
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return {
    folder,
    tarball: join(folder, `call-ledger-${version}.tgz`),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** As `npm i` into an empty folder, without a network: its packages are those that are installed here. Answers the command. */
export async function install(tarball: string, into: string): Promise<string> {
  const modules = join(into, 'node_modules');
  mkdirSync(join(modules, 'call-ledger'), { recursive: true });
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', join(modules, 'call-ledger')]);
  const { dependencies, bin } = JSON.parse(readFileSync(join(modules, 'call-ledger/package.json'), 'utf8'));
  for (const name of Object.keys(dependencies))
    cpSync(realpathSync(join(ROOT, 'node_modules', name)), join(modules, name), { recursive: true });
  return join(modules, 'call-ledger', bin['call-ledger']);
}
