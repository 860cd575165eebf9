import { expect, test } from 'vitest';
import { type Decider, handle, withNext } from '../../src/events/decider.ts';
import { type Appended, type EventLog, EventStoreUnavailable } from '../../src/events/event-log.ts';
import type { FactMetadata } from '../../src/events/metadata.ts';
import type { NewEvent, Recorded } from '../../src/events/recorded.ts';

type Counted = { readonly type: 'Counted'; readonly data: { readonly to: number; readonly note?: string | undefined } };

/** Counts to a number, an event for each step. */
const counter: Decider<number, number, Counted, 'too_far'> = {
  initialState: 0,
  evolve: (state, { type }) => (type === 'Counted' ? state + 1 : state),
  decide: (to, state) =>
    to > 9
      ? 'too_far'
      : Array.from({ length: Math.max(to - state, 0) }, (_, i) => ({ type: 'Counted', data: { to: state + i + 1 } })),
};

const metadata: FactMetadata = {
  tenantId: 'acme',
  source: 'command',
  receivedAt: '2026-01-31T09:30:00.000Z',
  $correlationId: 'counter',
};

/** One stream in memory; `rivals` append an event each just before it would have been ours. */
function streamOf(types: readonly string[] = [], rivals = 0) {
  const events: Recorded[] = [];
  const add = (event: NewEvent) => {
    const [revision, position] = [BigInt(events.length), BigInt(events.length + 100)];
    events.push({ ...event, stream: 'counter-1', revision, position, recordedAt: '2026-01-31T09:00:00.000Z' });
  };
  const append = async (_stream: string, expected: bigint | string, more: readonly NewEvent[]): Promise<Appended> => {
    if (rivals-- > 0) add({ id: 'rival', type: 'Counted', data: {}, metadata: {} });
    const actual = events.at(-1)?.revision ?? 'no_stream';
    if (expected !== actual) return { outcome: 'conflict', actual };
    more.forEach(add);
    return { outcome: 'appended', revision: events.at(-1)!.revision, position: events.at(-1)!.position };
  };
  for (const type of types) add({ id: type, type, data: {}, metadata: {} });
  const log: Pick<EventLog, 'read' | 'append'> = { read: async () => [...events], append };
  return { log, events };
}

const idsOf = (events: readonly Recorded[]) => events.map(({ id }) => id);

test('what is decided is appended, and the state has it', async () => {
  const { log, events } = streamOf(['Counted', 'Other']);
  const result = await handle(log, 'counter-1', counter, 3, metadata);
  expect(result).toEqual({
    state: 3,
    position: 103n,
    appended: [
      { type: 'Counted', data: { to: 2 } },
      { type: 'Counted', data: { to: 3 } },
    ],
  });
  expect(events.slice(2).map(({ type, data, metadata }) => ({ type, data, metadata }))).toEqual([
    { type: 'Counted', data: { to: 2 }, metadata },
    { type: 'Counted', data: { to: 3 }, metadata },
  ]);
});

// STORED FORMAT: these ids stand in logs.
test('an id is made of the stream, the revision, the type and what becomes JSON of the data', async () => {
  const { log, events } = streamOf();
  await handle(log, 'counter-1', counter, 2, metadata);
  expect(idsOf(events)).toEqual(['aa2ea792-40c1-5581-956e-bbb331dff358', 'ff7a55ef-17c5-57de-8c7d-6cd82b40cd19']);
  const again = streamOf();
  const noted = { ...counter, decide: () => [{ type: 'Counted', data: { to: 1, note: undefined } }] as const };
  await handle(again.log, 'counter-1', noted, 1, metadata);
  expect(idsOf(again.events)).toEqual(idsOf(events).slice(0, 1));
});

test('an id of its own goes before', async () => {
  const { log, events } = streamOf();
  const idOf = ({ data }: Counted) => (data.to === 1 ? 'mine' : undefined);
  await handle(log, 'counter-1', counter, 2, metadata, idOf);
  expect(idsOf(events)).toEqual(['mine', 'ff7a55ef-17c5-57de-8c7d-6cd82b40cd19']);
});

test('what is so already appends nothing, and has the position of the newest event', async () => {
  const { log, events } = streamOf(['Counted']);
  expect(await handle(log, 'counter-1', counter, 1, metadata)).toEqual({ state: 1, position: 100n, appended: [] });
  const empty = streamOf();
  expect(await handle(empty.log, 'counter-1', counter, 0, metadata)).toEqual({
    state: 0,
    position: undefined,
    appended: [],
  });
  expect([...events, ...empty.events]).toHaveLength(1);
});

test('a refusal appends nothing', async () => {
  const { log, events } = streamOf(['Counted']);
  expect(await handle(log, 'counter-1', counter, 10, metadata)).toBe('too_far');
  expect(events).toHaveLength(1);
});

test('after a conflict it is decided by what the other has written', async () => {
  const { log, events } = streamOf([], 2);
  expect(await handle(log, 'counter-1', counter, 3, metadata)).toMatchObject({ state: 3, position: 102n });
  expect(events.map(({ data }) => data)).toEqual([{}, {}, { to: 3 }]);
});

test('twenty conflicts are as good as no answer', async () => {
  const { log } = streamOf([], 20);
  const endless = { ...counter, decide: () => [{ type: 'Counted', data: { to: 1 } }] as const };
  await expect(handle(log, 'counter-1', endless, 1, metadata)).rejects.toThrow(EventStoreUnavailable);
  const { log: lucky } = streamOf([], 19);
  expect(await handle(lucky, 'counter-1', endless, 1, metadata)).toMatchObject({ state: 20 });
});

test('a list of all facts of a long stream is made in one go: a copy for each of them takes seconds', () => {
  const empty: readonly number[] = [];
  const one = withNext(empty, 0);
  expect(withNext(one, 1)).toBe(one);
  expect([empty, one]).toEqual([[], [0, 1]]);
});
