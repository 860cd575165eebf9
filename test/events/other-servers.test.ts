// What other servers than EventStoreDB 23.10 say, as far as this matters to the log (docs/event-store.md, "KurrentDB 26.1").
import { randomUUID } from 'node:crypto';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type EventLog, EventStoreNotWriting, EventStoreUnavailable } from '../../src/events/event-log.ts';
import { appendMissing, look, streamMemory } from '../../src/events/idempotent-append.ts';
import type { Batch } from '../../src/events/subscription.ts';
import { startHostedStore } from '../support/hosted-store.ts';
import { type AppendFailure, otherServer } from '../support/other-server.ts';
import { patientLog } from '../support/patient-log.ts';
import { dataDirectory } from '../support/service.ts';

let server: Awaited<ReturnType<typeof otherServer>>;
let log: EventLog;
const cleanUp: (() => unknown)[] = [];
beforeAll(async () => {
  const directory = await dataDirectory();
  const node = await startHostedStore({ dataDir: directory.path });
  server = await otherServer(node.url);
  log = patientLog(server.url);
  cleanUp.push(() => log.close(), server.stop, node.stop, directory.remove);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

const event = () => ({ id: randomUUID(), type: 'Happened', data: {}, metadata: {} });
const newStream = () => `call-acme.${randomUUID()}`;
/** As webhooks are recorded. */
const record = (stream: string, withinMs = 10_000) =>
  appendMissing({ stream, events: [event()] }, { log, memory: streamMemory(), deadline: performance.now() + withinMs });

const NOT_READY: AppendFailure = { code: status.UNAVAILABLE, message: 'Server Is Not Ready', detail: 'Empty' };

test.each<[string, AppendFailure]>([
  ['is not ready, just after its start or without a leader', NOT_READY],
  ['has too much to do', { code: status.RESOURCE_EXHAUSTED, details: 'Too many pending requests' }],
])('what a server does not take that %s is appended once it does', async (_, failure) => {
  const stream = newStream();
  server.failAppends(failure);
  await expect(log.append(stream, 'no_stream', [event()])).rejects.toBeInstanceOf(EventStoreUnavailable);
  const recorded = record(stream);
  await vi.waitFor(() => expect(log.writing().reason).toMatch(/^the store answers "(Server Is Not Ready|unknown)"$/));
  server.failAppends(undefined);
  expect(await recorded).toBe('appended');
  expect(await log.read(stream)).toHaveLength(1);
});

test.each<[string, AppendFailure, string]>([
  ['denies access', { code: status.PERMISSION_DENIED, message: '', detail: 'AccessDenied' }, 'access denied'],
  [
    'is read-only',
    { code: status.UNAVAILABLE, message: 'Server Is Read Only', detail: 'Empty' },
    'Server Is Read Only',
  ],
  [
    'has no room',
    { code: status.UNKNOWN, details: 'There is not enough space: No space left on device' },
    'No space left on device',
  ],
])(
  'a server that %s is not asked again at once, and the reason is kept until it takes appends',
  async (_, failure, reason) => {
    const stream = newStream();
    server.failAppends(failure);
    const refused = record(stream, Number.POSITIVE_INFINITY); // so that asking again would never end
    await expect(refused).rejects.toBeInstanceOf(EventStoreNotWriting);
    await expect(refused).rejects.toMatchObject({ reason });
    expect(log.writing()).toEqual({ failingSince: expect.any(Date), reason });
    server.failAppends(undefined);
    expect(await record(stream)).toBe('appended');
    expect(log.writing()).toEqual({});
  },
);

test('a server that denies reading is not asked again at once either', async () => {
  server.failReads({ code: status.PERMISSION_DENIED, details: 'Access Denied' });
  const writing = { log, memory: streamMemory(), deadline: Number.POSITIVE_INFINITY };
  await expect(look(newStream(), writing)).rejects.toMatchObject({ reason: 'access denied' });
  server.failReads(undefined);
  expect(await look(newStream(), writing)).toMatchObject({ revision: 'no_stream' });
});

test('on a server that lets who lags catch up, only what was behind is not caught up, and that has an end', async () => {
  const [stream, sent] = [newStream(), Array.from({ length: 3 }, event)];
  const batches: Batch[] = [];
  const done = new AbortController();
  const following = (async () => {
    for await (const batch of log.subscribe({ prefixes: [stream], signal: done.signal })) batches.push(batch);
  })();
  const seen = () =>
    batches.map(({ events, caughtUp }) => [
      ...events.map(({ id }) => sent.findIndex((one) => one.id === id)),
      caughtUp,
    ]);
  const append = (n: number) => log.append(stream, n === 0 ? 'no_stream' : BigInt(n - 1), [sent[n]!]);
  const caughtUp = () => server.say((message) => message.setCaughtUp(new streams.ReadResp.CaughtUp()));
  const expected: (number | boolean)[][] = [];
  const next = (...batch: (number | boolean)[]) =>
    vi.waitFor(() => expect(seen()).toEqual([...expected, batch])).then(() => expected.push(batch));

  await next(true);
  await append(0);
  await next(0, true);
  caughtUp(); // says nothing new
  server.say((message) => message.setFellBehind(new streams.ReadResp.FellBehind()));
  await append(1);
  await next(1, false);
  caughtUp();
  await next(true);
  await append(2);
  await next(2, true);
  done.abort();
  await following;
});
