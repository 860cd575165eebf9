import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { connectEventLog } from '../../src/events/event-log.ts';
import { relayTo } from './relay.ts';
const node = await spawnEventStore({ dataDir: '/tmp/dbg/' + randomUUID() , logger: console});
const relay = await relayTo(node.url);
const useRelay = process.argv[2] === 'relay';
const log = connectEventLog(useRelay ? relay.url : node.url, { timeoutMs: 1500 });
const stream = 'call-x.1';
let slow = true, seen = 0, batches = 0;
const c = new AbortController();
const ended = (async () => { for await (const b of log.subscribe({ prefixes: [stream], maxBatch: Number(process.argv[3] ?? 50), signal: c.signal, onBreak: (e) => console.log('break', String(e)) })) { seen += b.events.length; batches++; if (slow) await sleep(300); } })();
await sleep(300);
const t = Date.now();
for (let i = 0; i < 4000; i += 500) { await log.append(stream, i === 0 ? 'no_stream' : BigInt(i - 1), Array.from({ length: 500 }, (_, n) => ({ id: randomUUID(), type: 'H', data: { n }, metadata: { a: 1 } }))); console.log('appended', i, Date.now() - t, 'seen', seen); }
slow = false;
for (let i = 0; i < 8; i++) { await sleep(500); console.log(Date.now() - t, 'seen', seen, 'batches', batches); if (seen === 4000) break; }
c.abort(); await Promise.race([ended.then(() => console.log('ended')), sleep(2000).then(() => console.log('not ended'))]);
await Promise.race([log.close().then(() => console.log('closed')), sleep(2000).then(() => console.log('not closed'))]);
await node.kill(); process.exit(0);
