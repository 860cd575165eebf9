import { join } from 'node:path';
import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { connectEventLog, type EventLog, type NewEvent } from '../../src/events/event-log.ts';
import { callStream } from '../../src/events/streams.ts';
import { factsOfCall } from '../rebuild/facts.ts';

const IN_FLIGHT = 128;

/**
 * Writes the facts of the calls from..to as the door would have written them, but for one append per call instead of
 * three; the projections have yet to read them. No other client may use the node meanwhile.
 */
export async function seedCalls(folder: string, from: number, to: number): Promise<void> {
  const node = await spawnEventStore({ dataDir: join(folder, 'eventstore') });
  const log = connectEventLog(node.url, { timeoutMs: 30_000 });
  await log.head(); // a client's very first appends may overtake each other
  let next = from;
  const oneAfterTheOther = async () => {
    while (next < to) await append(log, next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, oneAfterTheOther));
  await log.close();
  await node.stop();
}

async function append(log: EventLog, n: number): Promise<void> {
  const facts = factsOfCall(n);
  const stream = callStream(facts[0]!.metadata.tenantId, facts[0]!.callId);
  const events = facts.map(({ id, type, data, metadata }) => ({ id, type, data, metadata }) as unknown as NewEvent);
  const { outcome } = await log.append(stream, 'no_stream', events);
  if (outcome !== 'appended') throw new Error(`${stream} exists: seed into an empty folder`);
}
