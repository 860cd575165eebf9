import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { connectEventLog, type EventLog } from '../../src/events/event-log.ts';
import type { JsonObject } from '../../src/events/json.ts';
import { callStream } from '../../src/events/streams.ts';
import { FACTS_PER_CALL } from './facts.ts';
import { interleaved, type Next } from './interleaved.ts';

export type Seeded = {
  readonly facts: number;
  readonly calls: number;
  /** Of data and metadata, per fact. */
  readonly meanBytes: number;
};

const IN_FLIGHT = 1024;
const PATIENCE_MS = 60_000;

/** Fills the folder with facts, each in an append of its own; or finds there what an earlier run has written. */
export async function seed(folder: string, wanted: number): Promise<Seeded> {
  const done = join(folder, 'seeded.json');
  if (existsSync(done)) return JSON.parse(await readFile(done, 'utf8')) as Seeded;
  await rm(folder, { recursive: true, force: true });
  const calls = Math.ceil(wanted / FACTS_PER_CALL);
  const facts = calls * FACTS_PER_CALL;
  const node = await spawnEventStore({ dataDir: folder });
  const log = connectEventLog(`${node.url}&defaultDeadline=${PATIENCE_MS}`, { timeoutMs: PATIENCE_MS });
  await log.append('bench-first', 'no_stream', []); // a client's very first appends may overtake each other
  const began = performance.now();
  const sent: Promise<void>[] = [];
  let bytes = 0;
  let n = 0;
  for (const next of interleaved(calls)) {
    bytes += Buffer.byteLength(JSON.stringify(next.fact.data) + JSON.stringify(next.fact.metadata));
    const slot = n++ % IN_FLIGHT;
    await sent[slot];
    sent[slot] = append(log, next);
  }
  await Promise.all(sent);
  console.log(`Seeded ${facts} facts, ${Math.round((facts * 1000) / (performance.now() - began))} a second.`);
  await log.close();
  await node.stop();
  const seeded = { facts, calls, meanBytes: Math.round(bytes / facts) };
  await writeFile(done, JSON.stringify(seeded));
  return seeded;
}

async function append(log: EventLog, { fact, revision }: Next): Promise<void> {
  const { id, type, callId, data, metadata } = fact;
  const event = { id, type, data: data as JsonObject, metadata: metadata as JsonObject };
  const stream = callStream(metadata.tenantId, callId);
  const expected = revision === 0 ? 'no_stream' : BigInt(revision - 1);
  const { outcome } = await log.append(stream, expected, [event]);
  if (outcome !== 'appended') throw new Error(`${stream} is not as this run has left it`);
}
