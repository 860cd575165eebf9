import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { backUpLog } from '../../../src/embedded/backup.ts';
import type { EventLog, NewEvent } from '../../../src/events/event-log.ts';
import { findCanaries } from '../../support/canaries.ts';
import { type HostedStore, startHostedStore } from '../../support/hosted-store.ts';
import { patientLog } from '../../support/patient-log.ts';
import { temporaryDirectory } from './node-under-test.ts';

let dataDir: string;
let node: HostedStore;
let log: EventLog;
beforeAll(async () => {
  dataDir = await temporaryDirectory();
  node = await startHostedStore({ dataDir });
  log = patientLog(node.url);
});
afterAll(async () => {
  await log.close();
  await node.stop();
});

const newStream = () => `call-acme.${randomUUID()}`;
const canary = () => `canary-${randomUUID()}`;
const event = (text: string, filling = 0): NewEvent => ({
  ...{ id: randomUUID(), type: 'Happened', metadata: { note: text } },
  data: { text, filling: `${text} `.repeat(filling) },
});
const evidence = (text: string): NewEvent => ({
  ...{ id: randomUUID(), type: 'Zipped', metadata: {} },
  data: gzipSync(JSON.stringify({ from_number: text, noise: Array.from({ length: 300 }, randomUUID) })),
});
const positionOf = async (stream: string) => (await log.read(stream, { backwards: true, max: 1 }))[0]!.position;
const done = (position: bigint | undefined) =>
  vi.waitFor(async () => expect(await log.scavenge(position!)).toBe('done'), { timeout: 15_000, interval: 50 });

test('what is hidden is in no file any more, and what stays is as it was', async () => {
  const [gone, kept] = [canary(), canary()];
  const [stream, other, evidenceStream] = [newStream(), newStream(), `evidence-acme.${randomUUID()}`];
  await log.append(stream, 'no_stream', [event(gone), event(gone, 20), event(gone, 9000), event(kept)]);
  await log.append(other, 'no_stream', [event(kept, 500)]);
  await log.append(evidenceStream, 'no_stream', [evidence(gone), evidence(gone)]);
  const [before, untouched] = [await log.read(stream, { from: 3n }), await log.read(other)];
  expect(await findCanaries(dataDir, [gone])).toEqual(
    expect.arrayContaining([expect.stringMatching(/canary-[0-9a-f-]{36}$/), expect.stringMatching(/zipped$/)]),
  );

  const truncated = await log.truncateBefore(stream, 3n);
  const deleted = await log.deleteStream(evidenceStream);
  expect(await log.scavenge(deleted!)).toBe('pending');
  await done(deleted);
  expect(await log.scavenge(truncated!)).toBe('done');
  expect(await findCanaries(dataDir, [gone])).toEqual([]);

  expect(await log.read(stream)).toEqual(before);
  expect(await log.read(other)).toEqual(untouched);
  expect(await log.append(stream, 'no_stream', [event(kept)])).toEqual({ outcome: 'conflict', actual: 3n });
  expect(await log.append(stream, 3n, [event(kept)])).toMatchObject({ outcome: 'appended', revision: 4n });
  expect(await log.append(evidenceStream, 'no_stream', [event(kept)])).toMatchObject({ revision: 3n });
});

test('the last event of a stream stays, and a tombstone leaves nothing else', async () => {
  const [last, first] = [canary(), canary()];
  const stream = newStream();
  await log.append(stream, 'no_stream', [event(first), event(last)]);
  await done(await log.truncateBefore(stream, 2n));
  expect(await findCanaries(dataDir, [first])).toEqual([]);
  expect(await findCanaries(dataDir, [last])).not.toEqual([]);
  expect(await log.append(stream, 1n, [event('x')])).toMatchObject({ revision: 2n });
});

test('the file gives its room back', async () => {
  const stream = newStream();
  for (let i = 0; i < 8; i++)
    await log.append(stream, i === 0 ? 'no_stream' : BigInt(i - 1), [event(canary(), 10_000)]);
  const size = () => new DatabaseSync(join(dataDir, 'events.sqlite'), { readOnly: true });
  const pages = () => {
    using db = size();
    return Number(db.prepare('PRAGMA page_count').get()?.page_count);
  };
  const full = pages();
  await done(await log.deleteStream(stream));
  expect(pages()).toBeLessThan(full - 700);
});

test('who was at a position that is gone goes on with the next; one that never was any is still refused', async () => {
  const [gone, stream] = [newStream(), newStream()];
  await log.append(gone, 'no_stream', [event('a'), event('b'), event('c')]);
  const at = (await log.read(gone))[1]!.position;
  await log.append(stream, 'no_stream', [event('next')]);
  const next = await positionOf(stream);
  await done(await log.truncateBefore(gone, 2n));
  const controller = new AbortController();
  const seen: bigint[] = [];
  for await (const { events, caughtUp } of log.subscribe({
    ...{ prefixes: [gone, stream], after: at, signal: controller.signal },
  })) {
    seen.push(...events.map(({ position }) => position));
    if (caughtUp) controller.abort();
  }
  expect(seen).toEqual([at + 1n, next]);
  expect(await log.at(at)).toBeUndefined();
  // An empty append takes a position, and no event is there.
  const empty = await log.append(stream, 0n, []);
  await log.append(stream, 0n, [event('later')]);
  const after = empty.outcome === 'appended' ? empty.position : undefined;
  const refused = log.subscribe({ prefixes: [stream], after, signal: AbortSignal.timeout(5000) });
  await expect(refused[Symbol.asyncIterator]().next()).rejects.toThrow(`no event of the log is at position ${after}`);
});

test('while a program reads the log it is pending, appends go on, and it is done after', async () => {
  const [gone, stream] = [canary(), newStream()];
  await log.append(stream, 'no_stream', [event(gone, 100), event('rest')]);
  const reader = new DatabaseSync(join(dataDir, 'events.sqlite'), { readOnly: true });
  const rows = reader.prepare('SELECT position FROM events').iterate();
  rows.next();
  const position = await log.truncateBefore(stream, 1n);
  await log.scavenge(position!);
  for (let i = 0; i < 20; i++) {
    const began = performance.now();
    await log.append(newStream(), 'no_stream', [event('meanwhile')]);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(await log.scavenge(position!)).toBe('pending');
  }
  rows.return?.();
  reader.close();
  await done(position);
  expect(await findCanaries(dataDir, [gone])).toEqual([]);
});

test('a backup that is made after holds nothing of it, and goes on as a log', async () => {
  const [gone, stream] = [canary(), newStream()];
  await log.append(stream, 'no_stream', [event(gone), event('kept')]);
  await done(await log.truncateBefore(stream, 1n));
  const copy = await temporaryDirectory();
  const { events, position } = await backUpLog(join(dataDir, 'events.sqlite'), join(copy, 'events.sqlite'));
  expect(await findCanaries(copy, [gone])).toEqual([]);
  expect(position).toBe(`${await log.head()}`);
  expect(events).toBeLessThan(Number(position));
});
