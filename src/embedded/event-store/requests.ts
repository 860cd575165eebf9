import type streams from '@eventstore/db-client/generated/streams_pb.js';
import { type Filter, readFilter } from './filter.ts';
import { streamName, wholeNumber } from './request-values.ts';

/** A revision, or one end of the stream. */
export type From = number | 'start' | 'end';

export type ReadRequest = {
  readonly subscription: boolean;
  readonly backwards: boolean;
  readonly count: number;
} & (
  | { readonly of: 'stream'; readonly stream: string; readonly from: From }
  | { readonly of: 'all'; readonly from: AllPosition | 'start' | 'end'; readonly filter: Filter | undefined }
);

export type AllPosition = { readonly commit: number; readonly prepare: number };

/** Throws on what a live server refuses as malformed. */
export function readRequest(request: streams.ReadReq): ReadRequest {
  const options = request.getOptions();
  if (!options) throw new Error('a read needs options');
  const common = {
    subscription: options.hasSubscription(),
    backwards: options.getReadDirection() === 1,
    count: wholeNumber(options.getCount()),
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
