/**
 * Baseline: a rebuild with `@event-driven-io/emmett-postgresql`, which keeps events and read model in one Postgres.
 * Its own rebuild, with its fastest kind of projection: one statement of SQL per event.
 */
import { sql } from '@event-driven-io/dumbo';
import {
  getPostgreSQLEventStore,
  postgreSQLRawSQLProjection,
  rebuildPostgreSQLProjections,
} from '@event-driven-io/emmett-postgresql';
import pg from 'pg';
import { interleaved } from '../../rebuild/interleaved.ts';
import { measure } from '../../rebuild/measure.ts';

const { calls, databaseUrl, pulling } = JSON.parse(process.argv[2]);
const PER_TRANSACTION = 500;

const store = getPostgreSQLEventStore(databaseUrl);
await store.schema.migrate();
await store.close();
const client = new pg.Client({ connectionString: databaseUrl });
await client.connect();

// Its consumer orders by transaction but goes on after the last event's number: with several writers it misses events
// (the numbers of two transactions cross). One writer at a time, and it reads all.
let facts = 0;
const waiting = [];
for (const next of interleaved(calls)) {
  facts++;
  if (waiting.push(next) >= PER_TRANSACTION) await append(waiting.splice(0));
}
await append(waiting);
await client.query('analyze');

/** With its own function, in order. */
async function append(batch) {
  const of = (value) => batch.map(value);
  const { rows } = await client.query(
    `select count(*) filter (where not done.success)::int as refused
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[])
            as fact (stream, id, type, data, metadata, expected),
            lateral emt_append_to_stream(array[id], array[data::jsonb], array[metadata::jsonb], array['1'],
              array[type], array['E'], stream, 'call', expected, 'emt:default') as done`,
    [
      of(({ fact }) => `call-${fact.callId}`),
      of(({ fact }) => fact.id),
      of(({ fact }) => fact.type),
      of(({ fact }) => JSON.stringify(fact.data)),
      of(({ fact }) => JSON.stringify(fact.metadata)),
      of(({ revision }) => revision),
    ],
  );
  if (rows[0].refused > 0) throw new Error(`emmett refused ${rows[0].refused} of ${batch.length} facts`);
}

const columns = [
  'status',
  'reason',
  'started',
  'ended',
  'duration',
  'agent',
  'caller',
  'called',
  'transcript',
  'flags',
];
let handled = 0;
const projection = postgreSQLRawSQLProjection({
  name: 'calls',
  canHandle: ['CallStarted', 'CallEnded', 'CallAnalyzed'],
  init: () =>
    sql(`create table if not exists calls (id text primary key, facts int, ${columns.map((c) => `${c} text`).join()})`),
  evolve({ data }) {
    handled++;
    const { fromNumber, toNumber, transcript } = data.personal ?? {};
    return sql(
      `insert into calls values (%L, 1, %L, %L, %L, %L, %L, %L, %L, %L, %L, %L) on conflict (id) do update
          set facts = calls.facts + 1, ${columns.map((c) => `${c} = coalesce(excluded.${c}, calls.${c})`).join()}`,
      ...[data.callId, data.callStatus, data.disconnectionReason, data.startedAt, data.endedAt, data.durationMs],
      ...[data.agentName, fromNumber, toNumber, transcript, data.flags && JSON.stringify(data.flags)],
    );
  },
});

await measure(facts, async (tell) => {
  const progress = setInterval(() => tell(handled), 100);
  const consumer = rebuildPostgreSQLProjections({
    connectionString: databaseUrl,
    projections: [projection],
    pulling,
  });
  await consumer.start();
  clearInterval(progress);
  return async () => {
    await consumer.close();
    const { rows } = await client.query('select sum(facts)::int as facts from calls');
    await client.end();
    return rows[0].facts;
  };
});
