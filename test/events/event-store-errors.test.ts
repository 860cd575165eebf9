import { expect, test } from 'vitest';
import {
  asOurs,
  EventStoreNotWriting,
  EventStoreOverloaded,
  EventStoreUnavailable,
  StreamDeleted,
} from '../../src/events/event-store-errors.ts';

const grpc = (code: number) => Object.assign(new Error(`gRPC ${code}`), { code });
/** As the client passes on what it has no class for. */
const says = (code: number, details: string) =>
  Object.assign(new Error(`${code}: ${details}`), { type: 'unknown', code });
const typed = (type: string, code: number) => Object.assign(grpc(code), { type });

test.each([
  // A server that takes many resets for an attack closes the connection with this one.
  ['a connection that was closed by a fault', grpc(13)],
  ['a server that is not there', grpc(14)],
  ['a deadline', grpc(4)],
  ['a node that does not lead', typed('not-leader', 5)],
  ['a call that was cancelled', typed('cancelled', 1)],
  ['a server that has too much to do', typed('unknown', 8)],
])('%s means: try again later', (_, error) => {
  const unavailable = asOurs(error, 'append to call-acme.1');
  expect(unavailable).toBeInstanceOf(EventStoreUnavailable);
  expect(unavailable).toMatchObject({ cause: error, message: expect.stringMatching(/^append to call-acme\.1: gRPC/) });
});

test.each([
  ['an append that is too large', typed('maximum-append-size-exceeded', 3)],
  ['a message that is too large to be read', says(8, 'Received message larger than max (20000000 vs 17825792)')],
  ['one too large to be sent', says(8, 'Attempted to send message with a size larger than 17825792')],
  ['one too large for a KurrentDB', says(8, 'Received message exceeds the maximum configured message size.')],
  ['a position that never was an event’s', says(3, 'Trying to read from an invalid position.')],
  ['a mistake of ours', new TypeError('no')],
])('%s does not', (_, error) => expect(asOurs(error, 'x')).toBe(error));

test.each([
  ['of a batch', Object.assign(new Error(), { type: 'access-denied' })],
  ['of a call of its own', typed('access-denied', 7)],
  ['of a name or password', typed('access-denied', 16)],
  ['without a class of the client’s', grpc(7)],
])('a right that is missing is a refusal with that reason: %s', (_, error) => {
  expect(asOurs(error, 'append to call-acme.1')).toBeInstanceOf(EventStoreNotWriting);
  expect(asOurs(error, 'append to call-acme.1')).toMatchObject({ reason: 'access denied', cause: error });
});

test('a batch append that a server which is not ready refuses may be tried again', () => {
  const error = Object.assign(new Error('Could not recognize Server Is Not Ready'), { type: 'unknown' });
  expect(asOurs(error, 'append to call-acme.1')).toBeInstanceOf(EventStoreUnavailable);
  expect(asOurs(error, 'append to call-acme.1')).not.toBeInstanceOf(EventStoreNotWriting);
});

test('a stream that was deleted for good is told as such', () => {
  const error = typed('stream-deleted', 9);
  expect(asOurs(error, 'x')).toBeInstanceOf(StreamDeleted);
  expect(asOurs(error, 'x')).toMatchObject({ cause: error });
});

test('what was not even sent stays told apart, and is unavailable all the same', () => {
  const error = new EventStoreOverloaded('no room');
  expect(asOurs(error, 'x')).toBe(error);
  expect(error).toBeInstanceOf(EventStoreUnavailable);
  expect(error.name).toBe('EventStoreUnavailable');
});

test.each([
  ['Could not recognize the disk is full', 'the disk is full'],
  ['14 UNAVAILABLE: the log is read-only', 'the log is read-only'],
  ['Could not recognize Server Is Read Only', 'Server Is Read Only'],
  ['2 UNKNOWN: There is not enough space: No space left on device', 'No space left on device'],
  ['Could not recognize the log cannot be written: disk I/O error', 'the log cannot be written: disk I/O error'],
])('%s: the store does not write, and why', (message, reason) => {
  const error = Object.assign(new Error(message), { type: 'unknown' });
  expect(asOurs(error, 'append to call-acme.1')).toMatchObject({ reason, cause: error, name: 'EventStoreUnavailable' });
  expect(asOurs(error, 'append to call-acme.1')).toBeInstanceOf(EventStoreNotWriting);
});
