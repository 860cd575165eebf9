/**
 * Where a client stands in the feed: all changes up to the position `after` are behind it, and so are the first
 * `taken` of those that the fact right behind it made.
 */
export type Cursor = { readonly after: bigint; readonly taken: number };

/** What Postgres' bigint holds. */
const GREATEST = 2n ** 63n - 1n;

/**
 * A cursor as clients keep it, opaque to them: the position of the fact whose changes are all behind; or, where a
 * fact made several and not all were sent, `<position>.<how many>`.
 */
export function parseCursor(text: string): Cursor | undefined {
  const [, digits, taken] = /^(\d{1,19})(?:\.([1-9]\d{0,4}))?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const position = BigInt(digits);
  if (position > GREATEST || (taken !== undefined && position === 0n)) return undefined;
  return taken === undefined ? { after: position, taken: 0 } : { after: position - 1n, taken: Number(taken) };
}

/** The position up to which there has to be something in the log for a client to have come so far. */
export const furthestOf = ({ after, taken }: Cursor): bigint => (taken === 0 ? after : after + 1n);

export const cursorAt = (position: bigint, taken?: number): string =>
  taken === undefined ? `${position}` : `${position}.${taken}`;

export const formatCursor = ({ after, taken }: Cursor): string =>
  taken === 0 ? cursorAt(after) : cursorAt(after + 1n, taken);
