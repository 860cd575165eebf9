import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDBClient, START, streamNameFilter } from '@eventstore/db-client';
import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { connectEventLog } from '../../src/events/event-log.ts';
const node = await spawnEventStore({ dataDir: '/tmp/dbg/' + randomUUID() , logger: console});
const log = connectEventLog(node.url, { timeoutMs: 1500 });
const client = EventStoreDBClient.connectionString(node.url);
const stream = 'call-x.1';
let slow = true, seen = 0;
const sub = client.subscribeToAll({ fromPosition: START, filter: streamNameFilter({ prefixes: [stream], checkpointInterval: 1000 }) }, { highWaterMark: 50 });
(async () => { for await (const e of sub) { if (e.event) seen++; if (slow) await sleep(300); } })();
await sleep(300);
const t = Date.now();
for (let i = 0; i < 4000; i += 500) { await log.append(stream, i === 0 ? 'no_stream' : BigInt(i - 1), Array.from({ length: 500 }, (_, n) => ({ id: randomUUID(), type: 'H', data: { n }, metadata: { a: 1 } }))); console.log('appended', i, Date.now() - t, 'seen', seen); }
slow = false;
for (let i = 0; i < 6; i++) { await sleep(500); console.log(Date.now() - t, 'seen', seen, 'rl', sub.readableLength, 'wl', sub.writableLength, 'flow', (sub as any).readableFlowing); if (seen === 4000) break; }
await node.kill(); process.exit(0);
