import type streams from '@eventstore/db-client/generated/streams_pb.js';

export type Filter = {
  readonly shows: (stream: string, type: string) => boolean;
  /** A checkpoint follows every so many events considered, whether they are shown or not. */
  readonly checkpointEvery: number;
};

const DEFAULT_WINDOW = 32;

/** Throws on a regular expression that this node cannot match as a live server would. */
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
  const pattern = fromDotNet(regex);
  return (text) => pattern.test(text);
}

/** What .NET takes for letters of a word. */
const WORD = String.raw`\p{L}\p{Mn}\p{Nd}\p{Pc}`;

/** A live server matches as .NET does: digits and letters of every script. With `u`, JavaScript refuses what it lacks. */
function fromDotNet(regex: string): RegExp {
  let inClass = false;
  const translated = regex.replaceAll(/\\.|[[\]]/gs, (token) => {
    const wasInClass = inClass;
    if (token === '[' || token === ']') inClass = token === '[';
    if (token === '\\d') return String.raw`\p{Nd}`;
    if (token === '\\D') return String.raw`\P{Nd}`;
    if (token === '\\w') return wasInClass ? WORD : `[${WORD}]`;
    if (token === '\\W' && !wasInClass) return `[^${WORD}]`;
    if (token === '\\W' || token === '\\b' || token === '\\B') throw refusal(regex, `${token} is not supported here`);
    return token;
  });
  try {
    return new RegExp(translated, 'u');
  } catch (cause) {
    throw refusal(regex, cause instanceof Error ? cause.message.replace(/^.*: /s, '') : `${cause}`);
  }
}

const refusal = (regex: string, why: string): Error =>
  new Error(
    `the embedded node cannot match ${regex} as a live server does (${why}): use what .NET and JavaScript have in common, or prefixes`,
  );
