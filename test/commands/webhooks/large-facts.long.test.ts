import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Appended, type EventLog, EventStoreUnavailable, type NewEvent } from '../../../src/events/event-log.ts';
import { appendMissing, streamMemory, type Writing } from '../../../src/events/idempotent-append.ts';
import { uuidOf } from '../../../src/events/identity.ts';
import { deleteStream } from '../../events/delete-stream-process.ts';
import { storeOfFile } from '../../support/store-of-file.ts';
import { newCallId, openDoor } from './door.ts';

// What is too large for one append goes to the store in several, on their way together.

const { store, log } = await storeOfFile();

const HALF = 'x'.repeat(500_000); // two do not fit one append
const event = (stream: string, name: string, filling = HALF): NewEvent => ({
  id: uuidOf(stream, name),
  type: 'Part',
  data: { name, filling },
  metadata: { tenantId: 'acme' },
});
const eventsFor = (stream: string, count: number) => Array.from({ length: count }, (_, i) => event(stream, `${i}`));
const namesIn = async (stream: string) => (await log.read(stream)).map(({ data }) => (data as { name: string }).name);
const names = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);
const writing = (over: EventLog, forMs = 30_000): Writing => ({
  ...{ log: over, memory: streamMemory(), deadline: performance.now() + forMs },
});

/** The log, with a say before and after each append. */
function watched(
  before: (n: number, stream: string) => Promise<unknown> | undefined,
  after = async (_n: number) => {},
) {
  let n = 0;
  const append: EventLog['append'] = async (stream, ...what) => {
    const mine = ++n;
    await before(mine, stream);
    const result: Appended = await log.append(stream, ...what);
    await after(mine);
    return result;
  };
  return { ...log, append };
}
/** Another process, which gets in between. */
async function rival(stream: string, name: string): Promise<void> {
  for (;;) {
    const last = (await log.read(stream, { backwards: true, max: 1 }))[0];
    const { outcome } = await log.append(stream, last?.revision ?? 'no_stream', [event(stream, name, '')]);
    if (outcome === 'appended') return;
  }
}

test('four are on their way at once, the last alone, each at the revision that the one before it gives', async () => {
  const stream = `call-acme.${newCallId()}`;
  const four = Promise.withResolvers<void>();
  let underWay = 0;
  const seen: number[] = [];
  const over = watched(
    async (n) => {
      seen.push(++underWay);
      if (underWay === 4) four.resolve();
      if (n > 1) await four.promise; // the first alone tells the revision
    },
    async () => void underWay--,
  );
  expect(await appendMissing({ stream, events: eventsFor(stream, 9) }, writing(over))).toBe('appended');
  expect(await namesIn(stream)).toEqual(names(9));
  expect(Math.max(...seen)).toBe(4);
  expect(seen.at(-1)).toBe(1);
});

test('what another process has written meanwhile is found, and the last comes last', async () => {
  const stream = `call-acme.${newCallId()}`;
  // As much as one append holds, so that the next one finds the revision that it expects.
  const over = watched((n) => (n === 2 ? rival(stream, 'of another') : undefined));
  await appendMissing({ stream, events: eventsFor(stream, 6) }, writing(over));
  const found = await namesIn(stream);
  expect(found.toSorted()).toEqual([...names(6), 'of another'].toSorted());
  expect(found.at(-1)).toBe('5');
});

test('an answer that was lost is no reason to write twice: the stream is read first', async () => {
  for (const lost of [1, 2, 4, 6]) {
    const stream = `call-acme.${newCallId()}`;
    const over = watched(
      () => undefined,
      async (n) => {
        if (n === lost) throw new EventStoreUnavailable('the answer was lost');
      },
    );
    await appendMissing({ stream, events: eventsFor(stream, 6) }, writing(over));
    expect(await namesIn(stream)).toEqual(names(6));
  }
});

test('a stream that was deleted softly goes on where it was', async () => {
  const stream = `call-acme.${newCallId()}`;
  for (const name of ['a', 'b', 'c']) await rival(stream, name);
  await deleteStream(store.url, stream);
  await appendMissing({ stream, events: eventsFor(stream, 5) }, writing(log));
  expect(await namesIn(stream)).toEqual(names(5));
});

