import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { pino } from 'pino';
import type { CallFacts } from '../../../src/events/call-facts.ts';
import { parseStream } from '../../../src/events/streams.ts';
import { connect } from '../../../src/postgres/connection.ts';
import { liveGeneration, tablesOf } from '../../../src/projections/engine/generations.ts';
import { startProjections } from '../../../src/projections/engine/start.ts';
import { projections } from '../../../src/projections/index.ts';
import { sessionFromFacts } from '../../support/session-of-facts.ts';
import { isGone } from '../erasures.ts';
import type { Evidence, Finding, Invariant } from './finding.ts';

const BUILD_WITHIN_MS = 120_000;
const SHOWN = 5;

/**
 * Invariant 2, for every row of every view and of what the projections keep for themselves: equal to what a build at one
 * go makes of the same log, in an empty database that nobody disturbs.
 */
export const readModelIsTheFold: Invariant = {
  name: 'read model = fold(log), all tables and views',
  async check(evidence) {
    const { adminUrl, url } = evidence.world.postgres.urls();
    const name = `reference_${Date.now().toString(36)}`;
    await query(adminUrl, `create database ${name} owner call_ledger`);
    const reference = new URL(url);
    reference.pathname = `/${name}`;
    try {
      return await compareWith(reference.href, evidence);
    } finally {
      await query(adminUrl, `drop database ${name} with (force)`);
    }
  },
};

async function compareWith(referenceUrl: string, { world, ledger }: Evidence): Promise<Finding> {
  const { log } = world;
  const all = projections;
  const building = await startProjections({
    ...{ log, databaseUrl: referenceUrl, projections: all, logger: pino({ level: 'silent' }) },
  });
  const end = ledger.recorded.at(-1)?.position ?? 0n;
  const built = await building.waitUntilCaughtUp(end, BUILD_WITHIN_MS).finally(() => building.stop());
  if (!built) return { looked: 0, at: 'rows', wrong: [`the reference was not built within ${BUILD_WITHIN_MS} ms`] };

  const wrong: string[] = [];
  let looked = 0;
  await using ours = await connect(world.postgres.urls().url, 'chaos');
  await using reference = await connect(referenceUrl, 'chaos');
  for (const projection of all) {
    const [live, fresh] = [
      await liveGeneration(ours.db, projection.name),
      await liveGeneration(reference.db, projection.name),
    ];
    if (!live || !fresh) {
      wrong.push(`${projection.name}: no live generation`);
      continue;
    }
    for (const { name, view } of tablesOf(projection)) {
      const pairs = [[table(live, name), table(fresh, name)]];
      if (view) pairs.push([`public.${name}`, `public.${name}`]);
      for (const [left, right] of pairs) {
        const [mine, theirs] = [await rowsOf(world.postgres.urls().url, left!), await rowsOf(referenceUrl, right!)];
        looked += theirs.length;
        wrong.push(...differences(`${projection.name}: ${name}`, mine, theirs));
      }
    }
  }
  return { looked, at: 'rows', wrong };
}

const table = ({ name, generation }: { name: string; generation: number }, of: string) =>
  `projection.${name}_${generation}_${of}`;

const rowsOf = async (url: string, relation: string): Promise<string[]> =>
  (await query<{ row: string }>(url, `select to_jsonb(t)::text as row from ${relation} t order by 1`)).map(
    ({ row }) => row,
  );

function differences(where: string, mine: readonly string[], theirs: readonly string[]): string[] {
  if (isDeepStrictEqual(mine, theirs)) return [];
  const [here, there] = [new Set(mine), new Set(theirs)];
  const list = (what: string, rows: readonly string[]) =>
    rows.slice(0, SHOWN).map((row) => `${where}, ${what}: ${row}`);
  return [
    `${where}: ${mine.length} rows, the fold has ${theirs.length}`,
    ...list(
      'should not be',
      mine.filter((row) => !there.has(row)),
    ),
    ...list(
      'missing',
      theirs.filter((row) => !here.has(row)),
    ),
  ];
}

async function query<R extends pg.QueryResultRow>(url: string, sql: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return (await client.query<R>(sql).finally(() => client.end())).rows;
}

const ASKED = 25;

/** The same by another way: what the query API answers, and the pure fold of the session's facts, fact by fact. */
export const answersAreTheFold: Invariant = {
  name: 'what the query API answers = the pure fold of the session',
  async check({ world, ledger }) {
    const sessions = Map.groupBy(
      ledger.facts.filter(({ stream }) => stream.startsWith('call-') && !isGone(stream)),
      ({ stream, data }) => {
        const { tenantId, id } = parseStream(stream)!;
        return `${tenantId} ${(data as CallFacts).callSessionId ?? `call:${id}`}`;
      },
    );
    const client = await world.client('serve');
    const wrong: string[] = [];
    // Evenly from the first to the last.
    const step = Math.max(1, Math.floor(sessions.size / ASKED));
    const some = [...sessions].filter((_, i) => i % step === 0);
    for (const [key, facts] of some) {
      const [tenantId, id] = key.split(' ') as [string, string];
      const path = `/api/call-sessions/${encodeURIComponent(id)}`;
      const { body } = await client.request('GET', path, world.apiKeys.get(tenantId)!);
      const folded = sessionFromFacts(tenantId, id, facts);
      if (!isDeepStrictEqual(body, JSON.parse(JSON.stringify(folded))))
        wrong.push(`${key}: ${JSON.stringify(body)}, folded ${JSON.stringify(folded)}`);
    }
    return { looked: some.length, at: 'sessions', wrong };
  },
};
