// node test/events/delete-stream.ts <connection string> <stream>: soft-deletes it, from a process of its own,
// because there is one client per process.
import { ANY, EventStoreDBClient } from '@eventstore/db-client';

const [url, stream] = process.argv.slice(2);
const client = EventStoreDBClient.connectionString(url!);
await client.deleteStream(stream!, { expectedRevision: ANY });
await client.dispose();
