import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventLog } from '../../src/events/event-log.ts';
import { appointmentStream, callStream } from '../../src/events/streams.ts';
import { callLedger } from '../cli/command.ts';
import { appendAnyhow } from '../support/append-anyhow.ts';
import { type Client, clientOf } from '../support/client.ts';
import { startHostedStore } from '../support/hosted-store.ts';
import { patientLog } from '../support/patient-log.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { about, sample } from '../support/samples.ts';
import { dataDirectory, eventually } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

// A12, as operators meet it: one call's stream holds a fact that makes no sense.

const keys = { ADMIN_KEY: 'admin-key-of-the-tests', RETELL_WEBHOOK_SECRET: 'webhook-key-of-the-tests' };
const ids = (name: string) => ({ call: `call_${name}`, session: `cs_${name}`, appointment: `apt_${name}` });
const stream = callStream('default', 'call_sick');

let service: ServiceHere;
let client: Client;
let log: EventLog;
let eventStoreUrl: string;
let position: string;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const [database, directory] = await Promise.all([createTestDatabase(), dataDirectory()]);
  const store = await startHostedStore({ dataDir: directory.path });
  log = patientLog(store.url);
  eventStoreUrl = store.url;
  service = await startServiceHere({
    ...{ EVENTSTORE_URL: store.url, DATABASE_URL: database.url, MASTER_KEY: 'master-key-of-the-tests' },
    ...{ DATA_DIR: directory.path, ...keys },
  });
  cleanUp.push(() => service.stop(), log.close, store.stop, database.drop, directory.remove);
  const admin = { authorization: `Bearer ${keys.ADMIN_KEY}`, 'content-type': 'application/json' };
  const issued = await eventually(async () => {
    const response = await fetch(`${service.url}/api/tenants/default/api-keys`, {
      ...{ method: 'POST', headers: admin, body: '{"scopes":["write"]}' },
    });
    return response.ok && ((await response.json()) as { key: string });
  });
  const all = { ...keys, API_KEY: issued.key };
  client = await clientOf({ url: service.url, key: async (name) => all[name] });
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

type Item = { id: string; projection: string; attempts: number; waiting: number; position: string };
const parked = async () => (await client.admin('GET', '/api/parked')).body.items as readonly Item[];
const sick = async () => (await parked())[0]!;
const cli = (...args: string[]) =>
  callLedger(args, { env: { ...keys, API_KEY: client.keys.api, PORT: new URL(service.url).port } });
const metric = async (line: string) =>
  (await (await fetch(`${service.url}/metrics`)).text()).split('\n').find((one) => one.startsWith(line));

test('a fact that makes no sense parks its call everywhere it is read, and all else goes on', async () => {
  expect(await client.post(about(sample('01'), ids('sick')))).toBe(204);
  expect(await client.post(about(sample('01'), ids('well')))).toBe(204);
  await client.see('/api/call-sessions/cs_sick', ({ revision }) => revision === 1);
  const metadata = {
    tenantId: 'default',
    source: 'webhook',
    receivedAt: new Date().toISOString(),
    $correlationId: 'c',
  };
  const data = { callId: 'call_sick', endedAt: 5, personal: { transcript: 7, customerName: 'Jane Roe' } };
  const broken = [{ id: crypto.randomUUID(), type: 'CallEnded', data, metadata }];
  expect(await log.append(stream, 0n, broken).catch(({ name }) => name)).toBe('UnrecordableEvent');
  await appendAnyhow(eventStoreUrl, stream, 0n, broken);

  // The door takes what comes, for this call too.
  for (const name of ['sick', 'well'])
    for (const number of ['02', '03']) expect(await client.post(about(sample(number), ids(name)))).toBe(204);
  const well = await client.see('/api/call-sessions/cs_well', ({ revision }) => revision === 3);
  expect(well.status).toBe('confirmed');

  await eventually(async () => (await parked()).every(({ waiting }) => waiting === 2) && (await parked()).length === 1);
  const items = await parked();
  position = items[0]!.position;
  expect(await sick()).toEqual({
    ...{ id: `calls.1.${position}`, projection: 'calls', stream, position, revision: 1 },
    ...{ type: 'CallEnded', parkedAt: expect.any(String), waiting: 2, attempts: 0, redriveRequested: false },
    error: `CallEnded at ${stream}@1 is broken: data.endedAt invalid_type, data.personal.transcript invalid_type`,
  });
  expect((await client.get('/api/call-sessions/cs_sick')).body).toMatchObject({ revision: 1, status: 'pending' });
});

