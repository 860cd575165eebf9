import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import operations from '@eventstore/db-client/generated/operations_pb.js';
import type { ServerUnaryCall, sendUnaryData, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { CommitQueue } from './commit-queue.ts';
import { JSON_CONTENT } from './event-bytes.ts';
import { LINK_TYPE } from './links.ts';
import type { CommitSignal } from './reads.ts';
import { ANY } from './requests.ts';

const HELD_MS = 100;
const { STARTED, INPROGRESS } = operations.ScavengeResp.ScavengeResult;

type Start = ServerUnaryCall<operations.StartScavengeReq, operations.ScavengeResp>;

/**
 * The `StartScavenge` method of Operations. As on a live server, a scavenge has streams of its own: `$scavenges`
 * links to its start and end, `$scavengePoints` says how far it goes.
 */
export function scavenges(queue: CommitQueue, commits: CommitSignal): UntypedServiceImplementation {
  let running: string | undefined;

  async function write(stream: string, type: string, data: string, contentType = JSON_CONTENT): Promise<number> {
    const event = { id: randomUUID(), type, contentType, data: Buffer.from(data), metadata: new Uint8Array(0) };
    const outcome = await queue.submit({ kind: 'append', stream, expected: ANY, events: [event] });
    if (outcome.kind === 'done') return outcome.revision;
    throw new Error('reason' in outcome ? outcome.reason : outcome.kind);
  }

  async function record(scavengeId: string, type: string, more: Readonly<Record<string, unknown>>): Promise<void> {
    const stream = `$scavenges-${scavengeId}`;
    const revision = await write(stream, type, JSON.stringify({ scavengeId, ...more }));
    await write('$scavenges', LINK_TYPE, `${revision}@${stream}`, 'application/octet-stream');
  }

  /** Rests as long as it works, so that appends have the other half of the time. */
  async function carryOut(): Promise<string | undefined> {
    for (;;) {
      const began = performance.now();
      const answer = await queue.scavenge();
      if (answer === 'done') return undefined;
      if (typeof answer === 'object') return answer.failed;
      if (commits.isOver()) return undefined;
      await sleep(answer === 'held' ? HELD_MS : performance.now() - began);
    }
  }

  async function run(scavengeId: string, nodeEndpoint: string): Promise<void> {
    const began = performance.now();
    await record(scavengeId, '$scavengeStarted', { nodeEndpoint });
    await write('$scavengePoints', '$scavengePoint', JSON.stringify({ threshold: 0 }));
    const error = await carryOut();
    if (commits.isOver()) return;
    if (error !== undefined) console.error(`hidden events were not removed: ${error}`);
    const timeTaken = `${Math.round(performance.now() - began)} ms`;
    const result = error === undefined ? 'Success' : 'Failed';
    await record(scavengeId, '$scavengeCompleted', { nodeEndpoint, result, error: error ?? null, timeTaken });
  }

  return {
    startScavenge(call: Start, answer: sendUnaryData<operations.ScavengeResp>): void {
      const response = new operations.ScavengeResp();
      response.setScavengeResult(running === undefined ? STARTED : INPROGRESS);
      if (running === undefined) {
        running = randomUUID();
        // A full disk keeps it from being recorded; then the client asks again.
        void run(running, call.getHost())
          .catch((error: Error) => console.error(`a scavenge was not recorded: ${error.message}`))
          .finally(() => {
            running = undefined;
          });
      }
      response.setScavengeId(running);
      answer(null, response);
    },
  };
}
