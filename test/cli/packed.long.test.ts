import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { install, pack } from '../support/packed.ts';
import { inherited } from '../support/service.ts';
import { ADMIN_KEY, type Scene, SECRET, startScene } from './scene.ts';

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');
const ROOT = join(import.meta.dirname, '../..');
const { version, dependencies } = JSON.parse(read(ROOT, 'package.json'));

let packed: Awaited<ReturnType<typeof pack>>;
let elsewhere: string;
let scene: Scene;
beforeAll(async () => {
  [packed, scene] = await Promise.all([pack(), startScene()]);
  elsewhere = mkdtempSync(join(tmpdir(), 'call-ledger-installed-'));
});
afterAll(async () => {
  await scene.stop();
  packed.remove();
  rmSync(elsewhere, { recursive: true });
});

test('the packed command line is JavaScript alone, without tests, and runs away from the repository', async () => {
  const files = execFileSync('tar', ['-tzf', packed.tarball], { encoding: 'utf8' })
    .replaceAll('package/', '')
    .trim()
    .split('\n');
  expect(files.filter((file) => /test|\.ts$|bench|\.sqlite/.test(file))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(['README.md', 'docs/cli.md', 'package.json']));
  const command = await install(packed.tarball, elsewhere);
  const run = (...args: string[]) => execFileSync(command, args, { encoding: 'utf8', cwd: elsewhere, env: inherited });
  expect(run('--version')).toBe(`${version}\n`);
  expect(run('--help')).toContain('doctor');
});

test('away from the repository it does what needs a service, with keys of the environment alone', async () => {
  const key = (await scene.cli(['keys', 'issue', 'default', '--scope', 'write', '--json'])).json().key;
  const env = {
    ...inherited,
    ...{ CALL_LEDGER_URL: scene.service.url, ADMIN_KEY, API_KEY: key },
    RETELL_WEBHOOK_SECRET: SECRET,
  };
  const command = join(elsewhere, 'node_modules/call-ledger/dist/cli/main.js');
  const run = async (...args: string[]) => (await promisify(execFile)(command, args, { cwd: elsewhere, env })).stdout;
  expect(await run('doctor')).toContain('All is well.');
  expect(await run('trigger', 'confirmed')).toMatch(/call_analyzed +204/);
  expect(await run('export', '--out', 'facts.ndjson')).toContain('3 signed deliveries');
  expect(await run('export', 'check', 'facts.ndjson', '--offline')).toContain('digest');
  await expect(run('backup', '--data-dir', scene.dataDir)).rejects.toThrow('There is no embedded log');
});

test('it brings few packages, in the versions that the service has', () => {
  const manifest = JSON.parse(read(elsewhere, 'node_modules/call-ledger/package.json'));
  expect(Object.keys(manifest.dependencies)).toEqual([
    'commander',
    'eventsource-parser',
    'fast-json-stable-stringify',
    'zod',
  ]);
  expect(dependencies).toMatchObject(manifest.dependencies);
  expect(manifest.scripts).toBeUndefined();
});

test('after packing, package.json is what it was', () =>
  expect(read(packed.folder, 'package.json')).toBe(read(ROOT, 'package.json')));
