import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { EventStoreUnavailable } from '../../src/events/event-log.ts';
import { calls, type Ears, eventStream, hears, type Listen, webSocket } from './live-clients.ts';
import { feedService, outcomeChange } from './live-scene.ts';
import { readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();

/** Where the log ends; an error: the event store does not answer. */
let end: bigint | undefined | Error;
/** What the read model shows, and what the log has no more. */
let shown: { readonly position: bigint; readonly id: string };
let lost: string | undefined;
beforeEach(async () => {
  await forget();
  end = 100n;
  shown = { position: 100n, id: 'first' };
  lost = undefined;
});

const forget = () => readModel.writer.deleteFrom('outcome_changes').execute();
const happen = async (...positions: bigint[]) => {
  await readModel.writer
    .insertInto('outcome_changes')
    .values(positions.map((position) => outcomeChange(`${position}`)))
    .execute();
  return positions.map((position) => `call-${position}`);
};
const feed = async () => {
  const service = await feedService(readModel.url, {
    endEveryMs: 30,
    shown: async () => shown,
    holds: async ({ id }) => id !== lost,
    async endOfLog() {
      if (end instanceof Error) throw end;
      return end;
    },
  });
  onTestFinished(service.stop);
  return service;
};
const told = ({ heard }: Ears, name: string) => heard.filter(({ event }) => event === name);
const reset = (cursor: string) => ({ event: 'reset', id: cursor, data: { cursor, reason: 'cursor_beyond_log' } });

describe.each([
  ['an event stream', eventStream],
  ['a WebSocket', webSocket],
] as const)('%s', (_, listen: Listen) => {
  const open: Listen = async (...where) => {
    const ears = await listen(...where);
    onTestFinished(() => ears.cut());
    return ears;
  };

  test.each(['101', '100.1', '999999999999999', '9223372036854775807'])(
    'with the cursor %s, beyond the end of the log, is told to begin anew, and hears what happens',
    async (cursor) => {
      const { url, logged } = await feed();
      await happen(10n, 90n);
      if (cursor === '100.1') end = 99n;
      const ears = await open(url, { cursor });
      await expect.poll(() => ears.heard.at(-1)?.event).toBe('ready');
      const mine = await happen(95n);
      expect(await hears(ears, 1)).toEqual(mine);
      expect(ears.heard.slice(0, 2)).toEqual([reset('90'), { event: 'ready', id: '90', data: { cursor: '90' } }]);
      expect(told(ears, 'reset')).toHaveLength(1);
      expect(logged()).toContain('"event":"live_reset"');
      const again = await open(url, { cursor: ears.heard.at(-1)!.id });
      const later = await happen(100n);
      expect(await hears(again, 1)).toEqual(later);
      expect(told(again, 'reset')).toEqual([]);
    },
  );

  test('of a log that holds nothing yet begins at its beginning', async () => {
    end = undefined;
    const { url } = await feed();
    const ears = await open(url, { cursor: '5' });
    await expect.poll(() => ears.heard[0]).toEqual(reset('0'));
    const fresh = await open(url, { cursor: '0' });
    end = 7n;
    const mine = await happen(7n);
    for (const each of [ears, fresh]) expect(await hears(each, 1)).toEqual(mine);
    expect(told(fresh, 'reset')).toEqual([]);
  });

  test('with a cursor that the log has and the read model has not yet is waited for', async () => {
    const { url } = await feed();
    await happen(10n);
    const ears = await open(url, { cursor: '100' });
    await happen(50n, 100n); // what the client has had already
    end = 101n;
    const mine = await happen(101n);
    expect(await hears(ears, 1)).toEqual(mine);
    expect(told(ears, 'reset')).toEqual([]);
  });

  test('that listens while the log is restored to an earlier state is told, and goes on', async () => {
    const { url } = await feed();
    await happen(80n);
    const [behind, ahead] = [await open(url, { cursor: '10' }), await open(url)];
    const before = await happen(100n);
    await hears(behind, 2);
    await hears(ahead, 1);
    const elsewhere = await open(url, { cursor: '40' }); // a log of which it has heard nothing that is lost
    await hears(elsewhere, 2);
    await forget(); // the read model is dropped, as it has to be, and filled anew
    await happen(45n);
    end = 50n;
    for (const ears of [behind, ahead, elsewhere]) await expect.poll(() => told(ears, 'reset')).toEqual([reset('45')]);
    end = 60n;
    const after = await happen(60n);
    expect(await hears(ahead, 2)).toEqual([...before, ...after]);
    expect(await hears(behind, 3)).toEqual(['call-80', ...before, ...after]);
    const late = await open(url);
    end = 61n;
    const last = await happen(61n);
    expect(await hears(late, 1)).toEqual(last);
  });

  test('that listens while the log is restored and grows beyond its cursor again gets a reset once the read model is of it', async () => {
    const { url, logged } = await feed();
    await happen(80n);
    const ears = await open(url);
    const before = await happen(90n);
    expect(await hears(ears, 1)).toEqual(before);
    lost = 'first';
    await expect.poll(() => logged()).toContain('ReadModelOfAnotherLog');
    await happen(95n); // of what is shown, and not so any more
    const late = await open(url, { cursor: '10' });
    await expect.poll(() => told(late, 'ready')).toHaveLength(1);
    await forget();
    await happen(85n, 99n);
    shown = { position: 100n, id: 'anew' };
    for (const each of [ears, late]) await expect.poll(() => told(each, 'reset')).toEqual([reset('99')]);
    const after = await happen(100n);
    expect(await hears(ears, 2)).toEqual([...before, ...after]);
    expect(await hears(late, 1)).toEqual(after);
    expect(told(ears, 'reset')).toHaveLength(1);
  });

  test('gets no reset when another generation is shown of the same log', async () => {
    const { url } = await feed();
    await happen(80n);
    const ears = await open(url);
    shown = { position: 100n, id: 'of the other' };
    const after = await happen(90n);
    expect(await hears(ears, 1)).toEqual(after);
    expect(told(ears, 'reset')).toEqual([]);
  });

  test('is told once, and nothing that is not in the log, as long as the read model is of another one', async () => {
    const { url, logged } = await feed();
    await happen(80n);
    const ears = await open(url);
    await hears(await open(url, { cursor: '10' }), 1);
    end = 50n;
    await expect.poll(() => told(ears, 'reset')).toEqual([reset('50')]);
    await happen(90n);
    await expect.poll(() => logged()).toContain('ReadModelOfAnotherLog');
    await forget();
    end = 51n;
    const mine = await happen(51n);
    expect(await hears(ears, 1)).toEqual(mine);
    expect(told(ears, 'reset')).toHaveLength(1);
  });

  test('is let in while the event store does not answer, and told as soon as it does', async () => {
    const { url } = await feed();
    await happen(10n);
    end = new EventStoreUnavailable('no answer');
    const [beyond, within] = [await open(url, { cursor: '500' }), await open(url, { cursor: '5' })];
    expect(await hears(within, 1)).toEqual(['call-10']);
    await expect.poll(() => beyond.heard[0]?.event).toBe('ready');
    end = 100n;
    await expect.poll(() => told(beyond, 'reset')).toEqual([reset('10')]);
    const mine = await happen(20n);
    expect(await hears(beyond, 1)).toEqual(mine);
    expect(calls(within)).toEqual(['call-10', ...mine]);
  });
});

test.each([
  ['several last event ids', { 'last-event-id': ['1', '2'] }, ''],
  ['several cursors', {}, '?cursor=1&cursor=2'],
  ['a null character', {}, '?cursor=%00'],
  ['a fraction of nothing', {}, '?cursor=1.0'],
  ['more digits than a position has', {}, `?cursor=${'9'.repeat(5000)}`],
  ['digits of another script', {}, '?cursor=%D9%A1'],
] as const)('a cursor with %s is refused', async (_, headers, query) => {
  const { url } = await feed();
  const given = new Headers({ authorization: 'Bearer acme-reads' });
  for (const [name, values] of Object.entries(headers)) for (const value of values) given.append(name, value);
  const response = await fetch(`${url}/api/live${query}`, { headers: given });
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'invalid_request']);
});
