import { randomUUID } from 'node:crypto';
import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/events/identity.ts';
import { lineOf } from '../../src/read-api/export/export-line.ts';
import { deleteStream } from '../events/delete-stream-process.ts';
import { commandsAt, ended, examined, exportedCalls, FACTS, keyOf, parsed } from './export-scene.ts';

const { scene, calls, text } = await exportedCalls();
afterAll(() => scene.stop());

const isThere = (name: string) =>
  access(scene.file(name)).then(
    () => true,
    () => false,
  );

describe('export', () => {
  test('writes the facts with the bytes that were signed, and check finds them to be what the log says', async () => {
    const { tenant, bodies } = calls;
    const ran = await scene.cli('export', '--tenant', tenant, '--out', scene.file('all.ndjson'), '--json');
    expect([ran.code, ran.json()]).toMatchObject([0, { tenant, facts: FACTS, evidence: 5, expired: 0, failed: 0 }]);
    const lines = parsed(await readFile(scene.file('all.ndjson'), 'utf8'));
    expect([lines[0].kind, lines.at(-1).kind]).toEqual(['header', 'footer']);
    const evidence = lines.filter(({ kind }) => kind === 'evidence');
    expect(evidence.map(({ bodyBase64 }) => Buffer.from(bodyBase64, 'base64').toString())).toEqual(bodies);
    expect(evidence.map(({ verdict }) => verdict)).toEqual(Array(5).fill('verified'));
    expect((await stat(scene.file('all.ndjson'))).mode & 0o777).toBe(0o600);

    const check = await scene.cli('export', 'check', scene.file('all.ndjson'));
    expect([check.code, check.err]).toEqual([0, '']);
    expect(check.out).toContain('is in order: 8 facts, 5 signed deliveries, as the log says');
    const offline = await commandsAt('http://127.0.0.1:9')('export', 'check', scene.file('all.ndjson'), '--offline');
    expect([offline.code, offline.out]).toEqual([0, expect.stringContaining('not compared with the log')]);
    const unasked = await commandsAt('http://127.0.0.1:9')('export', 'check', scene.file('all.ndjson'));
    expect([unasked.code, unasked.err]).toEqual([2, expect.stringContaining('Not compared with the log')]);
  });

  test('does not replace a file unless it is told to, and leaves nothing of an export that failed', async () => {
    const { tenant } = calls;
    await writeFile(scene.file('mine'), 'mine', { mode: 0o644 });
    const refused = await scene.cli('export', '--tenant', tenant, '--out', scene.file('mine'));
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('--force')]);
    expect((await scene.cli('export', '--tenant', 'nobody', '--out', scene.file('mine'), '--force')).code).toBe(1);
    expect(await readFile(scene.file('mine'), 'utf8')).toBe('mine');
    expect((await scene.cli('export', '--tenant', tenant, '--out', scene.file('mine'), '--force')).code).toBe(0);
    expect((await stat(scene.file('mine'))).mode & 0o777).toBe(0o600);
    expect((await scene.cli('export', '--out', scene.file('nowhere/x'))).code).toBe(2);
    expect((await scene.cli('export', '--from', 'whenever')).code).toBe(2);
    expect((await scene.cli('export', 'check', scene.file('nowhere'))).code).toBe(2);
  });

  test('without evidence has the same digest', async () => {
    const lines = parsed((await scene.cli('export', '--tenant', calls.tenant, '--no-evidence')).out);
    expect(lines.map(({ kind }) => kind)).toEqual(['header', ...Array(FACTS).fill('fact'), 'footer']);
    expect(lines.at(-1).digest).toBe(parsed(text).at(-1).digest);
    expect((await examined(text.replace(/"evidence":true/, '"evidence":false'))).fault).toBeDefined();
  });

  test('evidence that is gone is told as such, and its facts are still what the log says', async () => {
    const { tenant, calls } = await scene.someCalls();
    await scene.cli('export', '--tenant', tenant, '--out', scene.file('before'));
    await deleteStream(scene.storeUrl, `evidence-${tenant}.${calls[0]}`);
    const after = await scene.cli('export', '--tenant', tenant, '--out', scene.file('after'));
    expect(after.out).toContain('8 facts, 5 signed deliveries (2 expired)');
    for (const name of ['before', 'after']) expect((await scene.cli('export', 'check', scene.file(name))).code).toBe(0);
    expect(parsed(await readFile(scene.file('after'), 'utf8')).at(-1)).toMatchObject({ evidence: 5, expired: 2 });
  });

  test('while facts arrive every export is whole, and stays what the log says', async () => {
    const id = randomUUID();
    let done = false;
    const posting = (async () => {
      for (let n = 0; !done; n++) await scene.post(calls.tenant, ended(`call_${id}_${n}`));
    })();
    try {
      for (const name of ['first', 'second']) {
        expect((await scene.cli('export', '--out', scene.file(name))).code).toBe(0);
        expect(await scene.cli('export', 'check', scene.file(name))).toMatchObject({ code: 0 });
      }
    } finally {
      done = true;
      await posting;
    }
    const [first, second] = await Promise.all(['first', 'second'].map((name) => readFile(scene.file(name), 'utf8')));
    const facts = first!.split('\n').slice(1, -2);
    expect(second!.split('\n').slice(1, facts.length + 1)).toEqual(facts);
  });
});

describe('a transfer that does not come to its end', () => {
  const served = async (end: string, destroy: boolean) => {
    const half = text.split('\n').slice(0, 5).join('\n');
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write(`${half}\n${end}`, () => (destroy ? response.destroy() : response.end()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const command = commandsAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return { command, close: () => new Promise((resolve) => server.close(resolve)) };
  };

  test.each([
    [
      'the store is gone',
      `${lineOf({ kind: 'broken', code: 'event_store_unavailable' }, '').text}\n`,
      false,
      'event_store_unavailable',
    ],
    ['it ends without a footer', '', false, 'no footer'],
    ['it ends in the middle of a line', '{"kind":', false, 'in the middle of this line'],
    ['the connection breaks', '', true, 'broke off'],
  ])('%s: said, exit code 2, and no file', async (_, end, destroy, said) => {
    const { command, close } = await served(end, destroy);
    const ran = await command('export', '--out', scene.file('half'));
    expect([ran.code, ran.out, ran.err]).toEqual([2, '', expect.stringContaining(said)]);
    expect([await isThere('half'), await isThere('half.unfinished')]).toEqual([false, false]);
    await close();
  });
});

test('a webhook key does not stand in an export, sealed or not', () => {
  expect(text).toContain('"sealedKey":"sha256:');
  expect(text).not.toContain(keyOf(calls.tenant));
  expect(text).not.toContain(sha256(keyOf(calls.tenant)));
});
