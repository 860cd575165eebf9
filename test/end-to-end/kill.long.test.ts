import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, expect, inject, test } from 'vitest';
import { type EventStoreProcess, spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { decode, type Fact } from '../../src/events/codec.ts';
import { apiKeyFrom, clientOf } from '../support/client.ts';
import { patientLog } from '../support/patient-log.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, eventually, type RunningService, startService } from '../support/service.ts';
import { sessionFromFacts } from '../support/session-of-facts.ts';

// Two whole services on one log and one Postgres, under load; round after round one of the processes is killed.
// In the end: accepted ⊆ log, each fact once, and the read model is the fold of the log (invariants 1 and 2).

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 3);
const SENDERS = 6;
const KEYS = {
  ADMIN_KEY: 'an-admin-key-for-the-test',
  MASTER_KEY: 'a-master-key-for-the-test',
  RETELL_WEBHOOK_SECRET: 'key_test_webhook_0123456789abcdef',
};
const cleanUp: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const step of cleanUp.reverse()) await step();
});

test(
  `${ROUNDS} rounds of SIGKILL at random moments lose nothing, double nothing, and leave the fold of the log`,
  async () => {
    const directory = await dataDirectory();
    const database = await createTestDatabase(inject('postgresUrl'));
    cleanUp.push(directory.remove, database.drop);
    let store: EventStoreProcess = await spawnEventStore({ dataDir: `${directory.path}/eventstore` });
    const port = Number(new URL(store.url.replace('esdb:', 'http:')).port);
    cleanUp.push(() => store.stop());
    const environment = { ...KEYS, EVENTSTORE_URL: store.url, DATABASE_URL: database.url };
    const services: RunningService[] = [await startService(environment), await startService(environment)];
    cleanUp.push(() => Promise.all(services.map((service) => service.stop())));

    const key = async (name: string) => (name === 'RETELL_WEBHOOK_SECRET' ? KEYS[name] : KEYS.ADMIN_KEY);
    const doors = () => services.map(({ url }) => clientOf({ url, key }));
    const accepted = new Set<string>();
    let calls = 0;
    let stopped = false;

    /** One call after the other, as Retell sends them: three attempts each, at whichever process answers. */
    const send = async () => {
      while (!stopped) {
        const name = `kill_${calls++}`;
        for (const number of ['01', '02', '03']) {
          const webhook = about(sample(number), {
            call: `call_${name}`,
            session: `cs_${name}`,
            appointment: `apt_${name}`,
          });
          for (let attempt = 0; attempt < 3; attempt++) {
            const door = await doors()[(calls + attempt) % 2]!;
            const status = await door
              .post({ ...webhook, event_timestamp: webhook.event_timestamp! + attempt })
              .catch(() => 0);
            if (status === 204) {
              accepted.add(`call-default.call_${name} ${webhook.event}`);
              break;
            }
            await sleep(100);
          }
        }
      }
    };
    const senders = Array.from({ length: SENDERS }, send);

    for (let round = 0; round < ROUNDS; round++) {
      await sleep(300 + Math.random() * 700);
      if (round % 3 === 2) {
        await store.kill();
        store = await spawnEventStore({ dataDir: `${directory.path}/eventstore`, port });
      } else {
        await services[round % 2]!.kill();
        services[round % 2] = await startService(environment);
      }
    }
    const before = accepted.size;
    await eventually(async () => accepted.size > before, { what: 'a delivery after the last kill' });
    stopped = true;
    await Promise.all(senders);
    expect(accepted.size).toBeGreaterThan(ROUNDS * 10);

    const log = patientLog(store.url);
    cleanUp.push(() => log.close());
    const facts: Fact[] = [];
    const done = new AbortController();
    for await (const { events, caughtUp } of log.subscribe({ prefixes: ['call-'], signal: done.signal })) {
      for (const recorded of events) facts.push(decode(recorded)!);
      if (caughtUp) break;
    }
    done.abort();

    const kinds: Record<string, string> = {
      call_started: 'CallStarted',
      call_ended: 'CallEnded',
      call_analyzed: 'CallAnalyzed',
    };
    const inLog = facts.map((fact) => `${fact.stream} ${fact.type}`);
    const lost = [...accepted].filter((entry) => {
      const [stream, event] = entry.split(' ');
      return !inLog.includes(`${stream} ${kinds[event!]}`);
    });
    expect(lost).toEqual([]);
    expect(new Set(inLog).size, 'each fact once').toBe(inLog.length);

    const admin = await clientOf({ url: services[0]!.url, key });
    const apiKey = await apiKeyFrom(admin, 'read');
    const bySession = Map.groupBy(facts, (fact) => fact.stream.replace('call-default.call_', 'cs_'));
    for (const [id, ofSession] of bySession) {
      const folded = sessionFromFacts('default', id, ofSession);
      await eventually(
        async () => {
          const { body } = await admin.request('GET', `/api/call-sessions/${id}`, apiKey);
          return isDeepStrictEqual(body, folded);
        },
        { what: `the fold of ${id}` },
      );
    }
    console.log(
      `${ROUNDS} kills: ${accepted.size} webhooks accepted, ${facts.length} facts, ${bySession.size} sessions`,
    );
  },
  60_000 + ROUNDS * 10_000,
);
