/**
 * Baseline (c): comparable work with `@event-driven-io/emmett-postgresql`. Loads the call's stream, decides by the
 * digest whether it is new, appends the fact, and keeps one document of the call in the same transaction.
 */
import { getPostgreSQLEventStore, pongoSingleStreamProjection } from '@event-driven-io/emmett-postgresql';
import { digestOf, listen } from '../express-door.ts';

const types = { call_started: 'CallStarted', call_ended: 'CallEnded', call_analyzed: 'CallAnalyzed' };

const calls = pongoSingleStreamProjection({
  collectionName: 'calls',
  canHandle: Object.values(types),
  initialState: () => ({ facts: 0 }),
  evolve: (document, { data }) => ({ ...document, ...data.call, facts: document.facts + 1 }),
});
const url = new URL(process.env.DATABASE_URL);
// What it answers 204 for must be on disk; the embedded Postgres does not wait for that by itself.
url.searchParams.set('options', '-c synchronous_commit=on');
const store = getPostgreSQLEventStore(url.href, { projections: [{ type: 'inline', projection: calls }] });
await store.schema.migrate();

listen(async ({ event, call }, body) => {
  const digest = digestOf(body);
  const stream = `call-${call.call_id}`;
  const { state, currentStreamVersion } = await store.aggregateStream(stream, {
    initialState: () => new Set(),
    evolve: (digests, { data }) => digests.add(data.digest),
  });
  if (state.has(digest)) return;
  await store.appendToStream(stream, [{ type: types[event], data: { digest, call } }], {
    expectedStreamVersion: currentStreamVersion,
  });
});
