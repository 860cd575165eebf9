import type streams from '@eventstore/db-client/generated/streams_pb.js';

export type Filter = {
  readonly shows: (stream: string, type: string) => boolean;
  /** A checkpoint follows every so many events considered, whether they are shown or not. */
  readonly checkpointEvery: number;
};

const DEFAULT_WINDOW = 32;

/** Throws on a regular expression that is none. */
export function readFilter(options: streams.ReadReq.Options.FilterOptions): Filter {
  const onType = options.hasEventType();
  const expression = onType ? options.getEventType() : options.getStreamIdentifier();
  const matches = matcher(expression?.getRegex() ?? '', expression?.getPrefixList() ?? []);
  const window = options.hasMax() ? options.getMax() : DEFAULT_WINDOW;
  return {
    shows: onType ? (_, type) => matches(type) : (stream) => matches(stream),
    checkpointEvery: Math.max(1, window) * Math.max(1, options.getCheckpointintervalmultiplier()),
  };
}

function matcher(regex: string, prefixes: readonly string[]): (text: string) => boolean {
  if (regex === '') return (text) => prefixes.some((prefix) => text.startsWith(prefix));
  const pattern = new RegExp(regex);
  return (text) => pattern.test(text);
}
