import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { NOT_REQUIRED, RECIPIENTS, REQUIRED, type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  const first = scene.start();
  await vi.waitFor(() => expect(first.status().caughtUp).toBe(true), 5000);
});
afterAll(() => scene.stop());

let spoken = 0;
const newCall = () => `call_${spoken++}`;
const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 8000, interval: 50 });

test('a call that somebody has to act on is told to everyone on the list, once, within two seconds', async () => {
  const call = newCall();
  await scene.say(call, 'CallStarted');
  await scene.say(call, 'CallEnded');
  await scene.say(call, 'CallAnalyzed', REQUIRED);
  const told = Date.now();
  await soon(async () => expect(await scene.record(call)).toEqual([{ type: 'TicketMailSent', opening: 1 }]));
  expect(Date.now() - told).toBeLessThan(2000);
  const mails = scene.smtp.of(call);
  expect(mails).toMatchObject([{ to: RECIPIENTS }]);
});
