import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type EventLog, EventStoreUnavailable } from '../../src/events/event-log.ts';
import { watchLog } from '../../src/events/log-watch.ts';
import { hasOrigin, originOf } from '../../src/events/origin.ts';
import { patientLog } from '../support/patient-log.ts';
import { type RestorableStore, startRestorableStore } from '../support/restorable-store.ts';

let store: RestorableStore;
let log: EventLog;
/** Backups: of nothing, and of the first event. */
let empty: string;
let early: string;
beforeAll(async () => {
  store = await startRestorableStore();
  log = patientLog(store.url);
  empty = await store.backUp();
  await say(log);
  early = await store.backUp();
});
afterAll(async () => {
  await log.close();
  await store.stop();
});
beforeEach(() => store.restore(early));

const say = (to: EventLog) =>
  to.append(`call-acme.${crypto.randomUUID()}`, 'no_stream', [
    { id: crypto.randomUUID(), type: 'Noise', data: {}, metadata: {} },
  ]);

function watch({ everyMs = 30, shownForMs = 0, of = log } = {}) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
  const onDoubt = vi.fn();
  const watched = watchLog(of, { logger, signal: stop.signal, onDoubt, everyMs, shownForMs });
  return { watched, lines, onDoubt };
}
const RESTORED = 'the log was restored to an earlier state';

test.each([
  ['shorter than it was', 0],
  ['and longer than it was since', 5],
])(
  'a log that was restored, %s, is noticed; it is gone on with, and what was remembered is forgotten',
  async (_, more) => {
    const { watched, lines, onDoubt } = watch({ shownForMs: 400 });
    await say(log);
    await say(log);
    await vi.waitFor(async () => expect(await watched.doubt()).toBeUndefined());
    const known = onDoubt.mock.calls.length;
    await store.restore(early, () =>
      vi.waitFor(() => expect(onDoubt.mock.calls.length).toBeGreaterThan(known), 20_000),
    );
    for (let n = 0; n < more; n++) await vi.waitFor(() => say(log), 20_000); // the connection may not be back yet
    await vi.waitFor(async () => expect(await watched.doubt()).toBe(RESTORED), 20_000);
    expect(await say(watched)).toMatchObject({ outcome: 'appended' });
    await vi.waitFor(async () => expect(await watched.doubt()).toBeUndefined(), 20_000);
    expect(lines).toEqual(['log_restored']);
  },
);

test('to an empty log nothing is appended, nor to another one, until the right one is back', async () => {
  const { watched, lines } = watch();
  await say(log);
  const right = await store.backUp();
  await vi.waitFor(async () => expect(await watched.doubt()).toBeUndefined());
  await store.restore(empty);
  await vi.waitFor(async () => expect(await watched.doubt()).toBe('the log is empty, and was not before'), 20_000);
  await expect(say(watched)).rejects.toThrow(EventStoreUnavailable);
  for (let n = 0; n < 5; n++) await say(log); // by a process that has never seen another
  await vi.waitFor(async () => expect(await watched.doubt()).toBe('the log is another one than before'), 20_000);
  await expect(say(watched)).rejects.toThrow('nothing is appended: the log is another one');
  await store.restore(right);
  await vi.waitFor(async () => expect(await watched.doubt()).toBeUndefined(), 20_000);
  expect(await say(watched)).toMatchObject({ outcome: 'appended' });
  expect(lines).toEqual(['log_is_another', 'log_back']);
});

test('a node that is behind for a moment has restored nothing', async () => {
  await say(log);
  let behind = false;
  const newest: EventLog['newest'] = async (max, before) =>
    (await log.newest(behind ? 2 : max, before)).slice(behind ? 1 : 0);
  const { watched, lines } = watch({ everyMs: 60_000, of: { ...log, newest } });
  expect(await watched.doubt()).toBeUndefined();
  behind = true;
  expect(await watched.doubt()).toBe('the log ends before what was read of it');
  behind = false;
  expect(await watched.doubt()).toBeUndefined();
  expect(lines).toEqual([]);
});

test('the first event and the newest that was read may be scavenged, and it is the same log as before', async () => {
  const { watched, lines } = watch({ shownForMs: 400 });
  const [first] = (await log.newest(1000)).reverse();
  const newest = await appended();
  await vi.waitFor(async () => expect(await watched.doubt()).toBeUndefined());
  for (const { stream } of [first!, newest]) await log.deleteStream(stream);
  const position = (await log.head())!;
  await vi.waitFor(async () => expect(await log.scavenge(position)).toBe('done'), 10_000);
  expect((await log.oldest())!.id).not.toBe(first!.id);
  expect(await watched.doubt()).toBeUndefined();
  expect(await hasOrigin(log, await log.oldest(), originOf(first!))).toBe(true);
  expect(await hasOrigin(log, await log.oldest(), originOf({ ...first!, stream: 'call-acme.other' }))).toBe(false);
  expect(await hasOrigin(log, await log.oldest(), first!.id), 'as an earlier release kept it').toBe(false);
  await say(watched);
  expect(lines).toEqual([]);
});

const appended = async () => {
  await say(log);
  return (await log.newest(1))[0]!;
};
