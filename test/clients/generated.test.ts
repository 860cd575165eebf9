import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const { resolve } = createRequire(join(ROOT, 'clients/typescript/package.json'));
const run = promisify(execFile);

/** The program of docs/clients.md. */
const [, program = ''] = /^```ts\n([\s\S]*?)^```/m.exec(readFileSync(join(ROOT, 'docs/clients.md'), 'utf8')) ?? [];

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'call-ledger-generated-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const generate = join(dirname(resolve('openapi-typescript/package.json')), 'bin/cli.js');
  const document = join(ROOT, 'src/read-api/openapi.json');
  await run(process.execPath, [generate, document, '-o', join(folder, 'call-ledger.ts')], { cwd: folder });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the compiler says of a program beside the generated types. */
async function complaints(source: string): Promise<string> {
  writeFileSync(join(folder, 'program.ts'), source);
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = '--strict --noEmit --module nodenext --target es2022 --allowImportingTsExtensions --skipLibCheck';
  return run(process.execPath, [tsc, ...options.split(' '), '--types', 'node', 'program.ts'], { cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stdout }) => stdout,
  );
}

test('the program of the document compiles under --strict with generated types, and has no cast', async () => {
  expect(program.length).toBeGreaterThan(500);
  expect(program).not.toMatch(/\bas (?!const)|\bany\b|unknown|!\.|@ts-|<\w+>\w+\(/);
  expect(await complaints(program)).toBe('');
});

test('the types know what there is: a wrong outcome, value in a body or field of an answer is a mistake', async () => {
  const wrong = program
    .replace("sessions('confirmed')", "sessions('agreed')")
    .replace("note: 'moved by the desk'", 'note: 1')
    .replace('placed.retellCallId', 'placed.callId');
  const lines = wrong.split('\n').flatMap((line, n) => (line === program.split('\n')[n] ? [] : [n + 1]));
  const said = await complaints(wrong);
  expect([...said.matchAll(/^program\.ts\((\d+),\d+\): error TS/gm)].map(([, line]) => Number(line))).toEqual(lines);
  expect(lines).toHaveLength(3);
});
