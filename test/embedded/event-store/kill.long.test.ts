import { setTimeout as sleep } from 'node:timers/promises';
import { type AppendResult, EventStoreDBClient, jsonEvent, NO_STREAM, type RecordedEvent } from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { type EventStoreProcess, spawnEventStore } from '../../../src/embedded/event-store/spawn.ts';
import { collect, eventually, temporaryDirectory } from './node-under-test.ts';

// KILL_ROUNDS=50 npx vitest run test/embedded/event-store/kill.long.test.ts
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 3);
const WRITERS = 32;
const CREDENTIALS = { credentials: { username: 'any', password: 'any' } };

type Acknowledged = { readonly stream: string; readonly ids: readonly string[]; readonly answer: AppendResult };

/** Appends one to three events at a time, and repeats each append, ids and expectation the same, until it is answered. */
async function write(client: EventStoreDBClient, w: number, acknowledged: Acknowledged[], stopped: AbortSignal) {
  const stream = `writer-${w}`;
  const path = w % 4 ? {} : CREDENTIALS;
  let revision = -1n;
  for (let n = 0; !stopped.aborted; n++) {
    const parts = 1 + (n % 3);
    const events = Array.from({ length: parts }, (_, part) => jsonEvent({ type: 'E', data: { n, part, parts } }));
    const expectedRevision = revision < 0n ? NO_STREAM : revision;
    for (;;) {
      try {
        const answer = await client.appendToStream(stream, events, { expectedRevision, ...path });
        acknowledged.push({ stream, ids: events.map(({ id }) => id), answer });
        revision = answer.nextExpectedRevision;
        break;
      } catch (error) {
        // "Deadline exceeded" and "unavailable", whatever class they come in.
        if (![4, 14].includes((error as { code?: number }).code ?? -1)) throw error;
        await sleep(20);
      }
    }
  }
}

/** Everything that is on disk, or what there is of it after a position. */
const inTheLog = async (client: EventStoreDBClient): Promise<readonly RecordedEvent[]> =>
  (await collect(client.readAll())).map(({ event }) => event!);

function check(log: readonly RecordedEvent[], acknowledged: readonly Acknowledged[]): void {
  const byId = new Map(log.map((event) => [event.id, event]));
  expect(byId.size, 'an event is there twice').toBe(log.length);

  const lost = acknowledged.filter(({ stream, ids, answer }) =>
    ids.some((id, i) => {
      const event = byId.get(id);
      const revision = answer.nextExpectedRevision - BigInt(ids.length - 1 - i);
      return event?.streamId !== stream || event.revision !== revision;
    }),
  );
  expect(lost, 'acknowledged and lost, or elsewhere').toEqual([]);
  const misplaced = acknowledged.filter(
    ({ ids, answer }) => byId.get(ids.at(-1)!)?.position?.commit !== answer.position?.commit,
  );
  expect(misplaced, 'at another position than was answered').toEqual([]);

  const revisions = new Map<string, bigint>();
  for (const [i, event] of log.entries()) {
    if (i > 0 && event.position!.commit <= log[i - 1]!.position!.commit) throw new Error(`positions fall at ${i}`);
    const next = (revisions.get(event.streamId) ?? -1n) + 1n;
    if (event.revision !== next) throw new Error(`a gap in ${event.streamId} at ${next}`);
    revisions.set(event.streamId, next);
    const { part, parts } = event.data as { part: number; parts: number };
    if (part < parts - 1 && log[i + 1]?.streamId !== event.streamId)
      throw new Error(`part of an append in ${event.streamId}`);
  }
}

test(
  `killed ${ROUNDS} times under ${WRITERS} writers, nothing acknowledged is lost, nothing is there twice, nothing is missing in between`,
  async () => {
    const dataDir = await temporaryDirectory();
    let node: EventStoreProcess = await spawnEventStore({ dataDir });
    const port = Number(new URL(node.url).port);
    const client = EventStoreDBClient.connectionString(node.url);
    const acknowledged: Acknowledged[] = [];
    const stop = new AbortController();
    let failure: unknown;
    const writers = Array.from({ length: WRITERS }, (_, w) =>
      write(client, w, acknowledged, stop.signal).catch((error) => {
        failure ??= error;
      }),
    );

    let before = 0;
    for (let round = 0; round < ROUNDS; round++) {
      // In the middle of writing, not while the client still looks for the node.
      await eventually(() => expect(acknowledged.length).toBeGreaterThan(before + 10 * WRITERS), 20_000);
      await sleep(Math.random() * 250);
      await node.kill();
      before = acknowledged.length;
      node = await spawnEventStore({ dataDir, port });
      expect(failure).toBeUndefined();
    }
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(before), 20_000);
    stop.abort();
    await Promise.all(writers);
    expect(failure).toBeUndefined();

    check(await inTheLog(client), acknowledged);
    console.log(`${ROUNDS} kills, ${acknowledged.length} appends acknowledged`);
    await client.dispose();
    await node.stop();
  },
  20_000 + ROUNDS * 10_000,
);
