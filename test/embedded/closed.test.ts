import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataDirectory, type RunningService, startService } from '../support/service.ts';

const SECRETS = { ADMIN_KEY: 'closed-admin-key-0123456789', RETELL_API_KEY: 'closed-retell-key-012345' };
const isRoot = process.getuid?.() === 0;

let directory: Awaited<ReturnType<typeof dataDirectory>>;
let dataDir: string;
let service: RunningService;

// As a release that did not mind other users has left it.
beforeAll(async () => {
  directory = await dataDirectory();
  dataDir = join(directory.path, 'data');
  await mkdir(join(dataDir, 'eventstore'), { recursive: true });
  await writeFile(join(dataDir, 'eventstore/events.sqlite'), '');
  await writeFile(join(dataDir, 'credentials.env'), '');
  for (const path of ['', 'eventstore', 'eventstore/events.sqlite', 'credentials.env'])
    await chmod(join(dataDir, path), 0o755);
  service = await startService({ ...SECRETS, DATA_DIR: dataDir });
}, 90_000);
afterAll(async () => {
  await service?.stop();
  await directory.remove();
});

/** What the Postgres of root, another user, passes through or runs. */
const passable = (path: string): boolean => isRoot && /^(postgres)?$|^postgres\/binaries-/.test(path);

test('no other user of the machine can open anything in DATA_DIR', async () => {
  const names = await readdir(dataDir, { recursive: true });
  const open: string[] = [];
  for (const name of ['', ...names]) {
    const status = await lstat(join(dataDir, name)).catch(() => undefined); // Postgres removes files as it works
    if (status === undefined || status.isSymbolicLink()) continue;
    const allowed = passable(name) ? (name.includes('binaries-') ? 0o055 : 0o011) : 0;
    if (status.mode & 0o077 & ~allowed) open.push(`${relative('', name)} ${(status.mode & 0o777).toString(8)}`);
  }
  expect(names).toEqual(expect.arrayContaining(['eventstore/events.sqlite', 'postgres/cluster/PG_VERSION']));
  expect(open).toEqual([]);
});

test('what was open is named in the log, once', () => {
  const said = service.logs.filter((line) => line.includes('closed to other users of this machine'));
  const own = said.filter((line) => line.includes('"paths"'));
  expect(own.map((line) => JSON.parse(line).paths)).toEqual([[dataDir]]);
  expect(said.filter((line) => line.includes('events.sqlite'))).toHaveLength(1);
});

test.runIf(process.platform === 'linux')(
  'on Linux: its processes make no file for others, and only the service has the keys',
  async () => {
    const children = execFileSync('pgrep', ['-P', `${service.pid}`])
      .toString()
      .trim()
      .split('\n');
    expect(children.length).toBeGreaterThanOrEqual(2);
    for (const pid of [service.pid, ...children])
      expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^Umask:\s+0077$/m);
    for (const pid of children) {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
      for (const word of [...Object.keys(SECRETS), ...Object.values(SECRETS)]) expect(environment).not.toContain(word);
    }
    expect(await readFile(`/proc/${service.pid}/environ`, 'utf8')).toContain(SECRETS.ADMIN_KEY);
  },
);
