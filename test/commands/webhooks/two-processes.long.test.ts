import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventLog } from '../../../src/events/event-log.ts';
import { patientLog } from '../../support/patient-log.ts';
import { type Door, ended, newCallId, openDoor, type Store, signature, startStore } from './door.ts';

let store: Store;
let log: EventLog;
let door: Door;
let child: ChildProcess;
let otherUrl: string;
beforeAll(async () => {
  store = await startStore();
  log = patientLog(store.url);
  door = await openDoor(log);
  const script = fileURLToPath(new URL('door-process.ts', import.meta.url));
  child = spawn(process.execPath, [script, store.url], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout! })) {
    if (!/^\d+$/.test(line)) continue; // the client announces its settings
    otherUrl = `http://127.0.0.1:${line}`;
    break;
  }
});
afterAll(async () => {
  child.stdin?.end();
  await once(child, 'exit');
  await door.close();
  await log.close();
  await store.remove();
});

const postToOther = async (body: object): Promise<number> => {
  const text = JSON.stringify(body);
  const headers = { 'x-retell-signature': signature(text) };
  return (await fetch(`${otherUrl}/api/webhooks/retell`, { method: 'POST', body: text, headers })).status;
};

test('two services at once on one call make one history, in which nothing is missing and nothing twice', async () => {
  const callId = newCallId();
  const facts = Array.from({ length: 40 }, (_, i) => ended(callId, { agent_name: `agent ${i}` }));
  const statuses = await Promise.all(
    facts.flatMap((fact, i) => [
      door.post({ ...fact, event_timestamp: 1_793_613_600_000 + i }).then(({ status }) => status),
      postToOther(fact),
    ]),
  );
  expect(statuses.filter((status) => status !== 204)).toEqual([]);
  const history = await log.read(`call-default.${callId}`);
  const agents = history.map(({ data }) => (data as { agentName: string }).agentName);
  expect(new Set(agents).size).toBe(40);
  expect(agents).toHaveLength(40);
  expect(history.map(({ revision }) => revision)).toEqual(history.map((_, i) => BigInt(i)));
});

test('the same delivery to both, many times at once, is one fact', async () => {
  for (let round = 0; round < 10; round++) {
    const fact = ended(newCallId());
    const statuses = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? postToOther(fact) : door.post(fact).then(({ status }) => status))),
    );
    expect(statuses.filter((status) => status !== 204)).toEqual([]);
    expect(await log.read(`call-default.${fact.call.call_id}`)).toHaveLength(1);
    expect(await log.read(`evidence-default.${fact.call.call_id}`)).toHaveLength(1);
  }
});
