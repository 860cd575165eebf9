import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent, type ResolvedEvent } from '@eventstore/db-client';
import { afterAll, beforeAll, expect } from 'vitest';
import { type EventStoreProcess, spawnEventStore } from '../../../src/embedded/event-store/spawn.ts';

/** A directory that is gone after the test file. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'event-store-test-'));
  afterAll(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** One node and one client for a test file: a second client in the process would share the first one's appends. */
export function nodeUnderTest() {
  let process_: EventStoreProcess;
  let connected: EventStoreDBClient;
  beforeAll(async () => {
    process_ = await spawnEventStore({ dataDir: await temporaryDirectory() });
    connected = EventStoreDBClient.connectionString(process_.url);
  });
  afterAll(async () => {
    await connected?.dispose();
    await process_?.stop();
  });
  return { client: () => connected, process: () => process_ };
}

/** Distinct streams with telling names. */
let streams = 0;
export const newStream = (what: string): string => `${what.replaceAll(' ', '-')}-${streams++}`;

export const event = (type: string, data: Readonly<Record<string, unknown>> = {}) => jsonEvent({ type, data });

export async function collect(events: AsyncIterable<ResolvedEvent>): Promise<ResolvedEvent[]> {
  const all: ResolvedEvent[] = [];
  for await (const one of events) all.push(one);
  return all;
}

/** "revision type" of each, which is how the tests say what a stream holds. */
export const rows = async (events: AsyncIterable<ResolvedEvent>): Promise<string[]> =>
  (await collect(events)).map(({ event }) => `${event?.revision} ${event?.type}`);

/** Runs until it passes: for what another process will have done soon. */
export async function eventually(assertion: () => void | Promise<void>, withinMs = 10_000): Promise<void> {
  await expect
    .poll(
      async () => {
        try {
          await assertion();
          return 'passes';
        } catch (error) {
          return error;
        }
      },
      { timeout: withinMs, interval: 20 },
    )
    .toBe('passes');
}
