import { Kysely, PostgresDialect } from 'kysely';
import { startProjections } from '../../src/projections/engine/start.ts';
import { projections } from '../../src/projections/index.ts';
import type { ReadModel } from '../../src/projections/tables.ts';
import { logger, startStores } from '../projections/stores.ts';

/** Empty stores, and a read model that follows the log. */
export async function startProjected() {
  const stores = await startStores();
  const { log, databaseUrl, pool } = stores;
  const projecting = await startProjections({ log, databaseUrl, projections, logger });
  return {
    stores,
    projecting,
    db: new Kysely<ReadModel>({ dialect: new PostgresDialect({ pool }) }),
    async stop() {
      await projecting.stop();
      await stores.stop();
    },
  };
}
export type Projected = Awaited<ReturnType<typeof startProjected>>;
