import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, sign } from '../support/service.ts';
import { type Scene, SECRET, startScene } from './scene.ts';

type Posted = { readonly body: Buffer; readonly signature: string };

let scene: Scene;
let server: Server;
let there: string;
const posted: Posted[] = [];
beforeAll(async () => {
  scene = await startScene();
  server = createServer(async (request, response) => {
    posted.push({ body: await buffer(request), signature: String(request.headers['x-retell-signature']) });
    response.writeHead(request.url === '/refused' ? 400 : 204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  there = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await scene.stop();
});

const triggered = async (...args: string[]) => {
  const ran = await scene.cli(['trigger', ...args, '--json']);
  expect(ran).toMatchObject({ code: 0 });
  return ran.json();
};
const outcomeOf = async (callId: string) =>
  eventually(async () => {
    const ran = await scene.cli(['history', callId, '--json']);
    const { session } = ran.code === 0 ? ran.json() : {};
    return session?.status !== 'pending' && session;
  });
/** A signature of now over these bytes, with the key of the tests. */
const isSignedNow = ({ body, signature }: Posted): boolean => {
  const at = Number(/^v=(\d+),/.exec(signature)?.[1]);
  return Date.now() - at < 60_000 && sign(body, SECRET, at) === signature;
};

test('trigger tells what there is, and plays one call of it at the service', async () => {
  const listed = (await scene.cli(['trigger', '--json'])).json();
  const names = listed.items.map(({ story }: { story: string }) => story);
  expect(names).toEqual([...new Set(names)]);
  expect(names).toEqual(expect.arrayContaining(['confirmed-true', 'dial_busy', 'outbound-transferred']));
  const appointmentId = `apt-${randomUUID()}`;
  const { callId, sent } = await triggered('cancelled', '--appointment', appointmentId);
  expect(sent.map(({ event }: { event: string }) => event)).toEqual(['call_started', 'call_ended', 'call_analyzed']);
  expect(await outcomeOf(callId)).toMatchObject({ status: 'cancelled', appointmentId });
});

test('trigger sends to any address, signed with the key; what is refused there is reported', async () => {
  const { callId } = await triggered('transferred', '--forward-to', `${there}/hook`);
  const mine = posted.filter(({ body }) => JSON.parse(String(body)).call.call_id === callId);
  expect(mine).toHaveLength(3);
  expect(mine.every(isSignedNow)).toBe(true);
  const refused = await scene.cli(['trigger', 'busy', '--forward-to', `${there}/refused`]);
  expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('400, 400, 400')]);
  const nobody = await scene.cli(['trigger', 'dial_busy', '--forward-to', 'http://127.0.0.1:1/']);
  expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('Nothing answers')]);
  expect(await scene.cli(['trigger', 'unheard-of'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('confirmed'),
  });
});

test('replay posts what was recorded, byte for byte: one fact, or all of a call; signed anew, or as it was', async () => {
  const body = JSON.stringify({ event: 'call_ended', call: { call_id: `call_${randomUUID()}`, note: 'ä \u2028' } });
  const callId = JSON.parse(body).call.call_id;
  expect(await scene.post(body)).toBe(204);
  await outcomeOf(callId).catch(() => {});
  const history = (await scene.cli(['history', callId, '--json'])).json();
  const { position } = history.items[0];

  posted.length = 0;
  for (const args of [[position], [position, '--as-recorded'], [callId]])
    expect(await scene.cli(['replay', ...args, '--to', there])).toMatchObject({ code: 0 });
  expect(posted.map((one) => String(one.body))).toEqual([body, body, body]);
  expect(posted.every(isSignedNow)).toBe(true); // it was recorded only now
  expect(new Set(posted.map(({ signature }) => signature)).size).toBe(3);

  const back = await scene.cli(['replay', position, '--to', `${scene.service.url}/api/webhooks/retell`, '--json']);
  expect(back.json().sent).toMatchObject([{ status: 204 }]);
});

