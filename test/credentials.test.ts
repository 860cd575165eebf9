import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCredentials } from '../src/credentials.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-credentials-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test('a key is made once and found again at the next start', async () => {
  const made = await (await openCredentials(dataDir)).getOrCreate('MASTER_KEY');
  expect(made).toMatch(/^[0-9a-f]{64}$/);
  expect(await (await openCredentials(dataDir)).getOrCreate('MASTER_KEY')).toBe(made);
});

test('only its owner can read the file, nobody else its folders, and a shell can source it', async () => {
  const credentials = await openCredentials(join(dataDir, 'new', 'folder'));
  await credentials.set('API_KEY', 'cl_a_b');
  expect((await stat(credentials.path)).mode & 0o777).toBe(0o600);
  // The Postgres of root, another user, passes through.
  for (const made of ['new', 'new/folder'])
    expect((await stat(join(dataDir, made))).mode & 0o777).toBe(process.getuid?.() === 0 ? 0o711 : 0o700);
  expect(await readFile(credentials.path, 'utf8')).toBe('API_KEY=cl_a_b\n');
});

test('nothing half-written is left beside it', async () => {
  const credentials = await openCredentials(dataDir);
  await credentials.set('A', '1');
  await credentials.set('B', '2');
  expect(await readdir(dataDir)).toEqual(['credentials.env']);
});

test('a directory that cannot be made is named, with what to do', async () => {
  const credentials = await openCredentials(dataDir);
  await credentials.set('A', '1');
  await expect(openCredentials(join(credentials.path, 'below-a-file'))).rejects.toThrow(
    /DATA_DIR .*Choose a directory/,
  );
});
