import code from '@eventstore/db-client/generated/code_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statuses from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Outcome } from './command.ts';
import { placed } from './position.ts';
import { MAX_APPEND_SIZE } from './refusal.ts';

export type BatchAnswer = Outcome | { readonly kind: 'bad request' } | { readonly kind: 'too large' };

type Options = streams.BatchAppendReq.Options;

/** One answer of a batch call: how the append with that correlation id ended. */
export function batchAnswer(
  correlationId: shared.UUID | undefined,
  options: Options,
  result: BatchAnswer,
): streams.BatchAppendResp {
  const response = new streams.BatchAppendResp();
  response.setCorrelationId(correlationId);
  response.setStreamIdentifier(options.getStreamIdentifier());
  if (result.kind === 'done') response.setSuccess(success(result));
  else response.setError(failure(options, result));
  return response;
}

function success({ revision, position }: Outcome & { kind: 'done' }): streams.BatchAppendResp.Success {
  const done = new streams.BatchAppendResp.Success();
  done.setCurrentRevision(`${revision}`);
  if (position === undefined) done.setNoPosition(new empty.Empty());
  else done.setPosition(placed(new shared.AllStreamPosition(), position));
  return done;
}

function failure(options: Options, result: Exclude<BatchAnswer, { kind: 'done' }>): statuses.Status {
  switch (result.kind) {
    case 'bad request':
      return status(code.Code.INVALID_ARGUMENT, 'BadRequest', new shared.BadRequest());
    case 'too large':
      return status(code.Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', tooLarge());
    case 'wrong revision':
      return status(code.Code.FAILED_PRECONDITION, 'WrongExpectedVersion', wrongRevision(options, result.actual));
    case 'deleted':
      return status(code.Code.FAILED_PRECONDITION, 'StreamDeleted', deleted(options));
    case 'timed out':
      return status(code.Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());
    case 'not written':
      return status(code.Code.UNAVAILABLE, 'Unknown', new shared.Unknown());
  }
}

function tooLarge(): shared.MaximumAppendSizeExceeded {
  const exceeded = new shared.MaximumAppendSizeExceeded();
  exceeded.setMaxappendsize(MAX_APPEND_SIZE);
  return exceeded;
}

function deleted(options: Options): shared.StreamDeleted {
  const gone = new shared.StreamDeleted();
  gone.setStreamIdentifier(options.getStreamIdentifier());
  return gone;
}

function wrongRevision(expected: Options, actual: number): shared.WrongExpectedVersion {
  const wrong = new shared.WrongExpectedVersion();
  if (actual < 0) wrong.setCurrentNoStream(new empty.Empty());
  else wrong.setCurrentStreamRevision(`${actual}`);
  if (expected.hasNoStream()) wrong.setExpectedNoStream(new empty.Empty());
  else if (expected.hasAny()) wrong.setExpectedAny(new empty.Empty());
  else if (expected.hasStreamExists()) wrong.setExpectedStreamExists(new empty.Empty());
  else wrong.setExpectedStreamPosition(expected.getStreamPosition());
  return wrong;
}

function status(code_: code.Code, name: string, details: { serializeBinary(): Uint8Array }): statuses.Status {
  const packed = new any.Any();
  packed.pack(details.serializeBinary(), `event_store.client.${name}`);
  const result = new statuses.Status();
  result.setCode(code_);
  result.setMessage(name);
  result.setDetails(packed);
  return result;
}
