import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectEventLog, type EventLog } from '../../../src/events/event-log.ts';
import { type Retell, startRetell } from '../../support/retell-emulator.ts';
import { type Store, startStore } from '../webhooks/door.ts';
import { type CallsService, callsService, newRequest, postCall, typesOf } from './scene.ts';

let store: Store;
let log: EventLog;
let retell: Retell;
let service: CallsService;
const children: ChildProcess[] = [];
beforeAll(async () => {
  store = await startStore();
  log = connectEventLog(store.url);
  retell = await startRetell();
  service = await callsService(log, { retellUrl: retell.url });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await service.close();
  await retell.stop();
  await log.close();
  await store.remove();
});

/** Another process of the service. */
async function process_(dieWhen?: 'requested' | 'dialled') {
  const script = fileURLToPath(new URL('calls-process.ts', import.meta.url));
  const args = [script, store.url, retell.url, ...(dieWhen ? [dieWhen] : [])];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout! }))
    if (/^\d+$/.test(line)) return { url: `http://127.0.0.1:${line}`, child, exited };
  throw new Error('the process ended before it listened');
}

test.each([
  ['once the request is on record', 'requested', 0, ['CallRequested', 'CallPlacementFailed'], 503],
  ['once Retell has answered, and that is not', 'dialled', 1, ['CallRequested', 'CallPlaced'], 202],
] as const)(
  'killed %s: the next start finds out, and nobody is called again',
  async (_, when, dials, facts, status) => {
    const { url, exited } = await process_(when);
    const request = newRequest();
    await expect(postCall(url, request)).rejects.toThrow();
    await exited;
    expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested']);
    expect(retell.dials(request.callSessionId)).toBe(dials);

    const result = await service.resolve();
    expect(result).toEqual({ placed: dials, failed: 1 - dials, open: 0 });
    expect(await typesOf(log, request.callSessionId)).toEqual(facts);
    expect((await service.post(request)).status).toBe(status);
    expect(await service.resolve()).toEqual({ placed: 0, failed: 0, open: 0 });
    expect(retell.dials(request.callSessionId)).toBe(dials);
  },
);

test('killed while Retell is dialling: a repeat elsewhere finds the call instead of placing one', async () => {
  const { url, child, exited } = await process_();
  const request = newRequest();
  retell.next({ delayBeforeMs: 100, delayAfterMs: 2000 });
  const asked = postCall(url, request).catch(() => 'lost');
  await expect.poll(() => retell.dials(request.callSessionId)).toBe(1);
  child.kill('SIGKILL');
  await exited;
  expect(await asked).toBe('lost');
  const answers = await Promise.all([service.post(request), service.post(request), service.resolve()]);
  const callId = retell.truth(request.callSessionId)[0]!.call.call_id;
  expect([answers[0].body.retellCallId, answers[1].body.retellCallId]).toEqual([callId, callId]);
  expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested', 'CallPlaced']);
  expect(retell.dials(request.callSessionId)).toBe(1);
});

test('killed before Retell has dialled, while the request is on its way: the call is found though it is made late', async () => {
  const { url, child, exited } = await process_();
  const request = newRequest();
  const creates = () => retell.requests.filter(({ path }) => path === '/v2/create-phone-call').length;
  const before = creates();
  retell.next({ delayBeforeMs: 500 });
  const asked = postCall(url, request).catch(() => 'lost');
  await expect.poll(creates).toBe(before + 1);
  child.kill('SIGKILL');
  await exited;
  expect(await asked).toBe('lost');
  expect(retell.dials(request.callSessionId)).toBe(0);
  expect(await service.resolve()).toEqual({ placed: 1, failed: 0, open: 0 });
  expect(retell.dials(request.callSessionId)).toBe(1);
});

test('two processes, asked at once for the same sessions, call everybody once', async () => {
  const { url, child, exited } = await process_();
  const requests = Array.from({ length: 10 }, () => newRequest());
  const answers = await Promise.all(
    requests.flatMap((request) =>
      Array.from({ length: 6 }, (_, i) => (i % 2 ? postCall(url, request) : service.post(request))),
    ),
  );
  child.kill('SIGKILL');
  await exited;
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  for (const { callSessionId } of requests) {
    expect(retell.dials(callSessionId)).toBe(1);
    expect(await typesOf(log, callSessionId)).toEqual(['CallRequested', 'CallPlaced']);
  }
});

test('whoever ends in good order leaves what is unknown to the next start', async () => {
  const leaving = await callsService(log, {
    retellUrl: retell.url,
    times: { createTimeoutMs: 60_000, answerWithinMs: 100 },
  });
  const request = newRequest();
  retell.next({ answer: 'hang' });
  expect((await leaving.post(request)).status).toBe(202);
  const began = performance.now();
  await leaving.close();
  expect(performance.now() - began).toBeLessThan(3000);
  expect(leaving.logged()).toContain('"event":"placement_unknown"');
  expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested']);
  expect(await service.resolve()).toEqual({ placed: 1, failed: 0, open: 0 });
});
