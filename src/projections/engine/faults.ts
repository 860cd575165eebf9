import pg from 'pg';
import { type FactPlace, UnreadableFact } from '../../events/codec.ts';
import { EventStoreUnavailable } from '../../events/event-log.ts';
import { isDatabaseUnavailable, isRefused, safeErrorMessage } from '../../postgres/errors.ts';

/** A fact that a projection cannot apply. It has no `cause`, which might quote personal data. */
export class BrokenFact extends Error {
  override readonly name = 'BrokenFact';
  readonly fact: FactPlace;
  /** Why, without content. */
  readonly reason: string;
  constructor(fact: FactPlace, error: unknown) {
    const reason = reasonOf(error);
    const { type, position, stream, revision } = fact;
    super(`${type} at position ${position} (${stream}@${revision}) cannot be applied: ${reason}`);
    this.fact = { type, position, stream, revision };
    this.reason = reason;
  }
}

/** Names, codes and places in the code; no messages of others' errors, which may quote personal data. */
export function reasonOf(error: unknown): string {
  if (error instanceof UnreadableFact) return error.message;
  if (error instanceof pg.DatabaseError) return safeErrorMessage(error);
  if (!(error instanceof Error)) return `${typeof error} was thrown`;
  const { code } = error as { code?: unknown };
  const at = placeOf(error);
  return `${error.name}${typeof code === 'string' ? ` ${code}` : ''}${at ? ` at ${at}` : ''}`;
}

/** The folder, file and line where it was thrown: no path of this machine. */
function placeOf({ message, stack = '' }: Error): string | undefined {
  const frames = stack.slice(stack.indexOf(message) + message.length).split('\n');
  const ours = frames.find((frame) => frame.includes('/') && !/node:|node_modules/.test(frame)) ?? '';
  return /([^/\\]+[/\\][^/\\]+:\d+):\d+\)?$/.exec(ours)?.[1];
}

/** Whether facts are at fault, so that applying them again would fail again; not a lost connection or a full store. */
export function isFactsFault(error: unknown, connection?: { readonly lost: AbortSignal }): boolean {
  if (connection?.lost.aborted) return false;
  if (error instanceof pg.DatabaseError) return isRefused(error);
  if (error instanceof EventStoreUnavailable) return false;
  return !isDatabaseUnavailable(error) && !(error instanceof Error && error.name === 'AbortError');
}
