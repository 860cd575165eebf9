import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { type BatchAnswer, batchAnswer } from './answers.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { NewEvent } from './event-bytes.ts';
import { expectedRevision } from './expected-revision.ts';
import { proposedEvent } from './proposed-event.ts';
import { MAX_APPEND_SIZE } from './refusal.ts';
import { streamName, uuidText } from './request-values.ts';

type Call = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;
type Options = streams.BatchAppendReq.Options;

/** An append whose messages are still coming in. */
type Incoming = { options: Options; events: NewEvent[]; size: number; malformed: boolean };

/** The `BatchAppend` method: the client's usual path. Many appends share a call, each known by a correlation id. */
export function batchAppend(queue: CommitQueue) {
  return async (call: Call): Promise<void> => {
    const incoming = new Map<string, Incoming>();
    const underWay = new Set<Promise<void>>();
    call.on('error', () => {});

    async function finish(request: streams.BatchAppendReq, { options, events, size, malformed }: Incoming) {
      const answer = (result: BatchAnswer) => {
        if (!call.cancelled && !call.destroyed) call.write(batchAnswer(request.getCorrelationId(), options, result));
      };
      if (malformed) return answer({ kind: 'bad request' });
      if (size > MAX_APPEND_SIZE) return answer({ kind: 'too large' });
      const stream = streamName(options.getStreamIdentifier());
      const expected = expectedRevision(options, options.getStreamPosition());
      answer(await queue.submit({ kind: 'append', stream, expected, events }, deadlineOf(options)));
    }

    try {
      for await (const request of call as AsyncIterable<streams.BatchAppendReq>) {
        const id = uuidText(request.getCorrelationId());
        const known = incoming.get(id) ?? begin(request);
        if (!known) continue;
        receive(known, request);
        if (request.getIsFinal()) {
          incoming.delete(id);
          const finished: Promise<void> = finish(request, known).finally(() => underWay.delete(finished));
          underWay.add(finished);
        } else incoming.set(id, known);
        await queue.room();
      }
      await Promise.all(underWay);
      call.end();
    } catch {
      // The connection broke. What was handed over is carried out; nobody is left to answer.
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
    // What is too much is read to its end and not kept.
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
const deadlineOf = (options: Options): number => options.getDeadline()?.toDate().getTime() ?? Number.POSITIVE_INFINITY;
