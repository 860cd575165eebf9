import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const project = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(project, file), 'utf8');
const namesIn = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name]) => name!);

/** The variables that the service reads. */
const variables = namesIn(read('src/config.ts'), /^ {2}([A-Z_]+): set\(/gm);

test('docs/configuration.md has every variable, and none that is not read', () => {
  const rows = read('docs/configuration.md').match(/^\| `[A-Z].*? \|/gm)!;
  const documented = rows.flatMap((row) => namesIn(row, /`([A-Z_]+)`/g));
  expect(documented.toSorted()).toEqual(variables.toSorted());
});

test('by compose every variable can be set, `--wait` waits until it is ready, and logs have an end', () => {
  const [, service] = /^ {2}service:\n([\s\S]*?)^ {2}\w+:/m.exec(read('docker-compose.yml'))!;
  expect(service).toMatch(/^ {4}env_file: \.env\b/m);
  expect(service).toContain('/health/ready');
  expect(service).toMatch(/max-size: \d+m, max-file: '\d+'/);
  expect(service).toMatch(/^ {4}restart: unless-stopped$/m);
  const required = namesIn(read('docker-compose.yml'), /\$\{(\w+):\?/g);
  const example = read('.env.example');
  expect(new Set(required)).toEqual(new Set(namesIn(example.split('# The rest')[0]!, /^(\w+)=$/gm)));
  const named = namesIn(example, /^(\w+)=/gm);
  expect(named.filter((name) => name !== 'POSTGRES_PASSWORD' && !variables.includes(name))).toEqual([]);
  expect(read('docs/production.md')).toContain('fill in the four keys');
  expect(new Set(required).size).toBe(4);
});

test('the unit of systemd starts the Node that came along, and what it writes is for no other user', () => {
  const unit = read('deploy/call-ledger.service');
  const [, program] = /^ExecStart=\/srv\/call-ledger\/(\S+) src\/main\.ts$/m.exec(unit)!;
  expect(existsSync(join(project, program!))).toBe(true);
  expect(unit).toMatch(/^UMask=0077$/m);
  expect(unit).toMatch(/^Restart=always$/m);
  const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(unit)!;
  const [, within] = /STOP_WITHIN_MS = (\d+)_000/.exec(read('src/main.ts'))!;
  expect(Number(seconds)).toBeGreaterThan(Number(within));
});

type Row = { readonly method: string | undefined; readonly path: string; readonly roles: string };
const plain = (path: string) => path.replaceAll(/\{\w+\}/g, '{}').replace(/…$/, '');

/** The table of docs/split-roles.md: a path stands for all below it. */
function rowsOfRoles(): Row[] {
  const [, table] = /^\| request \| role \|\n([\s\S]*?)\n\n/m.exec(read('docs/split-roles.md'))!;
  return table!.split('\n').flatMap((line) => {
    const [, requests = '', who = ''] = line.split('|');
    const roles = /\bany\b/.test(who) ? 'any' : namesIn(who, /`(\w+)`/g).join();
    let before = '';
    const ofAll = /^ `GET` of /.test(requests) ? 'GET' : undefined;
    let method = ofAll;
    return namesIn(requests, /`([^`]*\/[^`]*)`/g).map((request) => {
      const [, own, path = ''] = /^(?:([A-Z]+) )?(\S+)$/.exec(request)!;
      const isSibling = path.startsWith('…');
      method = own ?? ofAll ?? (isSibling ? method : undefined);
      before = isSibling ? before.replace(/\/[^/]*$/, path.slice(1)) : path;
      return { method, path: plain(before), roles };
    });
  });
}

test('the table of docs/split-roles.md says of each request what the document says', () => {
  const rows = rowsOfRoles().toSorted((a, b) => b.path.length - a.path.length);
  const { paths } = JSON.parse(read('src/read-api/openapi.json')) as {
    paths: Record<string, Record<string, { 'x-roles'?: string[] }>>;
  };
  const wrong: string[] = [];
  for (const [path, methods] of Object.entries(paths))
    for (const [name, { 'x-roles': roles }] of Object.entries(methods)) {
      const method = name.toUpperCase();
      const row = rows.find((one) => plain(path).startsWith(one.path) && (one.method ?? method) === method);
      const said = row?.roles ?? 'nothing';
      if (said !== (roles?.join() ?? 'any')) wrong.push(`${method} ${path}: ${said}, not ${roles?.join() ?? 'any'}`);
    }
  expect(wrong).toEqual([]);
});
