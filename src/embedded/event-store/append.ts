import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import type { Outcome } from './command.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { NewEvent } from './event-bytes.ts';
import { expectedRevision } from './expected-revision.ts';
import { placed } from './position.ts';
import { proposedEvent } from './proposed-event.ts';
import { appendTooLarge, badRequest, deadlineOf, MAX_APPEND_SIZE, refusalOf } from './refusal.ts';
import { streamName } from './request-values.ts';

type Call = ServerReadableStream<streams.AppendReq, streams.AppendResp>;
type Options = streams.AppendReq.Options;

/** The `Append` method: options, then one message per event. The client goes this way when a call has credentials. */
export function append(queue: CommitQueue) {
  return async (call: Call, answer: sendUnaryData<streams.AppendResp>): Promise<void> => {
    try {
      const { options, events, size } = await received(call);
      const stream = streamName(options.getStreamIdentifier());
      if (size > MAX_APPEND_SIZE) return answer(appendTooLarge);
      if (call.cancelled) return;
      const expected = expectedRevision(options, options.getRevision());
      const outcome = await queue.submit({ kind: 'append', stream, expected, events }, deadlineOf(call));
      if (outcome.kind === 'done') answer(null, success(outcome));
      else if (outcome.kind === 'wrong revision') answer(null, wrongRevision(options, outcome.actual));
      else answer(refusalOf(outcome, stream));
    } catch {
      answer(badRequest());
    }
  };
}

async function received(call: Call) {
  let options: Options | undefined;
  const events: NewEvent[] = [];
  let size = 0;
  for await (const request of call as AsyncIterable<streams.AppendReq>) {
    options ??= request.getOptions();
    const message = request.getProposedMessage();
    if (!message) continue;
    size += message.getData_asU8().length;
    // What is too much is read to its end and not kept.
    if (size <= MAX_APPEND_SIZE) events.push(proposedEvent(message));
  }
  if (!options) throw new Error('an append needs options');
  return { options, events, size };
}

function success({ revision, position }: Outcome & { kind: 'done' }): streams.AppendResp {
  const done = new streams.AppendResp.Success();
  done.setCurrentRevision(`${revision}`);
  if (position === undefined) done.setNoPosition(new shared.Empty());
  else done.setPosition(placed(new streams.AppendResp.Position(), position));
  const response = new streams.AppendResp();
  response.setSuccess(done);
  return response;
}

function wrongRevision(expected: Options, actual: number): streams.AppendResp {
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (actual < 0) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(`${actual}`);
  if (expected.hasNoStream()) wrong.setExpectedNoStream(new shared.Empty());
  else if (expected.hasAny()) wrong.setExpectedAny(new shared.Empty());
  else if (expected.hasStreamExists()) wrong.setExpectedStreamExists(new shared.Empty());
  else wrong.setExpectedRevision(expected.getRevision());
  const response = new streams.AppendResp();
  response.setWrongExpectedVersion(wrong);
  return response;
}
