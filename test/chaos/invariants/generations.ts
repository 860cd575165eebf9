import { releasesOf } from '../parts.ts';
import type { Invariant } from './finding.ts';

/** In every process that shows or projects, at every moment; later than documented counts as not shown. */
export const readyShowsTheEnd: Invariant = {
  name: 'who says ready shows the end of the log',
  check: async ({ sightings: { readiness } }) => ({
    ...{ looked: readiness.looked(), at: 'answers "ready"', wrong: readiness.wrong },
  }),
};

/** Nothing half built is left behind, and no operation without anybody who carries it out. */
export const nothingIsLeftBehind: Invariant = {
  name: 'one live generation each, no orphaned build, operation or table',
  async check({ world: { pool, services } }) {
    const releases = releasesOf(services);
    type Row = { name: string; generation: number; state: string };
    const { rows } = await pool.query<Row>('select name, generation, state from projection.projections');
    const { rows: open } = await pool.query<{ id: string; kind: string; projection: string; state: string }>(
      `select id, kind, projection, state from projection.operations where state in ('queued', 'running')`,
    );
    const { rows: failed } = await pool.query<{ kind: string; projection: string; error: unknown }>(
      `select kind, projection, error from projection.operations
        where state = 'failed' and error->>'code' <> all ($1)
          -- A verification claims nothing of a log that was away.
          and not (kind = 'verify' and error->>'code' = 'event_store_unavailable')`,
      // The other release has taken over in the middle.
      [['nothing_to_swap_back', ...(releases > 1 ? ['version_changed'] : [])]],
    );
    const { rows: differing } = await pool.query<{ projection: string; result: unknown }>(
      `select projection, result from projection.operations
        where kind = 'verify' and state = 'succeeded' and (result->>'equal' <> 'true' or result->>'parkedByRebuild' <> '0')`,
    );
    const { rows: tables } = await pool.query<{ tablename: string }>(
      `select tablename from pg_tables where schemaname = 'projection' and tablename ~ '_[0-9]+_'`,
    );
    const owned = rows.map(({ name, generation }) => `${name}_${generation}_`);
    const { rows: parked } = await pool.query('select * from projection.parked');
    const wrong = [
      ...rows.filter(({ state }) => state === 'building').map((row) => `orphaned: ${JSON.stringify(row)}`),
      ...[...Map.groupBy(rows, ({ name }) => name)].flatMap(([name, its]) => [
        ...(its.filter(({ state }) => state === 'live').length === 1 ? [] : [`${name}: not one live generation`]),
        ...(its.length > 1 + releases ? [`${name}: ${its.length} generations`] : []),
      ]),
      ...open.map((one) => `open: ${JSON.stringify(one)}`),
      ...failed.map((one) => `failed: ${JSON.stringify(one)}`),
      ...differing.map((one) => `a verification found differences: ${JSON.stringify(one)}`),
      ...tables
        .filter(({ tablename }) => !owned.some((prefix) => tablename.startsWith(prefix)))
        .map(({ tablename }) => `nobody's table: ${tablename}`),
      ...parked.map((one) => `parked: ${JSON.stringify(one)}`),
    ];
    return { looked: rows.length, at: 'generations', wrong };
  },
};
