import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { spawnEventStore } from '../../../src/embedded/event-store/spawn.ts';
import { findCanaries } from '../../support/canaries.ts';
import { patientLog } from '../../support/patient-log.ts';
import { temporaryDirectory } from './node-under-test.ts';

const event = (text: string) => ({ id: randomUUID(), type: 'Happened', data: { text: text.repeat(30) }, metadata: {} });

test('killed while it is at it, it has lost nothing else, and is carried out after', { timeout: 30_000 }, async () => {
  const directory = await temporaryDirectory();
  const gone = `canary-${randomUUID()}`;
  let own = await spawnEventStore({ dataDir: directory });
  const streams = Array.from({ length: 60 }, () => `call-acme.${randomUUID()}`);
  const log = patientLog(own.url);
  const append = (stream: string) => log.append(stream, 'no_stream', [event(gone), event(gone), event(stream)]);
  await Promise.all(streams.map(append));
  await Promise.all(streams.map((stream) => log.truncateBefore(stream, 2n)));
  const position = (await log.head())!;
  for (const ms of [5, 40]) {
    await log.scavenge(position).catch(() => {});
    await sleep(ms);
    await own.kill();
    own = await spawnEventStore({ dataDir: directory, port: Number(new URL(own.url).port) });
  }
  await vi.waitFor(async () => expect(await log.scavenge(position)).toBe('done'), {
    ...{ timeout: 20_000, interval: 100 },
  });
  expect(await findCanaries(directory, [gone])).toEqual([]);
  for (const stream of streams)
    expect(await log.read(stream)).toMatchObject([{ revision: 2n, data: { text: stream.repeat(30) } }]);
  await log.close();
  await own.stop();
});