test('replay finds what is in quarantine, and says what is not there', async () => {
  posted.length = 0;
  const body = `not json ${randomUUID()}`;
  expect(await scene.post(body)).toBe(204);
  const id = await eventually(async () => {
    const { items } = (await scene.cli(['quarantine', 'list', '--reason', 'not_json', '--json'])).json();
    return items[0]?.id as string | undefined;
  });
  expect(await scene.cli(['replay', id, '--to', there])).toMatchObject({ code: 0 });
  expect(posted.map((one) => String(one.body))).toEqual([body]);
  for (const missing of ['1', '9999999999999999999', `default.${'0'.repeat(64)}`])
    expect(await scene.cli(['replay', missing, '--to', there])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/delivery/),
    });
  expect(await scene.cli(['replay', id, '--to', 'nowhere'])).toMatchObject({ code: 2 });
  expect(posted).toHaveLength(1);
});

test('tail shows what changes, and goes on behind the last event', async () => {
  const listening = scene.cli(['tail', '--json', '--count', '1', '--cursor', '0']);
  await triggered('cancelled');
  const { callId } = await triggered('confirmed');
  const first = (await listening).json();
  expect(first).toMatchObject({ event: 'call.outcome.changed', id: expect.any(String) });
  const rest = await scene.cli(['tail', '--json', '--count', '2', '--cursor', first.id]);
  const lines = rest.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(2);
  expect(lines.map(({ id }) => id)).not.toContain(first.id);
  await outcomeOf(callId);
  const person = await scene.cli(['tail', '--count', '1', '--cursor', first.id]);
  expect(person.out).toMatch(/call\.outcome\.changed|appointment\.changed/);
  expect(person.err).toContain('call-ledger tail --cursor');
  expect(await scene.cli(['tail', '--cursor', 'nowhere'])).toMatchObject({ code: 1 });
  expect(await scene.cli(['tail'], { env: { API_KEY: 'wrong' } })).toMatchObject({ code: 1 });
});

test('every setting of a tenant can be put and taken out, its key at Retell from stdin, a file or the environment', async () => {
  const id = `t${randomUUID().slice(0, 8)}`;
  const put = (args: readonly string[], more = {}) => scene.cli(['tenants', 'put', id, ...args, '--json'], more);
  const settings = [
    '--field-name',
    'appointment_confirmed=bestaetigt|zugesagt',
    '--qualification',
    'conversation=closed',
  ];
  const calls = ['--call-countries', 'DE,AT', '--calls-per-day', '500', '--calls-need-scope', 'on'];
  const first = await put([...settings, ...calls, '--accept-untimestamped-signature', 'on', '--retell-api-key'], {
    stdin: 'key_1\n',
  });
  expect(first.json()).toMatchObject({
    fieldNames: { appointment_confirmed: ['bestaetigt', 'zugesagt'] },
    qualification: { conversation: 'closed' },
    calls: { countries: ['DE', 'AT'], perDay: 500, needsScope: true },
    acceptUntimestampedSignature: true,
    retellApiKeySet: true,
  });
  const out = ['--field-name', 'appointment_confirmed=none', '--calls-per-day', 'none', '--no-retell-api-key'];
  const second = (await put(out)).json();
  expect(second).toMatchObject({ fieldNames: {}, calls: { countries: ['DE', 'AT'] }, retellApiKeySet: false });
  expect(second.calls.perDay).toBeUndefined();
  expect((await put(['--retell-api-key'], { env: { RETELL_API_KEY: 'key_2' } })).json().retellApiKeySet).toBe(true);
  const typed = await put(['--retell-api-key', 'key_3']);
  expect([typed.code, typed.out + typed.err]).toEqual([2, expect.not.stringContaining('key_3')]);
  expect(await put(['--retell-api-key'])).toMatchObject({ code: 2, err: expect.stringContaining('no Retell API key') });
});
