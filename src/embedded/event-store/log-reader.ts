import type { SQLInputValue } from 'node:sqlite';
import type { Filter } from './filters.ts';
import { HAS_BYTES, isMetastream, openForReading, SELECT_STREAM, streamOf, TOMBSTONE } from './schema.ts';

/** An event's position and bytes; null for one that the filter passes over. */
export type Row = readonly [at: number, message: Uint8Array | null];
export type StreamRow = { readonly id: number; readonly last: number; readonly metadata: string | null };

/** Reads what is committed. Rows are read as they are iterated, so a caller may stop at any of them. */
export function openLogReader(file: string) {
  const db = openForReading(file);
  let filter: Filter | undefined;
  db.function('shown', (stream, type) => (filter?.shows(`${stream}`, `${type}`) ? 1 : 0));

  const rows = (sql: string) => {
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    return (...values: SQLInputValue[]) => statement.iterate(...values) as unknown as Iterable<Row>;
  };
  const selectStream = db.prepare(SELECT_STREAM);
  const stream = (name: string) => selectStream.get(name) as StreamRow | undefined;
  const head = db.prepare('SELECT max(position) AS head FROM events');
  const at = db.prepare('SELECT 1 FROM events WHERE position = ?');
  const ofStream = `SELECT revision, message FROM events WHERE ${HAS_BYTES} AND stream_id = ? AND revision`;
  const forwards = rows(`${ofStream} >= ? AND created >= ? ORDER BY revision`);
  const backwards = rows(`${ofStream} BETWEEN ? AND ? AND created >= ? ORDER BY revision DESC`);
  const all = `SELECT position, message FROM events WHERE ${HAS_BYTES} AND position`;
  const allForwards = rows(`${all} > ? ORDER BY position`);
  const allBackwards = rows(`${all} < ? ORDER BY position DESC`);
  // Not `WHERE shown(…)`: how many events were passed over decides when a checkpoint is due.
  const some = `SELECT position, CASE WHEN shown(stream, type) THEN message END FROM events WHERE ${HAS_BYTES} AND position`;
  const someForwards = rows(`${some} > ? ORDER BY position`);
  const someBackwards = rows(`${some} < ? ORDER BY position DESC`);

  return {
    stream,
    /** A tombstone hides the stream's metadata too. */
    isTombstoned: (name: string): boolean =>
      stream(name)?.last === TOMBSTONE || (isMetastream(name) && stream(streamOf(name))?.last === TOMBSTONE),
    head: (): number => Number(head.get()?.head ?? 0),
    hasEventAt: (position: number): boolean => at.get(position) !== undefined,
    forwards: (id: number, from: number, oldest: number) => forwards(id, from, oldest),
    backwards: (id: number, from: number, downTo: number, oldest: number) => backwards(id, downTo, from, oldest),
    /** Iterate or drop the rows before the next call: there is one filter at a time. */
    allAfter(position: number, by: Filter | undefined): Iterable<Row> {
      filter = by;
      return by ? someForwards(position) : allForwards(position);
    },
    allBefore(position: number, by: Filter | undefined): Iterable<Row> {
      filter = by;
      return by ? someBackwards(position) : allBackwards(position);
    },
    close: (): void => db.close(),
  };
}

export type LogReader = ReturnType<typeof openLogReader>;

const PAGE_BYTES = 256 * 1024;
const PAGE_ROWS = 512;

export type Page = { readonly rows: readonly Row[]; readonly more: boolean };

/** As many rows as one turn may hold in memory, with at most `wanted` events; `more`: it stopped before the end. */
export function readPage(rows: Iterable<Row>, wanted = Number.POSITIVE_INFINITY): Page {
  const page: Row[] = [];
  let bytes = 0;
  let events = 0;
  for (const row of rows) {
    page.push(row);
    bytes += row[1]?.length ?? 0;
    if (row[1]) events++;
    if (bytes >= PAGE_BYTES || page.length >= PAGE_ROWS || events >= wanted) return { rows: page, more: true };
  }
  return { rows: page, more: false };
}
