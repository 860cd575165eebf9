import { type EventLog, readLeft } from '../../events/event-log.ts';
import type { DifferingRow } from '../engine/compare.ts';

/** One value that is not what the log says; or a whole row that is there and should not be, or the other way round. */
export type Difference = {
  readonly table: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly column?: string;
  /** Instead of a column. `missing`: the log calls for it; `extra`: the log knows nothing of it. */
  readonly row?: 'missing' | 'extra';
  /** As JSON has them. What is long is text, cut to where they part. */
  readonly live?: unknown;
  readonly rebuilt?: unknown;
  /** What the row is made of, in the order of the log; the first of them where there are many. */
  readonly facts: readonly BehindFact[];
};

export type BehindFact = { readonly stream: string; readonly position: string; readonly type: string };

/** A difference before the log was asked, and the streams to ask for. */
export type Noted = Omit<Difference, 'facts'> & { readonly streams: readonly string[] };

export function notesOf({ table, only, columns, live, rebuilt }: DifferingRow, streams: readonly string[]): Noted[] {
  const some = rebuilt ?? live!;
  const about = { table: table.name, key: Object.fromEntries(table.key.map((column) => [column, some[column]])) };
  if (only === 'live') return [{ ...about, row: 'extra', live: parting(live, undefined)[0], streams }];
  if (only === 'rebuilt') return [{ ...about, row: 'missing', rebuilt: parting(rebuilt, undefined)[0], streams }];
  return columns.map((column) => {
    const [one, other] = parting(live![column], rebuilt![column]);
    return { ...about, column, live: one, rebuilt: other, streams };
  });
}

const LONG = 400;
const BEFORE = 80;

/** Two values for a person: whole when they are short, else as text from shortly before the place where they part. */
function parting(live: unknown, rebuilt: unknown): readonly [unknown, unknown] {
  const [one, other] = [live, rebuilt].map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  if (Math.max(one?.length ?? 0, other?.length ?? 0) <= LONG) return [live, rebuilt];
  let at = 0;
  if (one !== undefined && other !== undefined) while (at < one.length && one[at] === other[at]) at++;
  const start = Math.max(0, at - BEFORE);
  const cut = (value: unknown, text: string | undefined) =>
    text === undefined || value === null ? value : excerpt(text, start);
  return [cut(live, one), cut(rebuilt, other)];
}

const excerpt = (text: string, start: number): string =>
  `${start > 0 ? '…' : ''}${text.slice(start, start + LONG)}${start + LONG < text.length ? '…' : ''}`;

const FACTS = 50;

/** Reads from the log what stands behind each, up to a position. Throws EventStoreUnavailable. */
export async function withFacts(
  log: EventLog,
  noted: readonly Noted[],
  upTo: bigint | undefined,
  signal: AbortSignal,
): Promise<Difference[]> {
  const read = new Map<string, readonly BehindFact[]>();
  for (const stream of new Set(noted.flatMap(({ streams }) => streams))) {
    signal.throwIfAborted();
    const events = await readLeft(log, stream, { max: FACTS });
    const taken = events.filter(({ position }) => upTo !== undefined && position <= upTo);
    read.set(
      stream,
      taken.map(({ position, type }) => ({ stream, position: `${position}`, type })),
    );
  }
  return noted.map(({ streams, ...difference }) => {
    const facts = streams.flatMap((stream) => read.get(stream)!);
    facts.sort((a, b) => (BigInt(a.position) < BigInt(b.position) ? -1 : 1));
    return { ...difference, facts: facts.slice(0, FACTS) };
  });
}
