import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import type { CommitQueue } from './commit-queue.ts';
import { expectedRevision } from './expected-revision.ts';
import { placed } from './position.ts';
import { badRequest, deadlineOf, type Refusal, refusalOf, wrongExpectedVersion } from './refusal.ts';
import { streamName } from './request-values.ts';

/** The `Delete` method: a soft deletion, which is a matter of metadata. */
export const softDelete =
  (queue: CommitQueue) =>
  (
    call: ServerUnaryCall<streams.DeleteReq, streams.DeleteResp>,
    answer: sendUnaryData<streams.DeleteResp>,
  ): Promise<void> =>
    remove(queue, 'delete', call.request.getOptions(), deadlineOf(call), (refusal, position) => {
      if (refusal) return answer(refusal);
      answer(null, new streams.DeleteResp().setPosition(placed(new streams.DeleteResp.Position(), position)));
    });

/** The `Tombstone` method: the stream's name is never used again. */
export const tombstone =
  (queue: CommitQueue) =>
  (
    call: ServerUnaryCall<streams.TombstoneReq, streams.TombstoneResp>,
    answer: sendUnaryData<streams.TombstoneResp>,
  ): Promise<void> =>
    remove(queue, 'tombstone', call.request.getOptions(), deadlineOf(call), (refusal, position) => {
      if (refusal) return answer(refusal);
      answer(null, new streams.TombstoneResp().setPosition(placed(new streams.TombstoneResp.Position(), position)));
    });

type Options = streams.DeleteReq.Options | streams.TombstoneReq.Options | undefined;

async function remove(
  queue: CommitQueue,
  kind: 'delete' | 'tombstone',
  options: Options,
  deadline: number,
  answer: (refusal: Refusal | undefined, position: number) => void,
): Promise<void> {
  const name = options?.getStreamIdentifier()?.getStreamName_asU8();
  if (!options || !name?.length) return answer(badRequest(), 0);
  const stream = streamName(options.getStreamIdentifier());
  const expected = expectedRevision(options, options.getRevision());
  const outcome = await queue.submit({ kind, stream, expected, events: [] }, deadline);
  if (outcome.kind === 'done') return answer(undefined, outcome.position ?? 0);
  if (outcome.kind === 'wrong revision') return answer(wrongExpectedVersion(stream, `${expected}`, outcome.actual), 0);
  answer(refusalOf(outcome, stream), 0);
}
