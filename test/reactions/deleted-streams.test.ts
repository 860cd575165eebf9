import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { callStream, ticketStream } from '../../src/events/streams.ts';
import { tombstoneStream } from '../events/delete-stream-process.ts';
import { logged, REQUIRED, type Scene, startScene, TENANT } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  const first = scene.start();
  await vi.waitFor(() => expect(first.status().caughtUp).toBe(true), 30_000);
});
afterAll(async () => {
  await scene.stopAll();
  await scene.stop();
});

test('nobody is told of a call, or by a ticket, that was deleted for good; the next mail goes out', async () => {
  await tombstoneStream(scene.eventStore.url, ticketStream(TENANT, 'tkt_no_ticket'));
  await scene.say('no_ticket', 'CallEnded');
  await scene.say('no_ticket', 'CallAnalyzed', REQUIRED);
  await scene.say('waiting', 'CallEnded', REQUIRED);
  await tombstoneStream(scene.eventStore.url, callStream(TENANT, 'waiting'));
  await scene.say('next', 'CallEnded');
  await scene.say('next', 'CallAnalyzed', REQUIRED);
  await vi.waitFor(async () => expect(await scene.record('next')).toHaveLength(1), { timeout: 30_000, interval: 50 });
  expect(scene.smtp.of('no_ticket')).toEqual([]);
  expect(scene.smtp.of('waiting')).toEqual([]);
  expect(logged.join('')).not.toMatch(/ticket_mail_unreadable|ticket_mail_postponed/);
});
