import jspb from 'google-protobuf';
import { TOMBSTONE } from './schema.ts';

export type NewEvent = {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
};

export type Place = {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  /** milliseconds since 1970 */
  readonly created: number;
};

export const JSON_CONTENT = 'application/json';
const INT64_MAX = '9223372036854775807';

/** Encodes an event as the `ReadResp` that every read sends. Field by field it takes half of the generated classes' time. */
export function encodeEvent(event: NewEvent, at: Place): Buffer {
  const out = new jspb.BinaryWriter();
  const message = (field: number, write: () => void) => out.writeMessage(field, event, write);
  message(1, () => {
    message(1, () => writeRecord(out, message, event, at)); // ReadEvent.event
    out.writeUint64(3, at.position); // ReadEvent.commit_position
  });
  const { buffer, byteOffset, byteLength } = out.getResultBuffer();
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** The fields of a `RecordedEvent`. */
function writeRecord(
  out: jspb.BinaryWriter,
  message: (field: number, write: () => void) => void,
  event: NewEvent,
  { stream, revision, position, created }: Place,
): void {
  const entry = (key: string, value: string) =>
    message(6, () => {
      out.writeString(1, key);
      out.writeString(2, value);
    });
  message(1, () => out.writeString(2, event.id)); // UUID.string
  message(2, () => out.writeBytes(3, Buffer.from(stream))); // StreamIdentifier.stream_name
  if (revision === TOMBSTONE) out.writeUint64String(3, INT64_MAX);
  else out.writeUint64(3, revision);
  out.writeUint64(4, position); // prepare
  out.writeUint64(5, position); // commit
  entry('type', event.type);
  entry('content-type', event.contentType);
  entry('created', `${created}0000`); // .NET counts in steps of 100 ns
  out.writeBytes(7, event.metadata);
  out.writeBytes(8, event.data);
}

/** Whether the client will take the data for JSON. */
export const isJson = (event: NewEvent): boolean => event.contentType === JSON_CONTENT;
