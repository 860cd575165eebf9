import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callLedger } from './command.ts';

// What a person sees of a run that takes its time, of a service that is asked how far it is.

const startedAt = '2026-03-01T10:00:00.000Z';
const tenant = (phase: string, listed: number, total: number, done: number) => ({
  ...{ tenantId: 'acme', phase, listed, total, done, recorded: 3 * done },
  ...{ closed: 0, goingOn: 0, stuck: 0, waiting: 0, unknown: 0, later: 0, unreadable: 0 },
});
const running = (...tenants: object[]) => ({ state: 'running', run: { startedAt, tenants } });
/** One after the other; the last one stays. */
let states: object[] = [];
const asked: object[] = [];
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.method === 'POST') asked.push(JSON.parse(Buffer.concat(chunks).toString()));
  response.writeHead(request.method === 'POST' ? 202 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(states.length > 1 ? states.shift() : states[0]));
});
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

const backfill = () =>
  callLedger([
    ...['--url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, '--admin-key', 'the-admin-key'],
    ...['backfill', '--tenant', 'acme', '--from', '2026-01-01', '--to', '2026-02-01'],
  ]);

test('a backfill shows how far it is, and in the end what came of it', async () => {
  states = [
    running(tenant('lists', 40, 0, 0)),
    running(tenant('calls', 96, 24, 6)),
    { state: 'idle', last: { startedAt, endedAt: startedAt, tenants: [tenant('done', 96, 24, 24)] } },
  ];
  const { code, out, err } = await backfill();
  expect(asked).toEqual([{ tenant: 'acme', since: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' }]);
  expect(err.split('\n').filter((line) => line.startsWith('['))).toEqual([
    `[${'.'.repeat(24)}] 0 of 0 calls, 40 listed, 0 facts recorded, 1 of 1 tenants reading lists`,
    `[${'#'.repeat(6)}${'.'.repeat(18)}] 6 of 24 calls, 96 listed, 18 facts recorded`,
  ]);
  expect(code).toBe(0);
  expect(out).toMatch(/^acme +done +96 +24 +72 /m);
});

test('what it had to leave is said, and so is a service that has forgotten it', async () => {
  const left = { ...tenant('later', 96, 24, 5), cause: 'calls_not_answered' };
  states = [
    running(tenant('calls', 96, 24, 1)),
    { state: 'idle', last: { startedAt, endedAt: startedAt, tenants: [left] } },
  ];
  const { code, out } = await backfill();
  expect([code, out]).toEqual([1, expect.stringMatching(/^acme +later .*calls_not_answered$/m)]);

  states = [running(tenant('calls', 96, 24, 1)), { state: 'idle' }];
  const forgotten = await backfill();
  expect([forgotten.code, forgotten.err]).toEqual([1, expect.stringContaining('begin again, it goes on where it was')]);
});

test.each<[string, object, object]>([
  ...['stuck', 'waiting', 'unknown', 'later', 'unreadable'].map(
    (why) => [why, { [why]: 1 }, {}] as [string, object, object],
  ),
  ['a request', {}, { requests: { placed: 2, failed: 1, open: 1 } }],
  ['a tenant that could not be asked', { phase: 'no_key' }, {}],
  ['what an error has cut off', {}, { error: 'as told' }],
])('exit code 1 where something is left: %s', async (_, counts, more) => {
  const ended = (counts: object, more: object) => [
    running(tenant('calls', 96, 24, 1)),
    { state: 'idle', last: { startedAt, tenants: [{ ...tenant('done', 96, 24, 24), ...counts }], ...more } },
  ];
  states = ended(counts, more);
  expect((await backfill()).code).toBe(1);
  // What is going on has not ended, and what was closed or placed is through.
  states = ended({ goingOn: 3, closed: 1 }, { requests: { placed: 2, failed: 1, open: 0 } });
  expect((await backfill()).code).toBe(0);
});
