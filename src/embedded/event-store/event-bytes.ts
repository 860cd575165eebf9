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
const INT64_MAX = 0x7fff_ffff_ffff_ffffn;

/**
 * Encodes an event as the `ReadResp` message that every read sends. It is written by hand for speed;
 * `event-bytes.test.ts` compares it with the generated classes.
 */
export function encodeEvent(event: NewEvent, at: Place): Buffer {
  const stream = Buffer.from(at.stream);
  const type = Buffer.from(event.type);
  const contentType = Buffer.from(event.contentType);
  // .NET counts in steps of 100 ns
  const created = Buffer.from(`${at.created}0000`);
  const revision = at.revision === TOMBSTONE ? INT64_MAX : at.revision;

  const id = 2 + event.id.length;
  const name = fieldSize(stream.length);
  const record =
    fieldSize(id) +
    fieldSize(name) +
    numberSize(revision) +
    numberSize(at.position) * 2 +
    entrySize('type', type) +
    entrySize('content-type', contentType) +
    entrySize('created', created) +
    fieldSize(event.metadata.length) +
    fieldSize(event.data.length);
  const readEvent = fieldSize(record) + numberSize(at.position);

  const out = Buffer.allocUnsafe(fieldSize(readEvent));
  let end = 0;
  const tag = (field: number, wire: 0 | 2): void => {
    out[end++] = (field << 3) | wire;
  };
  const varint = (value: number | bigint): void => {
    end = writeVarint(out, end, value);
  };
  const open = (field: number, size: number): void => {
    tag(field, 2);
    varint(size);
  };
  const bytes = (field: number, value: Uint8Array): void => {
    open(field, value.length);
    out.set(value, end);
    end += value.length;
  };
  const text = (field: number, value: string): void => {
    open(field, value.length);
    end += out.write(value, end, 'latin1');
  };
  const number = (field: number, value: number | bigint): void => {
    tag(field, 0);
    varint(value);
  };
  const entry = (key: string, value: Uint8Array): void => {
    open(6, 2 + key.length + fieldSize(value.length));
    text(1, key);
    bytes(2, value);
  };

  open(1, readEvent); // ReadResp.event
  open(1, record); // ReadEvent.event
  open(1, id);
  text(2, event.id); // UUID.string
  open(2, name);
  bytes(3, stream); // StreamIdentifier.stream_name
  number(3, revision);
  number(4, at.position); // prepare
  number(5, at.position); // commit
  entry('type', type);
  entry('content-type', contentType);
  entry('created', created);
  bytes(7, event.metadata);
  bytes(8, event.data);
  number(3, at.position); // ReadEvent.commit_position
  return out;
}

/** Whether the client will take the data for JSON. */
export const isJson = (event: NewEvent): boolean => event.contentType === JSON_CONTENT;

function writeVarint(out: Buffer, at: number, value: number | bigint): number {
  let end = at;
  if (typeof value === 'bigint') {
    for (; value > 0x7fn; value >>= 7n) out[end++] = Number(value & 0x7fn) | 0x80;
    out[end++] = Number(value);
    return end;
  }
  let rest = value;
  // Beyond 31 bits the shift operators no longer hold a position.
  for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) out[end++] = (rest % 128) | 0x80;
  for (; rest > 0x7f; rest >>>= 7) out[end++] = (rest & 0x7f) | 0x80;
  out[end++] = rest;
  return end;
}

function varintSize(value: number | bigint): number {
  if (typeof value === 'bigint') return Math.ceil(value.toString(2).length / 7);
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** A field of that many bytes, with its one-byte tag and its length. */
const fieldSize = (length: number): number => 1 + varintSize(length) + length;
const numberSize = (value: number | bigint): number => 1 + varintSize(value);
const entrySize = (key: string, value: Uint8Array): number => fieldSize(2 + key.length + fieldSize(value.length));
