import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { lineOf } from '../../src/read-api/export/export-line.ts';
import { examined, exportedCalls, FACTS, forged, parsed } from './export-scene.ts';

const { scene, text } = await exportedCalls();
afterAll(() => scene.stop());

describe('a file that somebody has been at', () => {
  test('is told from one that is in order', async () => {
    expect(await examined(text)).toMatchObject({ facts: FACTS, evidence: 5, failed: 0 });
    expect((await examined(text)).fault).toBeUndefined();
  });

  test('any single character that is another', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(Buffer.byteLength(text) - 1), fc.integer({ min: 0, max: 255 }), async (place, byte) => {
        const bytes = Buffer.from(text);
        fc.pre(bytes[place] !== byte);
        bytes[place] = byte;
        const line = bytes.subarray(0, place).toString('latin1').split('\n').length;
        const { fault } = await examined(bytes);
        expect(fault).toBeDefined();
        // Where a line's end is changed two lines are one.
        expect([line, line + 1]).toContain(fault!.line);
      }),
      { numRuns: 400 },
    ));

  test('cut off anywhere', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(Buffer.byteLength(text) - 1), async (length) => {
        expect((await examined(Buffer.from(text).subarray(0, length))).fault).toBeDefined();
      }),
      { numRuns: 200 },
    ));

  test('any line that is missing, doubled, or in another place', async () => {
    const lines = text.trimEnd().split('\n');
    const broken = async (changed: readonly string[]) => (await examined(`${changed.join('\n')}\n`)).fault;
    for (let i = 0; i < lines.length; i++) {
      expect(await broken(lines.toSpliced(i, 1)), `without line ${i + 1}`).toBeDefined();
      expect(await broken(lines.toSpliced(i, 0, lines[i]!)), `line ${i + 1} twice`).toBeDefined();
      for (let j = 0; j < i; j++)
        expect(await broken(lines.with(i, lines[j]!).with(j, lines[i]!)), `${i + 1} ⇄ ${j + 1}`).toBeDefined();
    }
    expect(await broken([...lines, ''])).toBeDefined();
  });

  test('a fact or evidence left out by who made all digests anew is missed by its stream, or by its fact', async () => {
    const lines = parsed(text);
    expect((await examined(forged(lines))).fault).toBeUndefined();
    const first = lines.findIndex(({ type }) => type === 'CallStarted');
    const two = lines.toSpliced(first, 2);
    expect((await examined(forged(two))).fault?.why).toContain('revision 1: 0 is missing');
    const noEvidence = await examined(forged(lines.toSpliced(first + 1, 1)));
    expect(noEvidence.fault?.why).toContain('evidence of the fact before it is missing');
    const other = { ...lines[first + 1], bodyBase64: Buffer.from('another').toString('base64') };
    expect((await examined(forged(lines.with(first + 1, other)))).fault?.why).toContain('its bytes are not those');
    const { sha256: _, ...footer } = lines.at(-1);
    const elsewhere = lineOf({ ...footer, digest: lines[1].sha256 }, lines[0].sha256).text;
    const ofOther = text.trimEnd().split('\n').with(-1, elsewhere);
    expect((await examined(`${ofOther.join('\n')}\n`)).fault?.why).toContain('another digest than the last fact');
    const failed = { ...lines[first + 1], verdict: 'failed' };
    expect((await examined(forged(lines.with(first + 1, failed)))).doubt).toMatchObject({ line: first + 2 });
  });

  test('what only the log can tell: check names the first line that differs', async () => {
    const lines = parsed(text);
    const last = lines.findLastIndex(({ kind }) => kind === 'fact');
    const check = async (name: string, changed: typeof lines) => {
      await writeFile(scene.file(name), forged(changed));
      expect((await examined(forged(changed))).fault).toBeUndefined();
      const ran = await scene.cli('export', 'check', scene.file(name), '--json');
      return [ran.code, ran.json().wrong];
    };
    const changed = { ...lines[3], recordedAt: '2026-01-31T09:01:00.000Z' };
    expect(await check('changed', lines.with(3, changed))).toEqual([
      1,
      { line: 4, why: expect.stringContaining('another fact') },
    ]);
    expect(await check('shortened', lines.toSpliced(last, 2))).toEqual([
      1,
      { line: expect.any(Number), why: expect.stringContaining('1 facts that are missing here') },
    ]);
    const longer = lines.with(0, { ...lines[0], head: '900000000000' });
    expect(await check('of another log', longer)).toEqual([1, expect.stringContaining('another one')]);
  });

  test('of before an erasure is in order still, and all else that is missing in it is found', async () => {
    const { tenant, calls } = await scene.someCalls();
    const before = (await scene.cli('export', '--tenant', tenant)).out;
    await scene.erase(tenant, calls[0]!);
    const check = async (name: string, content: string, ...options: string[]) => {
      await writeFile(scene.file(name), content);
      const ran = await scene.cli('export', 'check', scene.file(name), ...options);
      return options.length > 0 ? [ran.code, ran.json().wrong?.why] : [ran.code, ran.out];
    };
    expect(await check('before', before)).toEqual([
      0,
      expect.stringContaining('as the log says; 2 of the facts are erased since'),
    ]);
    const lines = parsed(before);
    const of = (callId: string) => lines.findIndex(({ stream }) => stream === `call-${tenant}.${callId}`);
    const missing = expect.stringContaining('the log has a fact that is missing here');
    // Each fact stands before its evidence.
    const cut = (callId: string) => forged(lines.toSpliced(of(callId) + 2, 2));
    expect(await check('without the last fact of the erased call', cut(calls[0]!), '--json')).toEqual([1, missing]);
    expect(await check('without one of the other call', cut(calls[1]!), '--json')).toEqual([1, missing]);
    const now = forged(lines.toSpliced(of(calls[0]!), 4));
    expect(await check('as it would be exported now', now, '--json')).toEqual([0, undefined]);
    const other = { ...lines[of(calls[0]!)], recordedAt: '2026-01-31T09:01:00.000Z' };
    expect(await check('another fact', forged(lines.with(of(calls[0]!), other)), '--json')).toEqual([
      1,
      expect.stringContaining('another fact here'),
    ]);
    const byTime = { ...lines[0], from: '2000-01-01T00:00:00.000Z', to: new Date().toISOString() };
    expect((await check('by time', forged(lines.with(0, byTime)), '--json'))[0]).toBe(0);

    const after = (await scene.cli('export', '--tenant', tenant)).out;
    expect(after.includes(parsed(before)[of(calls[0]!)].sha256)).toBe(false);
    expect((await check('after', after))[0]).toBe(0);
  });

  test('check says the line, and ends with 1', async () => {
    const lines = text.split('\n');
    await writeFile(scene.file('edited'), lines.with(2, lines[2]!.replace('"revision":"', '"revision":"1')).join('\n'));
    const ran = await scene.cli('export', 'check', scene.file('edited'));
    expect([ran.code, ran.out]).toEqual([
      1,
      expect.stringMatching(/NOT in order\.\nline 3: its digest does not match/),
    ]);
    await writeFile(scene.file('other'), 'something else\n');
    expect((await scene.cli('export', 'check', scene.file('other'))).out).toContain(
      'line 1: it is no line of an export',
    );
  });
});
