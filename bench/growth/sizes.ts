import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';

/** Bytes on disk. */
export type Sizes = { readonly eventStore: number; readonly database: number; readonly indexes: number };

export async function sizesOf(folder: string, client: pg.Client): Promise<Sizes> {
  const { rows } = await client.query<{ database: string; indexes: string }>(
    `select pg_database_size(current_database()) as database,
      (select sum(pg_indexes_size(oid)) from pg_class where relkind = 'r' and relnamespace = 'projection'::regnamespace)
        as indexes`,
  );
  const { database, indexes } = rows[0]!;
  return {
    eventStore: await bytesIn(join(folder, 'eventstore')),
    database: Number(database),
    indexes: Number(indexes),
  };
}

async function bytesIn(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = files.filter((file) => file.isFile()).map((file) => stat(join(file.parentPath, file.name)));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}
