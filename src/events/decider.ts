import { type DomainEvent, decode, type Fact } from './codec.ts';
import { type EventLog, EventStoreUnavailable, type Expected } from './event-log.ts';
import { digestOf, uuidOf } from './identity.ts';
import type { JsonFields } from './json.ts';
import type { FactMetadata } from './metadata.ts';
import type { NewEvent, Recorded } from './recorded.ts';

/** An event as it is decided. */
type Decided = { readonly type: string; readonly data: JsonFields };

/** What the events of one stream come to, and which events a command adds to them. Pure. */
export type Decider<State, Command, Event extends Decided, Refusal extends string = never> = {
  readonly initialState: State;
  readonly evolve: (state: State, event: Recorded) => State;
  /** `[]` where it is so already, a word where it cannot be. */
  readonly decide: (command: Command, state: State) => readonly Event[] | Refusal;
};

/** An `evolve` that reads the facts of these types and passes over others. Throws UnreadableFact. */
export const overFacts =
  <State, Event extends DomainEvent>(
    types: Readonly<Record<Event['type'], unknown>>,
    evolve: (state: State, fact: Fact<Event>) => State,
  ) =>
  (state: State, recorded: Recorded): State => {
    const fact = decode(recorded);
    return fact !== undefined && Object.hasOwn(types, fact.type) ? evolve(state, fact as Fact<Event>) : state;
  };

/**
 * A list with one more, for an `evolve`: the list itself, as a copy for each fact takes seconds in a long stream. What is
 * empty stays so, since it may be an initial state.
 */
export function withNext<T>(list: readonly T[], next: T): readonly T[] {
  if (list.length === 0) return [next];
  (list as T[]).push(next);
  return list;
}

export type Handled<State, Event> = {
  /** The stream's, with what was appended. */
  readonly state: State;
  /** Of the stream's newest event: a read model that has come this far shows the result. */
  readonly position: bigint | undefined;
  readonly appended: readonly Event[];
};

/** A writer loses a round only to another one that won it, so this is also how many may write at once. */
const ATTEMPTS = 20;

/**
 * Read, decide, append at the revision just read; after a conflict all again (C2).
 * Throws EventStoreUnavailable: it may have been written, and handling it again finds out.
 */
export async function handle<State, Command, Event extends Decided, Refusal extends string = never>(
  log: Pick<EventLog, 'read' | 'append'>,
  stream: string,
  { initialState, evolve, decide }: Decider<State, Command, Event, Refusal>,
  command: Command,
  metadata: FactMetadata,
  /** STORED FORMAT: the event's own id; undefined where its place and content make it. */
  idOf: (event: Event) => string | undefined = () => undefined,
): Promise<Handled<State, Event> | Refusal> {
  // Where all events of a stream are hidden, only a conflict tells its revision.
  let hidden: Expected = 'no_stream';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const seen = await log.read(stream);
    const newest = seen.at(-1);
    const expected = newest?.revision ?? hidden;
    const state = seen.reduce(evolve, initialState);
    const decided = decide(command, state);
    if (typeof decided === 'string') return decided;
    if (decided.length === 0) return { state, position: newest?.position, appended: [] };

    const next = (expected === 'no_stream' ? -1n : expected) + 1n;
    const events = decided.map((event, i): NewEvent => {
      const { type, data } = event;
      // The revision tells what is decided once more from the same append sent twice.
      const id = idOf(event) ?? uuidOf(stream, `${next + BigInt(i)}`, type, digestOf(data));
      return { id, type, data, metadata };
    });
    const result = await log.append(stream, expected, events);
    if (result.outcome === 'conflict') {
      hidden = result.actual;
      continue;
    }
    const position = result.position ?? newest?.position;
    // As the log will have it, but for the time, which is ours here.
    const recorded = { stream, position: position ?? 0n, recordedAt: metadata.receivedAt };
    return {
      state: events.reduce(
        (before, event, i) => evolve(before, { ...event, ...recorded, revision: next + BigInt(i) }),
        state,
      ),
      position,
      appended: decided,
    };
  }
  throw new EventStoreUnavailable(`${stream} changed under us ${ATTEMPTS} times`);
}
