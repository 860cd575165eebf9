import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scene, SECRET, startScene } from '../cli/scene.ts';
import { inherited } from '../support/service.ts';
import { type Command, commands, scriptOf, whyNotRun, wordsOf } from './commands.ts';

// The commands of the documents, at one running service. Ids are examples, so "there is none" is an answer; wrong usage is not.

const ROOT = join(import.meta.dirname, '../..');
const runnable = commands.filter((one) => whyNotRun(one) === undefined);
const isOurs = (command: string) => /^(npx )?call-ledger /.test(command);
/** Files, pipes and redirections need a shell and a folder. */
const needsShell = (command: string) => /[|<>]|\.key\b|\.ndjson|mail preview|--zip/.test(command);

let scene: Scene;
let receiver: Server;
let env: Record<string, string>;
beforeAll(async () => {
  scene = await startScene();
  receiver = createServer((_, response) => response.writeHead(204).end()).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  await scene.cli(['tenants', 'put', 'acme']);
  const issued = async (tenant: string) =>
    (await scene.cli(['keys', 'issue', tenant, '--scope', 'write', '--json'])).json().key as string;
  const [mine, acme, admin] = [
    await issued('default'),
    await issued('acme'),
    /^ADMIN_KEY=(.*)$/m.exec(readFileSync(join(scene.dataDir, 'credentials.env'), 'utf8'))![1]!,
  ];
  env = {
    ...inherited,
    PATH: `${scene.dataDir}:${inherited.PATH}`,
    ...{ URL: scene.service.url, CALL_LEDGER_URL: scene.service.url, DATA_DIR: scene.dataDir },
    ...{ API_KEY: mine, ACME_KEY: acme, KEY: `Authorization: Bearer ${mine}`, ADMIN: `Authorization: Bearer ${admin}` },
  };
  // What npx finds in the repository, and what a global installation puts there.
  const cli = `exec ${process.execPath} ${join(ROOT, 'src/cli/main.ts')} "$@"\n`;
  for (const [name, script] of [
    ['call-ledger', cli],
    ['npx', `shift\n${cli}`],
  ] as const) {
    writeFileSync(join(scene.dataDir, name), `#!/bin/sh\n${script}`);
    chmodSync(join(scene.dataDir, name), 0o755);
  }
});
afterAll(async () => {
  receiver.close();
  await scene.stop();
});

/** At the running service and the receiver, in the place of the addresses of the documents. */
const here = (command: string): string =>
  command
    .replaceAll('http://127.0.0.1:3000', scene.service.url)
    .replaceAll('http://127.0.0.1:8080', `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`);

/** A folder for each document, with the files that its commands name. */
function folderOf(document: string): string {
  const folder = join(scene.dataDir, document.replaceAll('/', '-'));
  mkdirSync(folder, { recursive: true });
  for (const name of ['acme-webhook.key', 'acme-retell.key']) writeFileSync(join(folder, name), SECRET);
  return folder;
}

const shell = ({ document, command }: Command): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) =>
    execFile('/bin/sh', ['-c', command], { cwd: folderOf(document), env, timeout: 50_000 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 99) : 0, out, err }),
    ),
  );

/** There is one operation of a projection at a time. */
const isBusy = ({ err }: { err: string }) => /is (running|queued): operation/.test(err);

const keysOf = (command: string) => (/--tenant acme/.test(command) ? { API_KEY: env.ACME_KEY! } : {});

test('there are commands, and those that no test runs are printed with the reason', () => {
  expect(runnable.length).toBeGreaterThan(60);
  for (const one of commands) {
    const why = whyNotRun(one);
    if (why) console.info(`not run (${why}): ${one.document}: ${one.command}`);
  }
});

test('every script that a document names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const named = commands.flatMap((one) => scriptOf(one) ?? []);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test.each(runnable.filter(({ command }) => isOurs(command)))(
  '$document: $command',
  { timeout: 120_000 },
  async (one) => {
    const { document } = one;
    const command = here(one.command);
    const words = wordsOf(command, env).slice(command.startsWith('npx') ? 2 : 1);
    const run = () => (needsShell(command) ? shell({ document, command }) : scene.cli(words, { env: keysOf(command) }));
    let ran = await run();
    for (; isBusy(ran); ran = await run()) await sleep(300);
    expect([0, 1], ran.err).toContain(ran.code);
  },
);

test.each(runnable.filter(({ command }) => command.startsWith('curl ')))(
  '$document: $command',
  async ({ document, command }) => {
    const { out, err } = await shell({ document, command: `${here(command)} -s -w '\n%{http_code}'` });
    const status = Number(out.slice(out.lastIndexOf('\n')));
    expect(status, out + err).toSatisfy((code) => (code >= 200 && code < 300) || code === 404 || code === 409);
    expect(out).not.toContain('There is no such resource');
  },
);

test('nothing is left that is neither run nor told', () =>
  expect(runnable.filter(({ command }) => !isOurs(command) && !command.startsWith('curl '))).toEqual([]));
