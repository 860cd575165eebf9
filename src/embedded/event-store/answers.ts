import code from '@eventstore/db-client/generated/code_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statuses from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { type Deadline, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Outcome } from './decide.ts';

type Positioned = { setCommitPosition(value: string): unknown; setPreparePosition(value: string): unknown };

/** Fills in a position; here commit and prepare are always the same. */
export function placed<Message extends Positioned>(message: Message, position: number): Message {
  message.setCommitPosition(`${position}`);
  message.setPreparePosition(`${position}`);
  return message;
}

export const MAX_APPEND_SIZE = 1_048_576;

/** How a call fails: the status and, in its trailing metadata, the name by which the client knows the error. */
export type Refusal = Partial<ServiceError>;

export const badRequest = (details = 'Exception was thrown by handler.'): Refusal => ({
  code: status.UNKNOWN,
  details,
});

export const streamDeleted = (stream: string): Refusal =>
  refusal(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const wrongExpectedVersion = (stream: string, expected: string, actual: number): Refusal =>
  refusal(
    status.FAILED_PRECONDITION,
    `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': expected,
      'actual-version': `${actual}`,
    },
  );

export const appendTooLarge: Refusal = refusal(
  status.INVALID_ARGUMENT,
  `Maximum Append Size of ${MAX_APPEND_SIZE} Exceeded.`,
  { exception: 'maximum-append-size-exceeded', 'maximum-append-size': `${MAX_APPEND_SIZE}` },
);

export const consumerTooSlow: Refusal = {
  code: status.ABORTED,
  details: 'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.',
};

export const invalidPosition: Refusal = {
  code: status.INVALID_ARGUMENT,
  details: 'Trying to read from an invalid position.',
};

export const shuttingDown: Refusal = { code: status.UNAVAILABLE, details: 'Server is shutting down' };

/** How a call, other than a batch's, fails when its command was not carried out. */
export function refusalOf(
  outcome: Outcome & { kind: 'deleted' | 'not written' | 'timed out' },
  stream: string,
): Refusal {
  switch (outcome.kind) {
    case 'deleted':
      return streamDeleted(stream);
    case 'timed out':
      return { code: status.DEADLINE_EXCEEDED, details: 'Deadline exceeded' };
    case 'not written':
      return { code: status.UNAVAILABLE, details: outcome.reason };
  }
}

/** In milliseconds since 1970; infinite when the client gave none. */
export const deadlineOf = (call: { getDeadline(): Deadline }): number => Number(call.getDeadline());

function refusal(code: status, details: string, entries: Readonly<Record<string, string>>): Refusal {
  const metadata = new Metadata();
  // Header values are ASCII; a stream may be called anything.
  for (const [key, value] of Object.entries(entries)) metadata.set(key, value.replace(/[^ -~]/gu, encodeURIComponent));
  return { code, details, metadata };
}

/** The messages of a read that are not events. */
export const caughtUp = bytes((message) => message.setCaughtUp(new streams.ReadResp.CaughtUp()));

export const confirmation = (subscriptionId: string): Uint8Array =>
  bytes((message) => {
    const confirmed = new streams.ReadResp.SubscriptionConfirmation();
    confirmed.setSubscriptionId(subscriptionId);
    message.setConfirmation(confirmed);
  });

export const checkpoint = (position: number): Uint8Array =>
  bytes((message) => message.setCheckpoint(placed(new streams.ReadResp.Checkpoint(), position)));

export const streamNotFound = (stream: string): Uint8Array =>
  bytes((message) => {
    const identifier = new shared.StreamIdentifier();
    identifier.setStreamName(Buffer.from(stream));
    const notFound = new streams.ReadResp.StreamNotFound();
    notFound.setStreamIdentifier(identifier);
    message.setStreamNotFound(notFound);
  });

function bytes(fill: (message: streams.ReadResp) => void): Uint8Array {
  const message = new streams.ReadResp();
  fill(message);
  return Buffer.from(message.serializeBinary());
}

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
      return statusOf(code.Code.INVALID_ARGUMENT, 'BadRequest', new shared.BadRequest());
    case 'too large':
      return statusOf(code.Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', tooLarge());
    case 'wrong revision':
      return statusOf(code.Code.FAILED_PRECONDITION, 'WrongExpectedVersion', wrongRevision(options, result.actual));
    case 'deleted':
      return statusOf(code.Code.FAILED_PRECONDITION, 'StreamDeleted', deleted(options));
    case 'timed out':
      return statusOf(code.Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());
    case 'not written':
      // The client passes on the message of a detail that it does not know.
      return statusOf(code.Code.UNAVAILABLE, 'Empty', new empty.Empty(), result.reason);
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

function statusOf(
  code_: code.Code,
  name: string,
  details: { serializeBinary(): Uint8Array },
  message = name,
): statuses.Status {
  const packed = new any.Any();
  packed.pack(details.serializeBinary(), `event_store.client.${name}`);
  const result = new statuses.Status();
  result.setCode(code_);
  result.setMessage(message);
  result.setDetails(packed);
  return result;
}
