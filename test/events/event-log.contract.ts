import { describe } from 'vitest';
import { appendContract } from './contract/append.ts';
import { readContract } from './contract/read.ts';
import { contractScene, type Server } from './contract/scene.ts';
import { subscriptionContract } from './contract/subscription.ts';
import { truncationContract } from './contract/truncation.ts';
import { unansweringContract } from './contract/unanswering.ts';

/**
 * What the application needs of its event log. Every event store that it runs on passes this: the embedded node
 * always, a live EventStoreDB or KurrentDB where there is one. Each run writes streams of its own, so that a log that
 * is in use will do.
 */
export function eventLogContract(name: string, server: Server): void {
  describe(name, () => {
    const scene = contractScene(server);
    appendContract(scene);
    readContract(scene);
    subscriptionContract(scene);
    truncationContract(scene);
    unansweringContract(scene);
  });
}
