import { describe, expect, test } from 'vitest';
import { MOST_BYTES, UnrecordableEvent } from '../../../src/events/codec.ts';
import type { NewEvent } from '../../../src/events/event-log.ts';
import type { ContractScene } from './scene.ts';

/** What an append does. */
export function appendContract(scene: ContractScene): void {
  const { someTenant, someStream, event, events, idsOf } = scene;

  describe('append', () => {
    test('what was appended is read back as it was', async () => {
      const stream = someStream();
      const [before, sent] = [Date.now(), { ...event('ä✓'), metadata: { tenantId: 'ä', $correlationId: 'c' } }];
      const answer = await scene.log.append(stream, 'no_stream', [sent]);
      const [read, ...rest] = await scene.log.read(stream);
      expect(answer).toEqual({ outcome: 'appended', revision: 0n, position: read?.position });
      expect(read).toEqual({
        ...sent,
        stream,
        revision: 0n,
        position: expect.any(BigInt),
        recordedAt: read?.recordedAt,
      });
      expect(rest).toEqual([]);
      expect(Math.abs(Date.parse(read!.recordedAt) - before)).toBeLessThan(60_000);
    });

    test('bytes come back as the same bytes', async () => {
      const stream = someStream();
      const data = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
      await scene.log.append(stream, 'no_stream', [{ ...event(), data }]);
      expect(Buffer.compare((await scene.log.read(stream))[0]!.data as Uint8Array, data)).toBe(0);
    });

    test('a call id may be long and of any script', async () => {
      const stream = someStream(someTenant(), `Ünïcødé /?#%20 ${'x'.repeat(480)}`);
      expect(await scene.log.append(stream, 'no_stream', [event()])).toMatchObject({
        outcome: 'appended',
        revision: 0n,
      });
      expect(await scene.log.read(stream)).toHaveLength(1);
    });

    test('at the revision just read it is written, at any other it is a conflict that names the actual one', async () => {
      const stream = someStream();
      expect(await scene.log.append(stream, 0n, [event()])).toEqual({ outcome: 'conflict', actual: 'no_stream' });
      await scene.log.append(stream, 'no_stream', events(3));
      expect(await scene.log.append(stream, 1n, [event()])).toEqual({ outcome: 'conflict', actual: 2n });
      expect(await scene.log.append(stream, 7n, [event()])).toEqual({ outcome: 'conflict', actual: 2n });
      expect(await scene.log.append(stream, 'no_stream', [event()])).toEqual({ outcome: 'conflict', actual: 2n });
      expect(await scene.log.append(stream, 2n, [event()])).toMatchObject({ outcome: 'appended', revision: 3n });
      expect(await scene.log.read(stream)).toHaveLength(4);
    });

    test('the same events again on a stream that was to be new are written once', async () => {
      const stream = someStream();
      const [a, b, c] = events(3) as [NewEvent, NewEvent, NewEvent];
      const first = await scene.log.append(stream, 'no_stream', [a, b]);
      expect(await scene.log.append(stream, 'no_stream', [a, b])).toEqual(first);
      await scene.log.append(stream, 1n, [c]);
      expect(await scene.log.append(stream, 'no_stream', [a, b])).toMatchObject({ outcome: 'appended' });
      expect(await scene.log.append(stream, 'no_stream', [a])).toMatchObject({ outcome: 'appended', revision: 0n });
      expect(idsOf(await scene.log.read(stream))).toEqual(idsOf([a, b, c]));
    });

    test('the same events again at the revision they were appended at are written once', async () => {
      const stream = someStream();
      const [a, b, c] = events(3) as [NewEvent, NewEvent, NewEvent];
      await scene.log.append(stream, 'no_stream', [a]);
      await scene.log.append(stream, 0n, [b, c]);
      expect(await scene.log.append(stream, 0n, [b, c])).toMatchObject({ outcome: 'appended', revision: 2n });
      expect(idsOf(await scene.log.read(stream))).toEqual(idsOf([a, b, c]));
    });

    test('several events stand together and in order, each at a position of its own', async () => {
      const [stream, sent] = [someStream(), events(50)];
      const answer = await scene.log.append(stream, 'no_stream', sent);
      const read = await scene.log.read(stream);
      expect(idsOf(read)).toEqual(idsOf(sent));
      expect(read.map((e) => e.revision)).toEqual(sent.map((_, n) => BigInt(n)));
      const positions = read.map((e) => e.position);
      expect(positions).toEqual([...new Set(positions)].sort((x, y) => (x < y ? -1 : 1)));
      expect(answer).toEqual({ outcome: 'appended', revision: 49n, position: positions.at(-1) });
    });

    test('what cannot be written whole is not written at all', async () => {
      const stream = someStream();
      await scene.log.append(stream, 'no_stream', [event()]);
      expect(await scene.log.append(stream, 5n, events(3))).toMatchObject({ outcome: 'conflict' });
      await expect(scene.log.append(stream, 0n, events(3, 400_000))).rejects.toThrow(UnrecordableEvent);
      expect(await scene.log.read(stream)).toHaveLength(1);
    });

    test('as much as one append holds by our own limit is written, by whatever limit the server has', async () => {
      const stream = someStream();
      const half = () => ({ ...event(), data: new Uint8Array(MOST_BYTES / 2) });
      expect(await scene.log.append(stream, 'no_stream', [half(), half()])).toMatchObject({ revision: 1n });
      const more = { ...event(), data: new Uint8Array(MOST_BYTES + 1) };
      await expect(scene.log.append(stream, 1n, [more])).rejects.toThrow('Happened cannot be recorded: data too_big');
      expect(await scene.log.read(stream)).toHaveLength(2);
    });

    test('of twenty writers at one revision one succeeds and the others learn where it stands', async () => {
      const stream = someStream();
      await scene.log.append(stream, 'no_stream', [event()]);
      const answers = await Promise.all(events(20).map((e) => scene.log.append(stream, 0n, [e])));
      expect(answers.filter((a) => a.outcome === 'appended')).toHaveLength(1);
      expect(answers.filter((a) => a.outcome === 'conflict').map((a) => a.actual)).toEqual(Array(19).fill(1n));
      expect(await scene.log.read(stream)).toHaveLength(2);
    });
  });
}
