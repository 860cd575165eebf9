import type shared from '@eventstore/db-client/generated/shared_pb.js';
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { NewEvent } from './event-bytes.ts';
import { type Filter, readFilter } from './filters.ts';

/** The name in it. Throws on an empty one. */
export function streamName(identifier: shared.StreamIdentifier | undefined): string {
  const name = Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();
  if (name === '') throw new Error('a stream needs a name');
  return name;
}

/** Wire numbers have 64 bits; no log of ours comes near 2^53. */
const wholeNumber = (text: string): number => Math.min(Number(text), Number.MAX_SAFE_INTEGER - 1);

/** Clients may send a UUID as text or as two signed halves. */
export function uuidText(uuid: shared.UUID | undefined): string {
  const halves = uuid?.getStructured();
  if (!halves) return uuid?.getString().toLowerCase() ?? '';
  const hex = (half: string) => BigInt.asUintN(64, BigInt(half)).toString(16).padStart(16, '0');
  const digits = hex(halves.getMostSignificantBits()) + hex(halves.getLeastSignificantBits());
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * What a caller expects of a stream before the append: the revision it last saw, or one of three words. The
 * numbers are EventStoreDB's own; its errors carry them.
 */
export type ExpectedRevision = number;

export const NO_STREAM = -1;
export const ANY = -2;
export const STREAM_EXISTS = -4;

type Words = { hasNoStream(): boolean; hasAny(): boolean; hasStreamExists(): boolean };

/** The expectation in a request; `revision` is the number in it, which counts when there is no word. */
export function expectedRevision(words: Words, revision: string): ExpectedRevision {
  if (words.hasNoStream()) return NO_STREAM;
  if (words.hasAny()) return ANY;
  if (words.hasStreamExists()) return STREAM_EXISTS;
  return wholeNumber(revision);
}

type Proposed = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
// Metadata does not count for the size of an append, but a client takes no message above 17 MiB: a larger event would
// stop every subscription that comes to it.
const MAX_METADATA = 15 * 1024 * 1024;
const NIL = '00000000-0000-0000-0000-000000000000';

/** Throws on what a live server refuses: an id that is no UUID, or the nil one, and an event without a type. */
export function proposedEvent(message: Proposed): NewEvent {
  const id = uuidText(message.getId());
  if (!UUID.test(id) || id === NIL) throw new Error(`"${id}" is no event id`);
  const metadata = message.getCustomMetadata_asU8();
  if (metadata.length > MAX_METADATA) throw new Error('the metadata is too large to be read again');
  const properties = message.getMetadataMap();
  const type = properties.get('type');
  if (!type) throw new Error('an event needs a type');
  return {
    id,
    type,
    contentType: properties.get('content-type') ?? 'application/octet-stream',
    data: message.getData_asU8(),
    metadata,
  };
}

/** A revision, or one end of the stream. */
type From = number | 'start' | 'end';

export type ReadRequest = {
  readonly subscription: boolean;
  readonly backwards: boolean;
  readonly count: number;
  readonly resolveLinks: boolean;
} & (
  | { readonly of: 'stream'; readonly stream: string; readonly from: From }
  | { readonly of: 'all'; readonly from: AllPosition | 'start' | 'end'; readonly filter: Filter | undefined }
);

type AllPosition = { readonly commit: number; readonly prepare: number };

/** Throws on what a live server refuses as malformed. */
export function readRequest(request: streams.ReadReq): ReadRequest {
  const options = request.getOptions();
  if (!options) throw new Error('a read needs options');
  const common = {
    subscription: options.hasSubscription(),
    backwards: options.getReadDirection() === 1,
    count: wholeNumber(options.getCount()),
    resolveLinks: options.getResolveLinks(),
  };
  const filter = options.getFilter();
  const all = options.getAll();
  if (all) return { ...common, of: 'all', from: allFrom(all), filter: filter && readFilter(filter) };
  const stream = options.getStream();
  return { ...common, of: 'stream', stream: streamName(stream?.getStreamIdentifier()), from: streamFrom(stream) };
}

function streamFrom(options: streams.ReadReq.Options.StreamOptions | undefined): From {
  if (!options || options.hasStart()) return 'start';
  // A revision that does not fit the server's signed number is read as -1, which it takes for the end.
  if (options.hasEnd() || BigInt(options.getRevision()) > 0x7fff_ffff_ffff_ffffn) return 'end';
  return wholeNumber(options.getRevision());
}

function allFrom(options: streams.ReadReq.Options.AllOptions): AllPosition | 'start' | 'end' {
  if (options.hasStart()) return 'start';
  const position = options.getPosition();
  if (!position) return 'end';
  return { commit: wholeNumber(position.getCommitPosition()), prepare: wholeNumber(position.getPreparePosition()) };
}