test('its history tells every fact, and which one cannot be read, where and why', async () => {
  const { status, body } = await client.get('/api/call-sessions/cs_sick/history');
  expect(status).toBe(200);
  const items = body.items as readonly Record<string, unknown>[];
  expect(items.map(({ type, revision, changes }) => [type, revision, (changes as unknown[]).length > 0])).toEqual([
    ['CallStarted', 0, true],
    ['CallEnded', 1, false],
    ['CallEnded', 2, false],
    ['CallAnalyzed', 3, false],
  ]);
  const reason = `CallEnded at ${stream}@1 is broken: data.endedAt invalid_type, data.personal.transcript invalid_type`;
  expect(items[0]).not.toHaveProperty('unreadable');
  expect(items[1]).toMatchObject({ position, source: 'webhook', evidence: 'none', unreadable: { stream, reason } });
  for (const later of items.slice(2))
    expect(later).toMatchObject({ waitsFor: position, source: 'webhook', evidence: 'verified' });
  expect(JSON.stringify(body)).not.toContain('Jane Roe');
  const told = await cli('history', 'cs_sick');
  expect([told.code, told.out]).toEqual([0, expect.stringContaining(`UNREADABLE in ${stream}: ${reason}`)]);
  expect(told.out.match(new RegExp(`waits behind the unreadable fact at ${position}`, 'g'))).toHaveLength(2);
});

test('as it was known before that fact is told, and from there on a problem that names it', async () => {
  const before = `${BigInt(position) - 1n}`;
  const then = await client.get(`/api/call-sessions/cs_sick?at=${before}`);
  expect([then.status, then.body.revision]).toEqual([200, 1]);
  const asked = ['/api/call-sessions/cs_sick', '/api/call-sessions/call:call_sick', '/api/appointments/apt_sick'];
  for (const path of asked) {
    const { status, headers, body } = await client.get(`${path}?at=${position}`);
    expect([status, headers.get('content-type')], path).toEqual([409, 'application/problem+json']);
    expect(body, path).toMatchObject({ code: 'fact_unreadable', position });
    expect(body.detail).toContain(`at position ${position}`);
    expect(body.detail).toContain('parked list');
    expect(JSON.stringify(body)).not.toContain('Jane Roe');
  }
  const told = await cli('history', 'cs_sick', '--at', position);
  expect([told.code, told.err]).toEqual([1, expect.stringContaining('call-ledger parked list')]);
});

test('every answer is one that the OpenAPI document knows', async () => {
  const { body } = await client.get('/openapi.json');
  const paths = body.paths as Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
  const refused = [
    ['/api/call-sessions/{id}', 'get'],
    ['/api/appointments/{id}', 'get'],
    ['/api/tickets/{id}', 'get'],
    ['/api/appointments/{id}', 'put'],
    ['/api/tickets/{id}/status', 'post'],
    ['/api/calls', 'post'],
  ] as const;
  for (const [path, method] of refused)
    expect(paths[path]?.[method]?.responses['409']?.description, `${method} ${path}`).toContain('`fact_unreadable`');
  const schemas = (body.components as { schemas: Record<string, { properties: object; required: string[] }> }).schemas;
  expect(Object.keys(schemas.HistoryItem!.properties)).toEqual(expect.arrayContaining(['unreadable', 'waitsFor']));
  expect(schemas.HistoryItem!.required).not.toContain('source');
  expect(Object.keys(schemas.Problem!.properties)).toContain('position');
});

test('metrics, readiness, doctor and one line of the log say so, and nothing quotes it', async () => {
  await eventually(async () => (await metric('call_ledger_parked_streams{projection="calls"}'))?.endsWith(' 1'));
  await eventually(async () =>
    (await metric('call_ledger_projection_events_total{projection="calls",result="parked"}'))?.endsWith(' 3'),
  );
  expect(await metric('call_ledger_parked_streams{projection="quarantine"}')).toMatch(/ 0$/);
  await expect
    .poll(() => client.get('/health/ready'))
    .toMatchObject({
      status: 200,
      body: { checks: { projections: { calls: { status: 'ok', detail: '1 stream parked' } } } },
    });
  const doctor = await cli('doctor');
  expect(doctor.out).toMatch(/^FAIL +ready: calls +1 stream parked/m);
  const lines = service.logs.filter((line) => line.includes('"projection_parked"'));
  expect(lines.map((line) => JSON.parse(line).projection)).toEqual(['calls']);
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'error', stream, position, type: 'CallEnded' });
  expect(service.logs.join('\n')).not.toContain('Jane Roe');
});

