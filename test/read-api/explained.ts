// How Postgres runs the queries of the API.
import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import { expect } from 'vitest';
import { createReadPool } from '../../src/postgres/pool.ts';
import type { ReadModel } from '../../src/projections/tables.ts';

/** One step of a plan, with all below it, as `EXPLAIN (ANALYZE, FORMAT JSON)` tells of it. */
type Step = {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Step[];
};

/** A `db` that reads as the service does, and can tell how. */
export function createExplained(url: string) {
  let queries: CompiledQuery[] = [];
  const pool = createReadPool(url);
  const db = new Kysely<ReadModel>({
    dialect: new PostgresDialect({ pool }),
    log: ({ query }) => void queries.push(query),
  });
  return {
    db,
    /** How Postgres ran what was asked of it meanwhile. */
    async plansOf(ask: () => Promise<unknown>): Promise<Step[]> {
      queries = [];
      await ask();
      const explained = queries.map(({ sql, parameters }) =>
        pool.query(`explain (analyze, buffers, format json) ${sql}`, [...parameters]),
      );
      return (await Promise.all(explained)).map(({ rows }) => rows[0]['QUERY PLAN'][0].Plan);
    },
  };
}

export const stepsOf = (step: Step): Step[] => [step, ...(step.Plans ?? []).flatMap(stepsOf)];

/** The rows that a step looked at, of a table or of the steps below. */
export const rowsRead = (step: Step): number => {
  const removed = (step['Rows Removed by Filter'] ?? 0) + (step['Rows Removed by Index Recheck'] ?? 0);
  return (step['Actual Rows'] + removed) * step['Actual Loops'];
};

export const PAGE = 50;
/** A page (the live feed has one of 200), and what is passed over on the way to it. */
const ROWS = 5 * PAGE;
/** Of 8 KB. A walk through one index of the tenant takes some hundreds, its rows thousands. */
const BLOCKS = 500;

export function expectFewReads(plans: readonly Step[], blocks = BLOCKS): void {
  expect(plans.length).toBeGreaterThan(0);
  for (const plan of plans) {
    const told = JSON.stringify(plan, null, 1);
    for (const step of stepsOf(plan)) {
      expect(step['Node Type'], told).not.toBe('Seq Scan');
      expect(rowsRead(step), told).toBeLessThanOrEqual(ROWS);
    }
    expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], told).toBeLessThanOrEqual(blocks);
  }
}
