import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type Appended,
  type EventLog,
  EventStoreOverloaded,
  EventStoreUnavailable,
} from '../../../src/events/event-log.ts';
import { patientLog } from '../../support/patient-log.ts';
import { type Door, ended, newCallId, openDoor, type Store, startStore } from './door.ts';

// What is heard of for the first time goes to the store in one round trip (docs/decisions/0002). Here the store is real,
// and what is asked of it is watched, and at times answered otherwise.

type Fault = (stream: string) => Promise<Appended> | undefined;

let store: Store;
let log: EventLog;
let asked: string[] = [];
let fault: Fault = () => undefined;
let door: Door;

const watched = (): EventLog => ({
  ...log,
  append(stream, ...rest) {
    asked.push(`append ${stream.split('-')[0]}`);
    return fault(stream) ?? log.append(stream, ...rest);
  },
  read(stream, options) {
    asked.push(`read ${stream.split('-')[0]}`);
    return log.read(stream, options);
  },
});

beforeAll(async () => {
  store = await startStore();
  log = patientLog(store.url);
});
afterAll(async () => {
  await door.close();
  await log.close();
  await store.remove();
});
beforeEach(async () => {
  await door?.close();
  fault = () => undefined;
  door = await startedAnew();
});

/** As a process that has just started and has written something. */
async function startedAnew(): Promise<Door> {
  const made = await openDoor(watched(), { config: { storeTimeoutMs: 1500 } });
  expect((await made.post(ended(newCallId()))).status).toBe(204);
  asked = [];
  return made;
}
const stored = async (callId: string) => {
  const [evidence, facts] = [await log.read(`evidence-default.${callId}`), await log.read(`call-default.${callId}`)];
  return { evidence, facts, counts: [evidence.length, facts.length] };
};
const unavailable = () => Promise.reject(new EventStoreUnavailable('no answer'));

test('a call that is heard of for the first time is not read; its evidence stands before its fact', async () => {
  const body = ended(newCallId());
  expect((await door.post(body)).status).toBe(204);
  expect(asked).toEqual(['append evidence', 'append call']);
  const { evidence, facts, counts } = await stored(body.call.call_id);
  expect(counts).toEqual([1, 1]);
  expect(evidence[0]!.position).toBeLessThan(facts[0]!.position);
});

test('neither waits for the other’s answer', async () => {
  const answers: (() => void)[] = [];
  fault = (stream) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answers.push(resolve);
    return promise.then(() => log.append(stream, 'no_stream', []));
  };
  const posted = door.post(ended(newCallId()));
  await expect.poll(() => asked, { timeout: 5000 }).toEqual(['append evidence', 'append call']);
  fault = () => undefined;
  for (const answer of answers) answer();
  expect((await posted).status).toBe(204);
});

test('whoever starts anew finds what is on record, and writes nothing twice', async () => {
  const body = ended(newCallId());
  expect((await door.post(body)).status).toBe(204);
  await door.close();
  door = await startedAnew();
  expect((await door.post(body)).status).toBe(204);
  expect((await stored(body.call.call_id)).counts).toEqual([1, 1]);
  expect(door.logged().at(-1)).toMatchObject({ outcome: 'duplicate' });
});

test('what a killed process left without evidence is completed by the redelivery', async () => {
  const body = ended(newCallId());
  let killed = false;
  fault = (stream) => {
    if (!stream.startsWith('evidence-')) return undefined;
    if (killed) return unavailable();
    killed = true;
    return Promise.resolve({ outcome: 'conflict', actual: 0n });
  };
  expect((await door.post(body)).status).toBe(503);
  expect((await stored(body.call.call_id)).counts).toEqual([0, 1]);
  fault = () => undefined;
  await door.close();
  door = await startedAnew();
  expect((await door.post(body)).status).toBe(204);
  expect((await stored(body.call.call_id)).counts).toEqual([1, 1]);
});

test('what finds no room at the event store is refused without asking for more, and new calls go on being sent at once', async () => {
  const [one, other] = [ended(newCallId()), ended(newCallId())];
  fault = () => Promise.reject(new EventStoreOverloaded('no room'));
  expect((await door.post(one)).status).toBe(503);
  expect(asked).toEqual(['append evidence', 'append call']);
  fault = () => undefined;
  asked = [];
  expect((await door.post(other)).status).toBe(204);
  expect(asked).toEqual(['append evidence', 'append call']);
});

test('after an append without an answer new calls are read first, and nothing is written twice', async () => {
  const [one, other] = [ended(newCallId()), ended(newCallId())];
  let times = 0;
  fault = () => (times++ < 1 ? unavailable() : undefined);
  expect((await door.post(one)).status).toBe(204);
  asked = [];
  expect((await door.post(other)).status).toBe(204);
  expect(asked).toEqual(['read call', 'append evidence', 'append call']);
  for (const { call } of [one, other]) expect((await stored(call.call_id)).counts).toEqual([1, 1]);
});