test('they can be asked for by a view too, and what is none is refused', async () => {
  for (const [name, found] of [
    ['calls', [{ projection: 'calls' }]],
    ['tickets', [{ projection: 'calls' }]],
    ['quarantine', []],
  ] as const)
    expect((await client.admin('GET', `/api/parked?projection=${name}`)).body.items).toMatchObject(found);
  const statuses = ['/api/parked?limit=0', '/api/parked?cursor=x', '/api/parked?nothing=1', '/api/parked/calls.1.1'];
  const answers = await Promise.all(statuses.map((path) => client.admin('GET', path)));
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
    ...Array(3).fill([400, 'invalid_request']),
    [404, 'not_found'],
  ]);
  expect((await client.admin('POST', '/api/parked/calls.1.1/redrive')).status).toBe(404);
  expect((await client.get('/api/parked')).status).toBe(401);
});

test('a redrive of what is not mended keeps it parked, and counts', async () => {
  const list = await cli('parked', 'list', '--projection', 'calls');
  expect(list.out).toContain(`calls.1.${position}`);
  const show = await cli('parked', 'show', `calls.1.${position}`);
  expect(show.out.match(/CallEnded|CallAnalyzed/g)!.length).toBeGreaterThan(2);
  const redriven = await cli('parked', 'redrive', '--all', '--projection', 'calls');
  expect([redriven.code, redriven.out]).toEqual([1, expect.stringContaining(`still parked, at position ${position}`)]);
  expect(await sick()).toMatchObject({ attempts: 1, waiting: 2, position });
  const answer = await client.admin('POST', `/api/parked/calls.1.${position}/redrive`);
  expect([answer.status, answer.body]).toEqual([
    200,
    expect.objectContaining({ outcome: 'still_parked', attempts: 2 }),
  ]);
  expect((await cli('parked', 'redrive')).code).toBe(2);
});

test('a rebuild parks it too: all else is built, it ends with 1 and names it, and the service is ready', async () => {
  const rebuilt = await cli('projections', 'rebuild');
  expect([rebuilt.code, rebuilt.out]).toEqual([1, expect.stringContaining(`calls.2.${position}`)]);
  expect(rebuilt.out).toContain('CallEnded at');
  expect(rebuilt.out).not.toContain('Jane Roe');
  const listed = await client.admin('GET', '/api/operations?limit=1');
  expect(listed.body.items).toMatchObject([{ state: 'succeeded', result: { generation: 2, replaced: 1, parked: 1 } }]);
  expect(await client.post(about(sample('03'), ids('later')))).toBe(204);
  await client.see('/api/call-sessions/cs_later', ({ status }) => status === 'confirmed');
  expect((await client.get('/api/call-sessions/cs_well')).body).toMatchObject({ revision: 3, status: 'confirmed' });
  expect((await client.get('/api/call-sessions/cs_sick')).body).toMatchObject({ revision: 1, status: 'pending' });
  expect(await sick()).toMatchObject({ id: `calls.2.${position}`, waiting: 2, attempts: 0 });
  await expect
    .poll(() => client.get('/health/ready'))
    .toMatchObject({
      status: 200,
      body: { checks: { projections: { calls: { status: 'ok', detail: '1 stream parked' } } } },
    });
  const verified = await cli('projections', 'verify', 'tickets', '--json');
  expect([verified.code, verified.json()]).toMatchObject([0, { result: { equal: true, parkedStreams: 1 } }]);
});

test('a command of staff that cannot be decided without a broken fact says which one, and records nothing', async () => {
  const staff = appointmentStream('default', 'apt_broken');
  const told = (body: unknown) => client.request('PUT', '/api/appointments/apt_broken', client.keys.api, body);
  expect((await told({ note: 'phoned' })).status).toBe(200);
  const metadata = {
    tenantId: 'default',
    source: 'command',
    receivedAt: new Date().toISOString(),
    $correlationId: 'c',
  };
  const data = { status: 'Jane Roe wants another', note: 7 };
  await appendAnyhow(eventStoreUrl, staff, 0n, [
    { id: crypto.randomUUID(), type: 'AppointmentChanged', data, metadata },
  ]);
  const recorded = await log.read(staff);
  const { status, body } = await told({ status: 'confirmed' });
  expect([status, body.code, body.position]).toEqual([409, 'fact_unreadable', `${recorded[1]!.position}`]);
  expect(body.detail).toContain(`${staff}@1 is broken: data.status invalid_value, data.note invalid_type`);
  expect(JSON.stringify(body)).not.toContain('Jane Roe');
  expect(await log.read(staff)).toHaveLength(2);
  // What needs none of the broken facts goes on.
  expect((await client.request('PUT', '/api/appointments/apt_well', client.keys.api, {})).status).toBe(200);
  expect((await client.request('POST', '/api/call-sessions/cs_sick/archive', client.keys.api)).status).toBe(200);
});
