import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream, ServerReadableStream, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import {
  appendTooLarge,
  type BatchAnswer,
  badRequest,
  batchAnswer,
  deadlineOf,
  MAX_APPEND_SIZE,
  placed,
  refusalOf,
  shuttingDown,
  wrongExpectedVersion,
} from './answers.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Outcome } from './decide.ts';
import type { NewEvent } from './event-bytes.ts';
import type { CommitSignal } from './reads.ts';
import { expectedRevision, proposedEvent, streamName, uuidText } from './requests.ts';

type AppendCall = ServerReadableStream<streams.AppendReq, streams.AppendResp>;
type AppendOptions = streams.AppendReq.Options;

/** The `Append` method: options, then one message per event. The client goes this way when a call has credentials. */
export function append(queue: CommitQueue) {
  return async (call: AppendCall, answer: sendUnaryData<streams.AppendResp>): Promise<void> => {
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

async function received(call: AppendCall) {
  let options: AppendOptions | undefined;
  const events: NewEvent[] = [];
  let size = 0;
  for await (const request of call as AsyncIterable<streams.AppendReq>) {
    options ??= request.getOptions();
    const message = request.getProposedMessage();
    if (!message) continue;
    size += message.getData_asU8().length;
    // The rest of an append that is too large is read and dropped.
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

function wrongRevision(expected: AppendOptions, actual: number): streams.AppendResp {
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

type BatchCall = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;
type BatchOptions = streams.BatchAppendReq.Options;

/** An append whose messages are still coming in. */
type Incoming = { options: BatchOptions; events: NewEvent[]; size: number; malformed: boolean };

/** The `BatchAppend` method: the client's usual path. Many appends share a call, each known by a correlation id. */
export function batchAppend(queue: CommitQueue, commits: CommitSignal) {
  return async (call: BatchCall): Promise<void> => {
    const incoming = new Map<string, Incoming>();
    const underWay = new Set<Promise<void>>();
    call.on('error', () => {});
    const stopListening = commits.onCommit(() => {
      if (!commits.isOver()) return;
      stopListening();
      void queue.idle().then(() => call.emit('error', shuttingDown));
    });
    call.on('close', stopListening);

    async function finish(request: streams.BatchAppendReq, { options, events, size, malformed }: Incoming) {
      const answer = (result: BatchAnswer) => {
        if (!call.cancelled && !call.writableEnded)
          call.write(batchAnswer(request.getCorrelationId(), options, result));
      };
      if (malformed) return answer({ kind: 'bad request' });
      if (size > MAX_APPEND_SIZE) return answer({ kind: 'too large' });
      const stream = streamName(options.getStreamIdentifier());
      const expected = expectedRevision(options, options.getStreamPosition());
      answer(await queue.submit({ kind: 'append', stream, expected, events }, batchDeadlineOf(options)));
    }

    try {
      for await (const request of call as AsyncIterable<streams.BatchAppendReq>) {
        const id = uuidText(request.getCorrelationId());
        const append = incoming.get(id) ?? begin(request);
        if (!append) continue;
        receive(append, request);
        if (request.getIsFinal()) {
          incoming.delete(id);
          const finished: Promise<void> = finish(request, append).finally(() => underWay.delete(finished));
          underWay.add(finished);
        } else incoming.set(id, append);
        await queue.room();
      }
      await Promise.all(underWay);
      call.end();
    } catch {
      // The connection broke: what was submitted is carried out, without an answer.
    }
  };
}

function begin(request: streams.BatchAppendReq): Incoming | undefined {
  const options = request.getOptions();
  if (!options) return undefined;
  const named = (options.getStreamIdentifier()?.getStreamName_asU8().length ?? 0) > 0;
  return { options, events: [], size: 0, malformed: !named };
}

function receive(incoming: Incoming, request: streams.BatchAppendReq): void {
  for (const message of request.getProposedMessagesList()) {
    incoming.size += message.getData_asU8().length;
    // The rest of an append that is too large is read and dropped.
    if (incoming.size > MAX_APPEND_SIZE || incoming.malformed) {
      incoming.events = [];
      continue;
    }
    try {
      incoming.events.push(proposedEvent(message));
    } catch {
      incoming.malformed = true;
    }
  }
}

/** The client sends the deadline along and leaves it to the server to keep it. */
const batchDeadlineOf = (options: BatchOptions): number =>
  options.getDeadline()?.toDate().getTime() ?? Number.POSITIVE_INFINITY;

/** The `Delete` method: a soft deletion, which is a matter of metadata. */
export const softDelete = (queue: CommitQueue) =>
  remove<streams.DeleteReq, streams.DeleteResp>(queue, 'delete', (position) =>
    new streams.DeleteResp().setPosition(placed(new streams.DeleteResp.Position(), position)),
  );

/** The `Tombstone` method: the stream's name is never used again. */
export const tombstone = (queue: CommitQueue) =>
  remove<streams.TombstoneReq, streams.TombstoneResp>(queue, 'tombstone', (position) =>
    new streams.TombstoneResp().setPosition(placed(new streams.TombstoneResp.Position(), position)),
  );

function remove<Request extends streams.DeleteReq | streams.TombstoneReq, Response>(
  queue: CommitQueue,
  kind: 'delete' | 'tombstone',
  responseAt: (position: number) => Response,
) {
  return async (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>): Promise<void> => {
    const options = call.request.getOptions();
    if (!options?.getStreamIdentifier()?.getStreamName_asU8().length) return answer(badRequest());
    const stream = streamName(options.getStreamIdentifier());
    const expected = expectedRevision(options, options.getRevision());
    const outcome = await queue.submit({ kind, stream, expected, events: [] }, deadlineOf(call));
    if (outcome.kind === 'done') answer(null, responseAt(outcome.position ?? 0));
    else if (outcome.kind === 'wrong revision') answer(wrongExpectedVersion(stream, `${expected}`, outcome.actual));
    else answer(refusalOf(outcome, stream));
  };
}
