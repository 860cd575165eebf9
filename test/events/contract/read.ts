import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { EventLog } from '../../../src/events/event-log.ts';
import type { ContractScene } from './scene.ts';

/** What a read finds. */
export function readContract(scene: ContractScene): void {
  const { someStream, event, events, idsOf, fill } = scene;

  describe('read', () => {
    test('a stream that does not exist holds nothing', async () => {
      const stream = someStream();
      expect(await scene.log.read(stream)).toEqual([]);
      expect(await scene.log.read(stream, { backwards: true, max: 1 })).toEqual([]);
      expect(await scene.log.read(stream, { from: 5n })).toEqual([]);
    });

    test('from either end, from a revision on, and only so many', async () => {
      const stream = someStream();
      await scene.log.append(stream, 'no_stream', events(6));
      const revisions = async (options: Parameters<EventLog['read']>[1]) =>
        (await scene.log.read(stream, options)).map((e) => Number(e.revision));
      expect(await revisions({})).toEqual([0, 1, 2, 3, 4, 5]);
      expect(await revisions({ from: 4n })).toEqual([4, 5]);
      expect(await revisions({ from: 1n, max: 2 })).toEqual([1, 2]);
      expect(await revisions({ from: 6n })).toEqual([]);
      expect(await revisions({ backwards: true })).toEqual([5, 4, 3, 2, 1, 0]);
      expect(await revisions({ backwards: true, max: 1 })).toEqual([5]);
      expect(await revisions({ backwards: true, from: 2n, max: 2 })).toEqual([2, 1]);
    });

    test('a long stream comes whole', async () => {
      const stream = someStream();
      const sent = await fill(stream, 3000);
      expect(idsOf(await scene.log.read(stream))).toEqual(idsOf(sent));
    });

    test('a deleted stream holds nothing and goes on where it ended', async () => {
      const stream = someStream();
      await scene.log.append(stream, 'no_stream', events(3));
      await promisify(execFile)(process.execPath, [
        join(import.meta.dirname, '../delete-stream.ts'),
        scene.url,
        stream,
      ]);
      expect(await scene.log.read(stream)).toEqual([]);
      expect(await scene.log.read(stream, { backwards: true, max: 1 })).toEqual([]);
      expect(await scene.log.append(stream, 'no_stream', [event()])).toMatchObject({
        outcome: 'appended',
        revision: 3n,
      });
    });

    test('the head is never behind what was appended', async () => {
      const first = await scene.log.append(someStream(), 'no_stream', [event()]);
      const head = (await scene.log.head())!;
      const second = await scene.log.append(someStream(), 'no_stream', [event()]);
      if (first.outcome !== 'appended' || second.outcome !== 'appended') throw new Error('not appended');
      expect(head >= first.position!).toBe(true);
      expect(head < second.position!).toBe(true);
    });
  });
}
