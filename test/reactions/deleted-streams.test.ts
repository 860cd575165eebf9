import { afterAll, beforeAll, expect, test } from 'vitest';
import { callStream, ticketStream } from '../../src/events/streams.ts';
import { tombstoneStream } from '../events/delete-stream-process.ts';
import { caughtUp, logged, REQUIRED, type Scene, soon, startScene, TENANT } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  await caughtUp(scene.start());
});
afterAll(async () => {
  await scene.stopAll();
  await scene.stop();
});

test('nobody is told of a call, or by a ticket, that was deleted for good; the next mail goes out', async () => {
  await tombstoneStream(scene.eventStore.url, ticketStream(TENANT, 'tkt_no_ticket'));
  await scene.need('no_ticket');
  await scene.say('waiting', 'CallEnded', REQUIRED);
  await tombstoneStream(scene.eventStore.url, callStream(TENANT, 'waiting'));
  await scene.need('next');
  await soon(async () => expect(await scene.record('next')).toHaveLength(1));
  expect(scene.smtp.of('no_ticket')).toEqual([]);
  expect(scene.smtp.of('waiting')).toEqual([]);
  expect(logged.join('')).not.toMatch(/ticket_mail_unreadable|ticket_mail_postponed/);
});
