import type { DatabaseSync } from 'node:sqlite';
import type { Whereabouts } from './decide.ts';
import { SELECT_STREAM } from './schema.ts';

/**
 * Where the latest events were written, by id: `any` and `stream_exists` recognise a repeat by it. As on a live server
 * it is lost at a restart.
 */
export function recentIds(capacity = 100_000) {
  const places = new Map<string, Whereabouts>();
  return {
    get: (id: string): Whereabouts | undefined => places.get(id),
    /** A repeated id keeps its first place. */
    remember(id: string, stream: string, revision: number): void {
      if (places.has(id)) return;
      places.set(id, { stream, revision });
      if (places.size <= capacity) return;
      for (const oldest of places.keys()) {
        places.delete(oldest);
        break;
      }
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

const KEPT = 50_000;

/** The heads of the streams last written to, so that an append seldom has to ask the disk first. */
export function streamHeads(db: DatabaseSync) {
  const select = db.prepare(SELECT_STREAM);
  const insert = db.prepare('INSERT INTO streams (name, metadata) VALUES (?, NULL)');
  const setMetadata = db.prepare('UPDATE streams SET metadata = ? WHERE id = ?');
  const heads = new Map<string, Head>();

  function keep(head: Head): Head {
    heads.set(head.name, head);
    if (heads.size > KEPT) heads.delete(heads.keys().next().value!);
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
