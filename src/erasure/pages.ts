/** Rows that are looked at at once. */
export const PAGE = 1000;

/** Rows in the order of something that grows, some at a time; `read` gives at most `PAGE` of those behind a place. */
export async function* pages<Row, Place>(
  first: Place,
  read: (after: Place) => Promise<readonly Row[]>,
  placeOf: (row: Row) => Place,
  signal: AbortSignal,
): AsyncGenerator<Row> {
  for (let after = first; ; ) {
    signal.throwIfAborted();
    const rows = await read(after);
    yield* rows;
    if (rows.length < PAGE) return;
    after = placeOf(rows.at(-1)!);
  }
}
