/** The limit of the read path: subscriptions that only count. */
import { EventStoreDBClient, START, streamNameFilter } from '@eventstore/db-client';
import { connectEventLog } from '../../src/events/event-log.ts';
import { measure } from './measure.ts';

type Order = { readonly how: 'event log' | 'client'; readonly url: string; readonly prefixes: string[]; facts: number };
const { how, url, prefixes, facts } = JSON.parse(process.argv[2]!) as Order;

async function throughEventLog(handled: (all: number) => void): Promise<() => number> {
  let counted = 0;
  const { signal } = new AbortController();
  for await (const { events, caughtUp } of connectEventLog(url).subscribe({ prefixes, signal })) {
    counted += events.length;
    handled(counted);
    if (caughtUp) break;
  }
  return () => counted;
}

async function throughClient(handled: (all: number) => void): Promise<() => number> {
  let counted = 0;
  const filter = streamNameFilter({ prefixes, checkpointInterval: 1000 });
  for await (const _ of EventStoreDBClient.connectionString(url).subscribeToAll({ fromPosition: START, filter })) {
    handled(++counted);
    if (counted >= facts) break;
  }
  return () => counted;
}

await measure(facts, how === 'client' ? throughClient : throughEventLog);
