import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { EventStoreUnavailable, type NewEvent } from '../../../src/events/event-log.ts';
import type { ContractScene } from './scene.ts';
import { TIMEOUT_MS } from './scene.ts';

/** What becomes of calls to a server that does not answer. */
export function unansweringContract(scene: ContractScene): void {
  const { someStream, event, idsOf, patiently } = scene;

  describe('a server that does not answer', () => {
    /**
     * What every writer does after "unknown": read, and append what is not there (docs/event-store.md,
     * "Surprising: the server" 1).
     */
    const readThenDecide = async (stream: string, wanted: NewEvent) => {
      const seen = await scene.log.read(stream);
      if (seen.some((e) => e.id === wanted.id)) return 'it was there';
      await scene.log.append(stream, seen.at(-1)?.revision ?? 'no_stream', [wanted]);
      return 'it was not';
    };
    const timed = async (call: Promise<unknown>) => {
      const begun = performance.now();
      await expect(call).rejects.toBeInstanceOf(EventStoreUnavailable);
      return performance.now() - begun;
    };

    test('the append arrived, its answer did not: unavailable in time, and found afterwards', async () => {
      const [stream, sent] = [someStream(), event()];
      await scene.log.append(someStream(), 'no_stream', [event()]); // the connection stands
      scene.relay.hold('server');
      expect(await timed(scene.log.append(stream, 'no_stream', [sent]))).toBeLessThan(TIMEOUT_MS + 10_000);
      scene.relay.release();
      expect(await patiently(() => readThenDecide(stream, sent))).toBe('it was there');
      expect(idsOf(await scene.log.read(stream))).toEqual([sent.id]);
    });

    test('the append never arrived: unavailable in time, and written once when decided again', async () => {
      const [stream, sent] = [someStream(), event()];
      await scene.log.append(someStream(), 'no_stream', [event()]);
      scene.relay.hold('client');
      expect(await timed(scene.log.append(stream, 'no_stream', [sent]))).toBeLessThan(TIMEOUT_MS + 10_000);
      scene.relay.cut();
      scene.relay.release();
      expect(await patiently(() => readThenDecide(stream, sent))).toBe('it was not');
      await sleep(50);
      expect(idsOf(await scene.log.read(stream))).toEqual([sent.id]);
    });

    test('the append arrives after it was given up, together with the one decided again: written once', async () => {
      const [stream, sent] = [someStream(), event()];
      await scene.log.append(someStream(), 'no_stream', [event()]);
      scene.relay.hold('client');
      await timed(scene.log.append(stream, 'no_stream', [sent]));
      setTimeout(scene.relay.release, 200);
      await patiently(() => readThenDecide(stream, sent));
      await sleep(200);
      expect(idsOf(await scene.log.read(stream))).toEqual([sent.id]);
    });

    test('a read and the head are unavailable in time', async () => {
      const stream = someStream();
      await scene.log.append(stream, 'no_stream', [event()]);
      scene.relay.hold('server');
      expect(await timed(scene.log.read(stream))).toBeLessThan(TIMEOUT_MS + 10_000);
      expect(await timed(scene.log.head())).toBeLessThan(TIMEOUT_MS + 10_000);
    });

    test('no server at all is unavailable, and the same log works when it is back', async () => {
      const [stream, sent] = [someStream(), event()];
      scene.relay.close();
      await timed(scene.log.append(stream, 'no_stream', [sent]));
      await timed(scene.log.read(stream));
      await timed(scene.log.head());
      scene.relay.open();
      await patiently(() => readThenDecide(stream, sent));
      expect(idsOf(await scene.log.read(stream))).toEqual([sent.id]);
    });
  });
}
