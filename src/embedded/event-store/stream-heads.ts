import type { DatabaseSync } from 'node:sqlite';
import { SELECT_STREAM } from './schema.ts';

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
    const known = heads.get(name);
    if (known) return known;
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
