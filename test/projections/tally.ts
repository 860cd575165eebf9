import type { Projection } from '../../src/projections/runtime/projection.ts';
import { type Table, type Tx, upsert } from '../../src/projections/runtime/table.ts';

const rows: Table = {
  name: 'tally',
  columns: { stream: 'text not null', facts: 'integer not null' },
  key: ['stream'],
  view: ['stream', 'facts'],
};

/** The smallest projection that shows a fact applied twice: how many facts each call has. */
export const tally = (version = 1, afterRows: (trx: Tx) => Promise<void> = async () => {}): Projection<number> => ({
  name: 'tally',
  version,
  prefixes: ['call-'],
  tables: [rows],
  reduce: (state = 0) => state + 1,
  async save(trx, table, { changed }) {
    await upsert(
      trx,
      table(rows),
      rows,
      [...changed].map(([stream, { after }]) => ({ stream, facts: after * version })),
    );
    await afterRows(trx);
  },
});
