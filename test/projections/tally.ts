import { setTimeout as sleep } from 'node:timers/promises';
import type { Fact } from '../../src/events/codec.ts';
import type { Tx } from '../../src/postgres/connection.ts';
import type { Projection } from '../../src/projections/engine/projection.ts';
import type { Table } from '../../src/projections/engine/table.ts';

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
  async save(tables, { changed }) {
    await tables.upsert(
      rows,
      [...changed].map(([stream, { after }]) => ({ stream, facts: after * version })),
    );
    await afterRows(tables.trx);
  },
});

/** A tally that breaks at some facts; until it is told at which, at none. Takes so long for each batch. */
export function brittleTally(version = 1, ms = 0) {
  const brittle: { breaksAt(fact: Fact): boolean; readonly projection: Projection } = {
    breaksAt: () => false,
    projection: {
      ...(tally(version, () => sleep(ms)) as Projection),
      reduce(state, fact) {
        if (brittle.breaksAt(fact)) throw new TypeError('Jane Roe has no number');
        return ((state as number) ?? 0) + 1;
      },
    },
  };
  return brittle;
}
