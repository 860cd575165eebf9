import { PgBoss, TestClock } from 'pg-boss';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cronOf, QUEUE } from '../../../src/reactions/reconciliation/schedule.ts';
import { type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());

const MINUTE = 60_000;
const nothingToDo = () =>
  scene.eventually(async () => {
    const { rows } = await scene.pool.query("select from pgboss.job where name = $1 and state < 'completed'", [QUEUE]);
    return rows.length === 0;
  });

test('every fifteen minutes there is one run, of whichever process takes it', async () => {
  // pg-boss's own schedule, with both instances and Postgres living in this time.
  const quarter = Math.ceil(Date.now() / (15 * MINUTE)) * 15 * MINUTE;
  const clock = new TestClock(quarter + 5 * MINUTE);
  let runs = 0;
  const settleRequests = async () => {
    runs++;
    return { placed: 0, failed: 0, open: 0 };
  };
  const both = [1, 2].map(() => scene.start({ scheduled: true, clock, settleRequests }));
  const idle = () => scene.eventually(async () => both.every(({ status }) => status().state === 'idle'));
  /** From half a minute before until a minute after, and what was begun then to its end. */
  const around = async (at: number) => {
    await idle();
    await clock.setTime(at - MINUTE / 2);
    for (let passed = 0; passed < 1.5 * MINUTE; passed += 5000) await clock.tick(5000);
    await nothingToDo();
    await idle();
  };
  await idle();
  // What each start asks for itself: of two at once there is one, of one after the other there are two.
  await around(quarter + 7 * MINUTE);
  const atFirst = runs;
  expect([1, 2]).toContain(atFirst);
  for (const [minute, expected] of [
    [15, 1],
    [22, 1],
    [30, 2],
    [45, 3],
  ] as const) {
    await around(quarter + minute * MINUTE);
    expect(runs - atFirst, `at minute ${minute}`).toBe(expected);
  }
  const { rows } = await scene.pool.query("select cron from pgboss.schedule where name = 'reconciliation'");
  expect(rows).toEqual([{ cron: '*/15 * * * *' }]);
  await Promise.all(both.map((one) => one.stop()));
});

test('what a process has begun and died over is taken up by another one within half a minute', async () => {
  const clock = new TestClock(Date.now() + 24 * 60 * MINUTE); // the queue has seen the times of the test above
  let runs = 0;
  const settleRequests = async () => {
    runs++;
    return { placed: 0, failed: 0, open: 0 };
  };
  // It has taken the job of this moment, and is not heard of again.
  const dead = new PgBoss({ connectionString: scene.databaseUrl, clock, schedule: false, supervise: false });
  await dead.start();
  await dead.send(QUEUE, {});
  expect(await dead.fetch(QUEUE)).toHaveLength(1);
  const next = scene.start({ scheduled: true, clock, settleRequests });
  await scene.eventually(async () => next.status().state === 'idle');
  await clock.tick(9000);
  expect(runs).toBe(0);
  for (let passed = 9000; passed < MINUTE / 2; passed += 1000) await clock.tick(1000);
  await expect.poll(() => runs, { timeout: 15_000 }).toBe(1);
  await nothingToDo();
  await dead.stop();
});

describe('RECONCILE_EVERY_MINUTES as cron', () => {
  test.each([
    [1, '*/1 * * * *'],
    [15, '*/15 * * * *'],
    [60, '0 */1 * * *'],
    [240, '0 */4 * * *'],
    [1440, '0 0 * * *'],
    // What does not divide an hour or a day: more often than asked at its end, never less.
    [7, '*/7 * * * *'],
    [45, '*/45 * * * *'],
    [90, '0 */1 * * *'],
    [300, '0 */5 * * *'],
    [1500, '0 0 * * *'],
  ])('%i: %s', (minutes, cron) => {
    expect(cronOf(minutes)).toBe(cron);
  });

  test('is never less often than asked', () => {
    const ends = (list: string, of: number) => {
      const step = list === '0' ? of : Number(list.slice(2));
      const at = Array.from({ length: Math.ceil(of / step) }, (_, i) => i * step);
      return Math.max(...at.map((t, i) => (at[i + 1] ?? of) - t));
    };
    for (let minutes = 1; minutes <= 1440; minutes++) {
      const [minute, hour] = cronOf(minutes).split(' ') as [string, string];
      expect(hour === '*' ? ends(minute, 60) : 60 * ends(hour, 24), `${minutes}`).toBeLessThanOrEqual(minutes);
    }
  });
});