test('who had no time left goes on where he stopped: nothing is read, and nothing sent again', async () => {
  const stream = `call-acme.${newCallId()}`;
  let sent = 0;
  const counting = watched(async (n) => {
    sent = n;
  });
  const first = writing(counting);
  const isOver = () => (sent < 3 ? Number.POSITIVE_INFINITY : 0);
  const brief = Object.defineProperty({ ...first }, 'deadline', { get: isOver });
  await expect(appendMissing({ stream, events: eventsFor(stream, 4) }, brief)).rejects.toThrow(EventStoreUnavailable);
  expect(await namesIn(stream)).toEqual(names(3));
  const unread = { ...counting, read: () => Promise.reject(new Error('nothing is to be read')) };
  await appendMissing({ stream, events: eventsFor(stream, 4) }, { ...writing(unread), memory: first.memory });
  expect(sent).toBe(4);
  expect(await namesIn(stream)).toEqual(names(4));
});

test('whatever goes wrong, each is there once and the last is last', async () => {
  const trouble = fc.array(fc.constantFrom('well', 'well', 'rival', 'lost', 'not sent'), {
    minLength: 12,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(trouble, fc.integer({ min: 2, max: 8 }), async (troubles, count) => {
      const stream = `call-acme.${newCallId()}`;
      const rivals: string[] = [];
      const over = watched(
        async (n) => {
          const word = troubles[n - 1];
          if (word === 'rival') {
            await rival(stream, `rival ${n}`);
            rivals.push(`rival ${n}`);
          }
          if (word === 'not sent') throw new EventStoreUnavailable('it was not sent');
        },
        async (n) => {
          if (troubles[n - 1] === 'lost') throw new EventStoreUnavailable('the answer was lost');
        },
      );
      await appendMissing({ stream, events: eventsFor(stream, count) }, writing(over));
      const found = await namesIn(stream);
      expect(found.toSorted()).toEqual([...names(count), ...rivals].toSorted());
      const own = found.filter((name) => !name.startsWith('rival'));
      expect(own.at(-1)).toBe(`${count - 1}`);
    }),
    { numRuns: 10 },
  );
});

describe('at the door', () => {
  const large = (callId: string, mebibytes: number) =>
    JSON.stringify({
      event: 'call_analyzed',
      call: { call_id: callId, transcript: `User: ${crypto.randomUUID()} `.repeat((mebibytes * 1024 * 1024) / 43) },
    });

  async function expectOnce(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const events = await log.read(`call-default.${id}`);
      expect(events.filter(({ type }) => type === 'CallAnalyzed')).toHaveLength(1);
      expect(events.at(-1)?.type).toBe('CallAnalyzed');
      expect(new Set(events.map((one) => one.id)).size).toBe(events.length);
    }
  }

  test('large bodies are recorded one after the other, each once, and small ones meanwhile', async () => {
    const order: string[] = [];
    const over = watched((_, stream) => {
      if (stream.startsWith('call-')) order.push(stream.slice(stream.indexOf('.') + 1));
      return undefined;
    });
    const door = await openDoor(over, { config: { storeTimeoutMs: 60_000 } });
    const ids = [newCallId(), newCallId(), newCallId()];
    let answered = 0;
    const all = Promise.all(ids.map((id) => door.post(large(id, 4)).finally(() => answered++)));
    const smalls: number[] = [];
    while (answered < ids.length) smalls.push((await door.post(large(newCallId(), 0.01))).status);
    expect((await all).map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(new Set(smalls)).toEqual(new Set([204]));
    const larges = order.filter((id) => ids.includes(id));
    expect(larges.length).toBeGreaterThan(12);
    const changes = larges.filter((id, i) => id !== larges[i - 1]).length;
    expect(changes).toBe(3);
    await expectOnce(ids);
    await door.close();
  }, 180_000);

  test('four of the largest at once are each taken within three attempts, and so are the small ones', async () => {
    const door = await openDoor(log, { config: { storeTimeoutMs: 10_000 } });
    const post = async (body: string) => {
      for (let attempt = 1; attempt < 3; attempt++) {
        const { status } = await door.post(body);
        if (status === 204) return status;
      }
      return (await door.post(body)).status;
    };
    const ids = [newCallId(), newCallId(), newCallId(), newCallId()];
    const answers = await Promise.all([
      ...ids.map((id) => post(large(id, 9.9))),
      ...Array.from({ length: 40 }, () => post(large(newCallId(), 0.01))),
    ]);
    expect(new Set(answers)).toEqual(new Set([204]));
    await expectOnce(ids);
    await door.close();
  });
});
