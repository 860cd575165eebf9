import { afterAll, beforeAll, expect, test } from 'vitest';
import { callStream } from '../../../src/events/streams.ts';
import { tombstoneStream } from '../../events/delete-stream-process.ts';
import { type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());

test('a call that was deleted for good is passed over, and the others are recorded', async () => {
  const [deleted, other] = [await scene.call('confirmed'), await scene.call('confirmed')];
  await scene.retell.quiet();
  await tombstoneStream(scene.eventStoreUrl, callStream('default', deleted));
  const { tenants } = await scene.run(scene.start());
  expect(tenants).toMatchObject([{ phase: 'done' }]);
  expect(tenants[0]!.unreadable).toBeGreaterThan(0);
  expect(await scene.types(other)).toEqual(['CallAnalyzed', 'CallEnded', 'CallStarted']);
});
