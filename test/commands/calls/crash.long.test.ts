import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventLog } from '../../../src/events/event-log.ts';
import { type Retell, startRetell } from '../../../src/retell-emulator/start.ts';
import { patientLog } from '../../support/patient-log.ts';
import { type Store, startStore } from '../webhooks/door.ts';
import { type CallsService, callsService, newRequest, postCall, typesOf } from './scene.ts';

let store: Store;
let log: EventLog;
let retell: Retell;
let service: CallsService;
const children: ChildProcess[] = [];
beforeAll(async () => {
  store = await startStore();
  log = patientLog(store.url);
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
async function process_(step?: string) {
  const script = fileURLToPath(new URL('calls-process.ts', import.meta.url));
  const args = [script, store.url, retell.url, ...(step ? [step] : [])];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout! }))
    if (/^\d+$/.test(line)) return { url: `http://127.0.0.1:${line}`, child, exited };
  throw new Error('the process ended before it listened');
}

/** What the dead process leaves on record and at Retell; what the next start makes of it; what a repeat is answered. */
test.each([
  ['before IdempotencyKeyUsed', [], 0, [], 202, 1],
  ['after IdempotencyKeyUsed', [], 0, [], 202, 1],
  ['before CallRequested', [], 0, [], 202, 1],
  ['after CallRequested', ['CallRequested'], 0, ['CallRequested', 'CallPlacementFailed'], 503, 0],
  ['before dialling', ['CallRequested'], 0, ['CallRequested', 'CallPlacementFailed'], 503, 0],
  ['after dialling', ['CallRequested'], 1, ['CallRequested', 'CallPlaced'], 202, 1],
  ['before CallPlaced', ['CallRequested'], 1, ['CallRequested', 'CallPlaced'], 202, 1],
  ['after CallPlaced', ['CallRequested', 'CallPlaced'], 1, ['CallRequested', 'CallPlaced'], 202, 1],
] as const)(
  'killed %s: the session gets its answer, and nobody is called twice',
  async (step, left, dialled, found, status, dials) => {
    const { url, exited } = await process_(step);
    const request = newRequest();
    const who = { idempotencyKey: `key of ${request.callSessionId}` };
    await expect(postCall(url, request, who)).rejects.toThrow();
    await exited;
    expect(await typesOf(log, request.callSessionId)).toEqual(left);
    expect(retell.dials(request.callSessionId)).toBe(dialled);

    await service.resolve();
    expect(await typesOf(log, request.callSessionId)).toEqual(found);
    // Whoever asked had no answer, so he asks again, and again.
    const answers = [await service.post(request, who), await service.post(request, who), await service.post(request)];
    expect(answers.map((answer) => answer.status)).toEqual([status, status, status]);
    expect(retell.dials(request.callSessionId)).toBe(dials);
    const facts = await typesOf(log, request.callSessionId);
    expect(facts).toEqual(['CallRequested', dials === 1 ? 'CallPlaced' : 'CallPlacementFailed']);
    expect(await service.resolve()).toEqual({ placed: 0, failed: 0, open: 0 });
  },
);

test('killed after a refusal, before it is on record: it is found out, and nobody is called', async () => {
  const { url, exited } = await process_('before CallPlacementFailed');
  const request = newRequest();
  retell.next({ answer: { status: 402 } });
  await expect(postCall(url, request)).rejects.toThrow();
  await exited;
  expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested']);
  expect(await service.resolve()).toEqual({ placed: 0, failed: 1, open: 0 });
  expect((await service.post(request)).status).toBe(503);
  expect(retell.dials(request.callSessionId)).toBe(0);
});

test('killed while Retell is dialling: a repeat elsewhere finds the call instead of placing one', async () => {
  const { url, child, exited } = await process_();
  const request = newRequest();
  const lost = Promise.withResolvers<void>();
  retell.next({ delayBeforeMs: 100, until: lost.promise });
  const asked = postCall(url, request).catch(() => 'lost');
  await expect.poll(() => retell.dials(request.callSessionId)).toBe(1);
  child.kill('SIGKILL');
  await exited;
  expect(await asked).toBe('lost');
  lost.resolve();
  const answers = await Promise.all([service.post(request), service.post(request), service.resolve()]);
  const callId = retell.truth(request.callSessionId)[0]!.call.call_id;
  expect([answers[0].body.retellCallId, answers[1].body.retellCallId]).toEqual([callId, callId]);
  expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested', 'CallPlaced']);
  expect(retell.dials(request.callSessionId)).toBe(1);
});

test('killed before Retell has dialled, while the request is on its way: the call is found though it is made late', async () => {
  const { url, child, exited } = await process_();
  const request = newRequest();
  const asks = (path: string) => () => retell.requests.filter((request) => request.path === path).length;
  const [creates, lists] = [asks('/v2/create-phone-call'), asks('/v3/list-calls')];
  const [before, listed] = [creates(), lists()];
  const arrives = Promise.withResolvers<void>();
  retell.next({ before: arrives.promise });
  const asked = postCall(url, request).catch(() => 'lost');
  await expect.poll(creates).toBe(before + 1);
  child.kill('SIGKILL');
  await exited;
  expect(await asked).toBe('lost');
  expect(retell.dials(request.callSessionId)).toBe(0);
  const patient = await callsService(log, { retellUrl: retell.url, times: { settledAfterMs: 60_000 } });
  const resolving = patient.resolve();
  await expect.poll(lists).toBeGreaterThan(listed);
  arrives.resolve();
  expect(await resolving).toEqual({ placed: 1, failed: 0, open: 0 });
  expect(retell.dials(request.callSessionId)).toBe(1);
  await patient.close();
});

test('two processes, asked at once for the same sessions, call everybody once', async () => {
  const { url, child, exited } = await process_();
  const times = { createTimeoutMs: 10_000, settledAfterMs: 60_000, answerWithinMs: 20_000 };
  const here = await callsService(log, { retellUrl: retell.url, times });
  const requests = Array.from({ length: 10 }, () => newRequest());
  const answers = await Promise.all(
    requests.flatMap((request) =>
      Array.from({ length: 6 }, (_, i) => (i % 2 ? postCall(url, request) : here.post(request))),
    ),
  );
  child.kill('SIGKILL');
  await exited;
  await here.close();
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
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(leaving.logged()).toContain('"event":"placement_unknown"');
  expect(await typesOf(log, request.callSessionId)).toEqual(['CallRequested']);
  expect(await service.resolve()).toEqual({ placed: 1, failed: 0, open: 0 });
});
