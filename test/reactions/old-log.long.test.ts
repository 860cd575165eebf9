import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { caughtUp, REQUIRED, type Scene, SENT, soon, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterEach(() => scene.stopAll());
afterAll(() => scene.stop());

test('a first start on an old log begins at its end, whatever happens to old tickets later, and to Postgres', async () => {
  await scene.need('old_1');
  await scene.need('old_2');
  const first = scene.start();
  await caughtUp(first);
  await scene.need('new_1');
  await soon(async () => expect(await scene.record('new_1')).toEqual([SENT]));
  await scene.staff('old_1', 'resolved');
  await scene.say('old_1', 'CallAnalyzed', { ...REQUIRED, personal: { summary: 'once more' } });
  await scene.stopAll();
  await scene.wipe();

  // While it was away: nothing of this is lost either.
  await scene.need('new_2');
  scene.start();
  await scene.need('new_3');
  for (const call of ['new_2', 'new_3']) await soon(async () => expect(await scene.record(call)).toEqual([SENT]));
  expect(await scene.record('old_1')).toEqual([]);
  expect(await scene.record('old_2')).toEqual([]);
  const { rows } = await scene.pool.query<{ call: string }>(
    `select data ->> 'callId' as call from pgboss.job order by 1`,
  );
  expect(rows.map(({ call }) => call)).toEqual(['new_2', 'new_3']); // what has a record is not even queued
  expect(scene.smtp.received).toHaveLength(3);

  // An old ticket that is opened again is a new opening.
  await scene.say('old_1', 'TransferBridged');
  await soon(async () => expect(await scene.record('old_1')).toEqual([{ ...SENT, opening: 2 }]));
  expect(scene.smtp.received).toHaveLength(4);
});

test('Postgres made anew under a running process loses and repeats nothing', async () => {
  const mail = scene.start();
  await caughtUp(mail);
  const before = scene.smtp.received.length;
  // Queued, and then the queue is gone.
  scene.smtp.refusals.data = () => ({ code: 451 });
  await scene.need('new_4');
  await soon(() => expect(mail.status().postponed).toBeGreaterThan(0));
  // Our checkpoint alone says nothing of what was in it. The queue's own locks may win a deadlock with the drop.
  await soon(() => scene.pool.query('drop schema if exists pgboss cascade'));
  delete scene.smtp.refusals.data;
  await soon(async () => expect(await scene.record('new_4')).toEqual([SENT]));
  await scene.need('new_5');
  await soon(async () => expect(await scene.record('new_5')).toEqual([SENT]));
  expect(scene.smtp.received.length - before).toBe(2);
});
