import { describe, expect, test, vi } from 'vitest';
import { handle } from '../../../src/events/decider.ts';
import { appendMissing, streamMemory } from '../../../src/events/idempotent-append.ts';
import { STREAM_ERASED } from '../../../src/events/truncation.ts';
import type { ContractScene } from './scene.ts';

/** What is left of a stream for its readers when its events are hidden, and what can still be appended to it. */
export function truncationContract(scene: ContractScene): void {
  const { someStream, event, events, idsOf, follow } = scene;
  const metadataOf = async (stream: string) =>
    (await scene.log.read(`$$${stream}`, { backwards: true, max: 1 }))[0]?.data;
  const revisions = async (...read: Parameters<typeof scene.log.read>) =>
    (await scene.log.read(...read)).map(({ revision }) => Number(revision));
  /** A stream of six events, of which the first four are hidden. */
  const truncated = async () => {
    const [stream, sent] = [someStream(), events(6)];
    await scene.log.append(stream, 'no_stream', sent);
    const position = await scene.log.truncateBefore(stream, 4n);
    return { stream, sent, position };
  };

  describe('truncation', () => {
    test('what is before it is not read any more, from neither end and from no revision', async () => {
      const { stream } = await truncated();
      expect(await revisions(stream)).toEqual([4, 5]);
      expect(await revisions(stream, { from: 1n })).toEqual([4, 5]);
      expect(await revisions(stream, { from: 1n, max: 1 })).toEqual([4]);
      expect(await revisions(stream, { from: 5n })).toEqual([5]);
      expect(await revisions(stream, { backwards: true })).toEqual([5, 4]);
      expect(await revisions(stream, { backwards: true, from: 3n })).toEqual([]);
    });

    test('revisions go on, and at any other than the last an append is a conflict', async () => {
      const { stream } = await truncated();
      expect(await scene.log.append(stream, 'no_stream', [event()])).toEqual({ outcome: 'conflict', actual: 5n });
      expect(await scene.log.append(stream, 5n, [event()])).toMatchObject({ outcome: 'appended', revision: 6n });
      expect(await revisions(stream)).toEqual([4, 5, 6]);
    });

    test('it says where in the log it is, and once more says the same; it never goes back', async () => {
      const { stream, sent, position } = await truncated();
      const last = (await scene.log.read(stream)).at(-1)!;
      expect(position! > last.position).toBe(true);
      expect(position! <= (await scene.log.head())!).toBe(true);
      expect(await scene.log.truncateBefore(stream, 4n)).toBe(position);
      expect(await scene.log.truncateBefore(stream, 2n)).toBe(position);
      expect(idsOf(await scene.log.read(stream))).toEqual(idsOf(sent.slice(4)));
      expect((await scene.log.truncateBefore(stream, 5n))! > position!).toBe(true);
      expect(await revisions(stream)).toEqual([5]);
    });

    test('other metadata of the stream stays, also where several set it at once', async () => {
      const stream = someStream();
      await scene.log.append(stream, 'no_stream', events(9));
      await scene.log.append(`$$${stream}`, 'no_stream', [
        { ...event(), type: '$metadata', data: { $maxAge: 86_400, $acl: { $w: '$admins' }, note: 'ours' } },
      ]);
      await Promise.all([1n, 5n, 3n, 8n, 6n].map((revision) => scene.log.truncateBefore(stream, revision)));
      expect(await metadataOf(stream)).toEqual({
        $tb: 8,
        $maxAge: 86_400,
        $acl: { $w: '$admins' },
        note: 'ours',
      });
      expect(await revisions(stream)).toEqual([8]);
    });

    test('who follows the log is handed what is truncated, until a scavenge, and what comes after', async () => {
      const { stream, sent } = await truncated();
      const reader = follow({ prefixes: [stream] });
      await reader.caughtUp();
      const later = event();
      await scene.log.append(stream, 5n, [later]);
      await reader.saw(7);
      expect(idsOf(reader.seen)).toEqual(idsOf([...sent, later]));
    });

    test('what is all hidden holds nothing, and commands and deliveries go on after it', async () => {
      const { stream } = await truncated();
      await scene.log.truncateBefore(stream, 6n);
      expect(await scene.log.read(stream)).toEqual([]);
      const decider = { initialState: 0, evolve: (n: number) => n + 1, decide: () => [{ type: 'Counted', data: {} }] };
      const metadata = { tenantId: 'acme', source: 'command', receivedAt: new Date().toISOString() } as const;
      expect(await handle(scene.log, stream, decider, undefined, { ...metadata, $correlationId: 'c' })).toMatchObject({
        state: 1,
      });
      await scene.log.truncateBefore(stream, 7n);
      const [delivered, writing] = [
        events(2),
        { log: scene.log, memory: streamMemory(), deadline: performance.now() + 5000 },
      ];
      expect(await appendMissing({ stream, events: delivered }, writing)).toBe('appended');
      expect(await appendMissing({ stream, events: delivered }, { ...writing, memory: streamMemory() })).toBe(
        'already there',
      );
      expect(await revisions(stream)).toEqual([7, 8]);
    });
  });

  describe('deletion', () => {
    test('of a stream that never was does nothing, and leaves none behind', async () => {
      const stream = someStream();
      expect(await scene.log.deleteStream(stream)).toBeUndefined();
      expect(await scene.log.append(stream, 'no_stream', [event()])).toMatchObject({ revision: 0n });
    });

    test('hides all, and the last event that is left in the log holds nothing', async () => {
      const stream = someStream();
      await scene.log.append(stream, 'no_stream', events(3));
      const position = await scene.log.deleteStream(stream);
      expect(await scene.log.read(stream)).toEqual([]);
      expect(await scene.log.read(stream, { backwards: true, max: 1 })).toEqual([]);
      const reader = follow({ prefixes: [stream] });
      await reader.saw(4);
      expect(reader.seen.at(-1)).toMatchObject({ type: STREAM_ERASED, revision: 3n, data: {} });
      expect(position! > reader.seen.at(-1)!.position).toBe(true);
    });

    test('done again it writes nothing, and says where it was done', async () => {
      const stream = someStream();
      await scene.log.append(stream, 'no_stream', events(3));
      const position = await scene.log.deleteStream(stream);
      expect(await scene.log.deleteStream(stream)).toBe(position);
    });

    test('what is appended later goes on after it, and can be deleted as well', async () => {
      const stream = someStream();
      await scene.log.append(stream, 'no_stream', events(3));
      await scene.log.deleteStream(stream);
      expect(await scene.log.append(stream, 'no_stream', [event()])).toMatchObject({ revision: 4n });
      expect(await scene.patiently(() => revisions(stream))).toEqual([4]);
      await scene.log.deleteStream(stream);
      expect(await scene.log.read(stream)).toEqual([]);
      expect(await scene.log.append(stream, 'no_stream', [event()])).toMatchObject({ revision: 6n });
    });

    test('reaches what is hidden already', async () => {
      const { stream } = await truncated();
      await scene.log.truncateBefore(stream, 6n);
      await scene.log.deleteStream(stream);
      const reader = follow({ prefixes: [stream] });
      await reader.saw(7);
      expect(reader.seen.at(-1)).toMatchObject({ type: STREAM_ERASED, revision: 6n });
    });

    test('while others append, what they append is after it or gone with it', async () => {
      const stream = someStream();
      await scene.log.append(stream, 'no_stream', events(2));
      const writing = { log: scene.log, memory: streamMemory(), deadline: performance.now() + 10_000 };
      const others = events(10).map((one) =>
        appendMissing({ stream, events: [one] }, { ...writing, memory: streamMemory() }),
      );
      const position = await scene.log.deleteStream(stream);
      await Promise.all(others);
      const reader = follow({ prefixes: [stream] });
      await reader.saw(13);
      const before = reader.seen.filter((one) => one.position < position!);
      expect(before.at(-1)?.type).toBe(STREAM_ERASED);
      const left = await scene.log.read(stream);
      expect(idsOf(left)).toEqual(idsOf(reader.seen.filter((one) => one.position > position!)));
    });
  });

  describe('scavenge', () => {
    test('removes what is hidden from the log, and nothing else of it', async () => {
      const { stream, sent } = await truncated();
      const [gone, other] = [someStream(), someStream()];
      await scene.log.append(gone, 'no_stream', events(3));
      await scene.log.append(other, 'no_stream', events(3));
      const [deleted] = await scene.log.read(gone);
      const position = await scene.log.deleteStream(gone);
      const before = [...(await scene.log.read(stream)), ...(await scene.log.read(other))];
      expect(await scene.log.scavenge(position!)).not.toBe('done');
      await vi.waitFor(async () => expect(await scene.patiently(() => scene.log.scavenge(position!))).toBe('done'), {
        timeout: 60_000,
        interval: 200,
      });
      const reader = follow({ prefixes: [stream, gone, other] });
      await reader.caughtUp();
      expect(reader.seen.filter((one) => one.stream !== gone)).toEqual(before);
      expect(reader.seen.filter((one) => one.stream === gone)).toMatchObject([{ type: STREAM_ERASED, revision: 3n }]);
      expect(await scene.log.holds(deleted!)).toBe(true);
      expect(idsOf(await scene.log.read(stream))).toEqual(idsOf(sent.slice(4)));
    }, 90_000);

    test('who has read as far as an event that is gone goes on with the next', async () => {
      const [stream, sent] = [someStream(), events(3)];
      await scene.log.append(stream, 'no_stream', sent);
      const place = (await scene.log.read(stream))[1]!;
      const after = place.position;
      expect(await scene.log.holds(place)).toBe(true);
      expect(await scene.log.holds({ ...place, id: sent[0]!.id })).toBe(false);
      const position = await scene.log.truncateBefore(stream, 2n);
      await vi.waitFor(async () => expect(await scene.patiently(() => scene.log.scavenge(position!))).toBe('done'), {
        timeout: 60_000,
        interval: 200,
      });
      expect(await scene.log.at(after)).toBeUndefined();
      expect(await scene.log.holds(place)).toBe(true);
      expect(await scene.log.holds({ ...place, revision: 2n })).toBe(false);
      expect(await scene.log.holds({ ...place, stream: someStream() })).toBe(false);
      expect(await scene.log.holds({ position: after, id: place.id })).toBe(false);
      const reader = follow({ prefixes: [stream], after, place });
      await reader.caughtUp();
      expect(idsOf(reader.seen)).toEqual(idsOf(sent.slice(2)));
    }, 90_000);
  });
}
