import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const folder = join(import.meta.dirname, 'baselines/emmett');

/** A program of that baseline; undefined, with a word why, where emmett is not installed and cannot be. */
export function emmett(file: 'door.js' | 'rebuild.js'): string | undefined {
  const program = join(folder, file);
  if (existsSync(join(folder, 'node_modules/@event-driven-io/emmett-postgresql'))) return program;
  // It conflicts with our own dependencies, so it has a folder of its own and comes at its first use; with the npm of
  // the system, not with the Node.js that ours put before it.
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--fetch-retries=1'], {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, PATH: path.join(delimiter) },
  });
  if (status === 0) return program;
  console.error(`Goes on without emmett: "npm ci" in ${folder} needs npm and a registry that it can reach.`);
  return undefined;
}
