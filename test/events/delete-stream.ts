// node test/events/delete-stream.ts <connection string> <stream> [for-good]: soft-deletes it, or leaves a tombstone, from a
// process of its own, because there is one client per process.
import { ANY, EventStoreDBClient } from '@eventstore/db-client';

const [url, stream, forGood] = process.argv.slice(2);
const client = EventStoreDBClient.connectionString(url!);
if (forGood) await client.tombstoneStream(stream!, { expectedRevision: ANY });
else await client.deleteStream(stream!, { expectedRevision: ANY });
await client.dispose();
