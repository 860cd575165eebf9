import { type Deadline, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Outcome } from './command.ts';

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

/** How a call of its own fails when its command was not carried out. */
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
      return { code: status.UNAVAILABLE, details: `the event-store node could not write: ${outcome.reason}` };
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
