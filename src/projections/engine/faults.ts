import pg from 'pg';
import { type FactPlace, UnreadableFact } from '../../events/codec.ts';

type Said = { readonly message?: unknown; readonly code?: unknown; readonly name?: unknown };

/**
 * What may be said of an error in a log: Postgres quotes values in its messages, and values may be personal data. Takes
 * whatever was thrown or emitted: pg-boss emits copies of errors, which are plain objects.
 */
export function describe(error: unknown): string {
  if (typeof error !== 'object' || error === null)
    return typeof error === 'string' ? error : `${typeof error} was thrown`;
  const { code, message, name } = error as Said;
  if (isOfPostgres(error)) {
    const { constraint, table } = error as Partial<pg.DatabaseError>;
    return `Postgres ${code}${constraint ? ` (${constraint})` : ''}${table ? ` on ${table}` : ''}`;
  }
  const words = typeof message === 'string' ? message : '';
  if (typeof code === 'string' && !words.includes(code)) return words ? `${code} ${words}` : code;
  if (words) return words;
  // One for each address that was tried.
  if (error instanceof AggregateError) return [...new Set(error.errors.map(describe))].join(', ') || error.name;
  return typeof name === 'string' ? name : 'an object was thrown';
}

/** Also a copy: only the server's own answers have a severity beside the code. */
const isOfPostgres = (error: object): boolean =>
  error instanceof pg.DatabaseError || ('severity' in error && 'code' in error && typeof error.code === 'string');

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
  if (error instanceof pg.DatabaseError) return describe(error);
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

/** Of Postgres: a value is refused (22, 23), more than a row or an index holds (54), a key twice in one statement (21). */
const REFUSED = /^(21|22|23|54)/;
/** What the driver says of a connection that is gone; it gives no code with these. */
const DRIVER_SAYS = /^(Connection terminated|timeout |Query read timeout|Client (has|was) |Cannot use a pool)/;
const SYSTEM_CODE = /^(E(?!RR_)[A-Z]+|ERR_STREAM|ABORT_ERR|CONNECTION_)/;

/** Whether facts are at fault, so that applying them again would fail again; not a lost connection or a full store. */
export function isFactsFault(error: unknown, connection?: { readonly lost: AbortSignal }): boolean {
  if (connection?.lost.aborted) return false;
  if (error instanceof pg.DatabaseError) return REFUSED.test(error.code ?? '');
  if (!(error instanceof Error)) return true;
  if (error instanceof AggregateError) return error.errors.every((one) => isFactsFault(one)); // one per address tried
  const { code } = error as { code?: unknown };
  if (error.name === 'AbortError' || (typeof code === 'string' && SYSTEM_CODE.test(code))) return false;
  return !DRIVER_SAYS.test(error.message);
}
