import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scene, startScene } from './scene.ts';

// On which day a call counts: that of its start, whether Retell's lists show it or the log alone has it.

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());

const DAY = 24 * 3_600_000;
const today = Math.floor(Date.now() / DAY) * DAY;
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const covered = async (from: number, to: number) =>
  (await scene.coverage({ from: new Date(from), to: new Date(to) })).map(({ day, retell, log }) => ({
    ...{ day, retell, log },
  }));

const ended = (call_id: string, times: object) => ({
  event: 'call_ended',
  call: { call_id, call_type: 'phone_call', agent_id: 'a', direction: 'inbound', call_status: 'ended', ...times },
});
const at = (start_timestamp: number) => ({ start_timestamp, end_timestamp: start_timestamp + 60_000 });

test('a call that no list shows counts on the day of its start, not on that of its webhook', async () => {
  const [then, listed] = [today - 3 * DAY + 36_000_000, today - 2 * DAY + 36_000_000];
  for (const [id, times] of [
    ['call_then', at(then)],
    ['call_listed', at(listed)],
    ['call_without_a_start', {}],
    ['call_of_the_year_9999', at(Date.parse('9999-01-01T00:00:00Z'))],
  ] as const)
    expect((await scene.door.post(ended(id, times))).status).toBe(204);
  const item = { ...ended('call_listed', at(listed)).call, call_analysis: {} };
  scene.line.fails(({ path, body }) =>
    path === '/v3/list-calls'
      ? { answer: () => JSON.stringify({ items: body.includes('end_timestamp') ? [item] : [], has_more: false }) }
      : path.endsWith('/call_listed')
        ? { answer: () => JSON.stringify(item) }
        : undefined,
  );
  await scene.run(scene.start());

  const all = [
    { day: dayOf(today), retell: 0, log: 2 },
    { day: dayOf(listed), retell: 1, log: 1 },
    { day: dayOf(then), retell: 0, log: 1 },
  ];
  expect(await covered(today - 10 * DAY, today + 2 * DAY)).toEqual(all);
  expect(await covered(today, today + 2 * DAY)).toEqual(all.slice(0, 1));
  expect(await covered(today - 3 * DAY, today - 2 * DAY)).toEqual(all.slice(2));
});

test('a day that no whole list covers has no percentage, whether Retell has answered before or not', async () => {
  const days = () => scene.coverage({ from: new Date(today - 10 * DAY), to: new Date(today + 2 * DAY) });
  const percents = async () => (await days()).map(({ day, percent }) => [day, percent]);
  // The lists of the run before covered today alone.
  const [now, ...earlier] = await percents();
  expect(now).toEqual([dayOf(today), 100]);
  expect(earlier.map(([, percent]) => percent)).toEqual([undefined, undefined]);
  expect((await days()).map(({ askedAt }) => typeof askedAt)).toEqual(['string', 'undefined', 'undefined']);

  const since = today - 5 * DAY;
  for (const fault of [{ status: 401 }, { answer: () => 'no JSON' }]) {
    scene.line.fails(() => fault);
    await scene.run(scene.start({ pace: { attempts: 1 } }), { since });
    expect(await percents()).toEqual([now, ...earlier]);
  }

  scene.line.clear();
  const before = new Date().toISOString();
  await scene.run(scene.start(), { since });
  for (const { percent, askedAt } of await days()) {
    expect(percent).toBe(100);
    expect(askedAt! >= before).toBe(true);
  }
});
