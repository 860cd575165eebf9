import type { DatabaseSync } from 'node:sqlite';
import type { Whereabouts } from './decide.ts';
import { SELECT_STREAM } from './schema.ts';

const IDS_KEPT = 100_000;
const HEADS_KEPT = 50_000;

/** Drops the oldest entry of a map that holds more than `limit`. */
function keepTo<Key>(limit: number, map: Map<Key, unknown>): void {
  if (map.size > limit) map.delete(map.keys().next().value!);
}

/**
 * Where the latest events were written, by id: `any` and `stream_exists` recognise a repeat by it. As on a live server
 * it is lost at a restart.
 */
export function recentIds() {
  const places = new Map<string, Whereabouts>();
  return {
    get: (id: string): Whereabouts | undefined => places.get(id),
    /** A repeated id keeps its first place. */
    remember(id: string, stream: string, revision: number): void {
      if (places.has(id)) return;
      places.set(id, { stream, revision });
      keepTo(IDS_KEPT, places);
    },
    forget: (): void => places.clear(),
  };
}

/** A stream as the writer knows it. */
export type Head = {
  readonly id: number;
  readonly name: string;
  last: number;
  metadata: string | null;
};

/** The heads of the streams last written to, so that an append seldom has to ask the disk first. */
export function streamHeads(db: DatabaseSync) {
  const select = db.prepare(SELECT_STREAM);
  const insert = db.prepare('INSERT INTO streams (name, metadata) VALUES (?, NULL)');
  const setMetadata = db.prepare('UPDATE streams SET metadata = ? WHERE id = ?');
  const heads = new Map<string, Head>();

  function keep(head: Head): Head {
    heads.set(head.name, head);
    keepTo(HEADS_KEPT, heads);
    return head;
  }

  function find(name: string): Head | undefined {
    const held = heads.get(name);
    if (held) return held;
    const row = select.get(name) as Omit<Head, 'name'> | undefined;
    return row && keep({ ...row, name });
  }

  return {
    find,
    /** The head of a stream that is about to be written to. */
    open: (name: string): Head =>
      find(name) ?? keep({ id: Number(insert.run(name).lastInsertRowid), name, last: -1, metadata: null }),
    setMetadata(head: Head, metadata: string): void {
      setMetadata.run(metadata, head.id);
      head.metadata = metadata;
    },
    forget: (): void => heads.clear(),
  };
}
