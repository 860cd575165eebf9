import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openRecorder } from '../../src/commands/webhooks/record.ts';
import { sha256 } from '../../src/events/identity.ts';
import { sealingUnder } from '../../src/tenants/sealing.ts';
import { tenant } from '../commands/webhooks/door.ts';
import { eventually, sign } from '../support/service.ts';
import type { Ran } from './command.ts';
import { MASTER_KEY, SECRET, startScene } from './scene.ts';

const scene = await startScene();
const { service, log, cli, post } = scene;
afterAll(() => scene.stop());

const newTenant = () => `t${randomUUID().slice(0, 8)}`;
const ended = (callId: string, more: object = {}) =>
  JSON.stringify({
    event: 'call_ended',
    event_timestamp: Date.parse('2026-01-31T09:01:00.000Z'),
    call: {
      call_id: callId,
      call_type: 'phone_call',
      direction: 'outbound',
      disconnection_reason: 'dial_busy',
      ...more,
    },
  });

describe('tenants', () => {
  test('put registers, changes what is named, and shows the result', async () => {
    const id = newTenant();
    const made = await cli(['tenants', 'put', id, '--name', 'Acme Dental', '--time-zone', 'Europe/Berlin', '--json']);
    expect([made.code, made.err, made.json()]).toEqual([
      0,
      '',
      expect.objectContaining({ id, name: 'Acme Dental', timeZone: 'Europe/Berlin', webhookKeys: [] }),
    ]);
    const changed = await cli(['tenants', 'put', id, '--mail-to', 'a@b.example,c@d.example', '--mail', 'on', '--json']);
    expect(changed.json()).toMatchObject({
      name: 'Acme Dental',
      timeZone: 'Europe/Berlin',
      mail: { enabled: true, recipients: ['a@b.example', 'c@d.example'] },
    });
    const off = await cli(['tenants', 'put', id, '--mail', 'off', '--json']);
    expect(off.json().mail).toEqual({ enabled: false, recipients: ['a@b.example', 'c@d.example'] });
    const put = ['--agent-endpoint', 'agent_1=retell', '--agent-endpoint', 'agent_2=retell-inbound-ticket'];
    const agents = await cli(['tenants', 'put', id, ...put]);
    expect(agents.out).toMatch(/^reconciled calls +agent_1 → retell, agent_2 → retell-inbound-ticket$/m);
    const without = await cli(['tenants', 'put', id, '--agent-endpoint', 'agent_1=none', '--json']);
    expect(without.json().agentEndpoints).toEqual({ agent_2: 'retell-inbound-ticket' });
    const anew = ['--name', 'Acme', '--agent-endpoint', 'agent_2=none', '--agent-endpoint', 'agent_3=retell'];
    const replaced = await cli(['tenants', 'put', id, ...anew, '--replace', '--json']);
    expect(replaced.json().agentEndpoints).toEqual({ agent_3: 'retell' });
    expect([replaced.json().name, replaced.json().timeZone, replaced.json().mail]).toEqual([
      'Acme',
      undefined,
      undefined,
    ]);

    const [list, show] = [await cli(['tenants', 'list']), await cli(['tenants', 'show', id])];
    expect(list.out).toMatch(new RegExp(`^${id} +Acme +–`, 'm'));
    expect(list.out).toMatch(/^default +/m);
    expect(show.out).toMatch(/^name +Acme$/m);
  });

  test('what the service refuses is told as it stands, and nothing is registered', async () => {
    const id = newTenant();
    const put = await cli(['tenants', 'put', id, '--time-zone', 'Mars/Olympus']);
    expect([put.code, put.out]).toEqual([1, '']);
    expect(put.err).toContain('timeZone: must be an IANA time zone');
    const show = await cli(['tenants', 'show', id, '--json']);
    expect([show.code, show.out, JSON.parse(show.err).error]).toMatchObject([
      1,
      '',
      { code: 'unknown_tenant', status: 404 },
    ]);
    expect((await cli(['tenants', 'put', id, '--mail', 'maybe'])).code).toBe(2);
    const half = await cli(['tenants', 'put', id, '--agent-endpoint', 'agent_1']);
    expect([half.code, half.err]).toEqual([2, expect.stringContaining('--agent-endpoint agent_5f0c2b1e=')]);
  });
});

describe('keys', () => {
  const mayRead = async (key: string) =>
    (await fetch(`${service.url}/api/call-sessions`, { headers: { authorization: `Bearer ${key}` } })).status;

  test('an API key opens until it is revoked', async () => {
    const id = newTenant();
    await cli(['tenants', 'put', id]);
    const scopes = ['read', 'write'];
    const issued = (await cli(['keys', 'issue', id, '--scope', 'read,write', '--name', 'desk', '--json'])).json();
    expect(issued).toMatchObject({ key: expect.stringMatching(/^cl_/), name: 'desk', scopes });
    const listed = () => cli(['keys', 'list', id, '--json']).then((ran) => ran.json().items[0]);
    expect(await listed()).toEqual({ keyId: issued.keyId, name: 'desk', scopes, createdAt: expect.any(String) });
    expect(await mayRead(issued.key)).toBe(200);
    expect(await listed()).toHaveProperty('lastUsedAt');
    const revoked = await cli(['keys', 'revoke', id, issued.keyId]);
    expect([revoked.code, revoked.out]).toEqual([0, `${issued.keyId} of ${id} is revoked.\n`]);
    expect(await mayRead(issued.key)).toBe(401);
    expect((await cli(['keys', 'revoke', id, 'nobody'])).code).toBe(1);
  });

  test('a webhook key comes from a pipe or a file, is never shown, and verifies until it is retired', async () => {
    const id = newTenant();
    await cli(['tenants', 'put', id]);
    const [piped, filed] = ['piped-webhook-key-1', 'filed-webhook-key-2'];
    const file = join(scene.dataDir, 'webhook.key');
    await writeFile(file, `${filed}\n`);
    const first = await cli(['keys', 'add-webhook', id, '--json'], { stdin: `${piped}\r\n` });
    const second = await cli(['keys', 'add-webhook', id, '--key-file', file]);
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.out + first.err + second.out + second.err).not.toMatch(/webhook-key-/);
    const webhook = ended(`call_${id}`);
    expect(await post(webhook, { tenantId: id, key: piped })).toBe(204);
    expect(await post(webhook, { tenantId: id, key: filed })).toBe(204);
    expect((await cli(['keys', 'retire-webhook', id, first.json().keyId])).code).toBe(0);
    expect(await post(webhook, { tenantId: id, key: piped })).toBe(401);
  });

  test('a webhook key on the command line is not taken', async () => {
    const ran = await cli(['keys', 'add-webhook', 'default', 'a-key-in-plain-sight'], { stdin: 'a-key-from-a-pipe' });
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toContain('not taken from the command line');
    expect(ran.err).not.toContain('in-plain-sight');
    const shown = (await cli(['tenants', 'show', 'default', '--json'])).json();
    expect(shown.webhookKeys).toHaveLength(1);
    expect((await cli(['keys', 'add-webhook', 'default'], { stdin: '\n' })).code).toBe(2);
    expect((await cli(['keys', 'add-webhook', 'default', '--key-file', '/nowhere'])).code).toBe(2);
  });
});

describe('history', () => {
  test('tells each fact, by the id of the session or of a call in it', async () => {
    const [callId, sessionId] = [`call_${randomUUID()}`, `session ${randomUUID()}`];
    await post(ended(callId, { metadata: { call_session_id: sessionId }, agent_name: 'Eve\u001b[2J' }));
    const shown = await eventually(async () => {
      const ran = await cli(['history', callId]);
      return ran.code === 0 && ran;
    });
    expect(shown.out).toMatch(/^status +busy \(dial_busy\)$/m);
    expect(shown.out).toMatch(/^\d+ +2026-01-31T09:01:00\.000Z +20\S+Z +webhook +CallEnded +verified +id = session /m);
    expect(shown.out).toContain('status = busy');
    // What was said does not reach the terminal as a command to it.
    expect(shown.out).toContain('agentName = Eve\\u001b[2J');
    expect(shown.out).not.toContain('\u001b');
    const told = (await cli(['history', sessionId, '--tenant', 'default', '--json'])).json();
    expect(told.session).toMatchObject({ id: sessionId, retellCallIds: [callId] });
    expect(told.items).toMatchObject([{ type: 'CallEnded', evidence: 'verified' }]);

    const [{ position, recordedAt }] = told.items;
    await post(ended(callId, { disconnection_reason: 'user_hangup' }));
    await eventually(async () => (await cli(['history', callId, '--json'])).json().items.length === 2);
    for (const at of [position, recordedAt]) {
      const then = (await cli(['history', callId, '--at', at, '--json'])).json();
      expect(then).toEqual({ session: told.session, items: told.items });
    }
    const before = await cli(['history', callId, '--at', '2020-01-01T00:00:00Z']);
    expect([before.code, before.err]).toEqual([1, expect.stringContaining('at 2020-01-01T00:00:00Z')]);
    const garbled = await cli(['history', callId, '--at', 'yesterday']);
    expect([garbled.code, garbled.err]).toEqual([1, expect.stringContaining('at: must be an ISO 8601 time')]);
  });

  test('of another tenant needs a key of that tenant', async () => {
    const id = newTenant();
    await cli(['tenants', 'put', id]);
    await cli(['keys', 'add-webhook', id], { stdin: 'webhook-key-of-theirs' });
    const { key } = (await cli(['keys', 'issue', id, '--json'])).json();
    const callId = `call_${randomUUID()}`;
    await post(ended(callId), { tenantId: id, key: 'webhook-key-of-theirs' });
    await eventually(
      async () => (await cli(['history', callId, '--tenant', id], { env: { API_KEY: key } })).code === 0,
    );
    const without = await cli(['history', callId, '--tenant', id]);
    expect([without.code, without.err]).toEqual([
      2,
      expect.stringContaining(`call-ledger keys issue ${id} --scope read`),
    ]);
    const asDefault = await cli(['history', callId]);
    expect([asDefault.code, asDefault.out]).toEqual([1, '']);
    const confused = await cli(['history', callId, '--tenant', 'default', '--api-key', key]);
    expect([confused.code, confused.err]).toEqual([1, expect.stringContaining(`one of tenant ${id}, not of default`)]);
  });
});

describe('quarantine', () => {
  /** What an older version did with a delivery that today's code understands. */
  async function setAside(body: string): Promise<string> {
    const bytes = Buffer.from(body);
    const digest = sha256(bytes);
    await openRecorder(log, 5000).quarantine('untranslatable', {
      tenant: tenant('default', []),
      endpoint: 'retell',
      body: bytes,
      sha256: digest,
      signatureHeader: sign(bytes, SECRET),
      keyId: sealingUnder(MASTER_KEY).webhookKeyId('default', SECRET),
      receivedAt: '2026-01-31T09:01:00.500Z',
    });
    return `default.${digest}`;
  }

  test('lists, shows, and retries what is understood by now', async () => {
    const callId = `call_${randomUUID()}`;
    const id = await setAside(ended(callId));
    const listed = await eventually(async () => {
      const ran = await cli(['quarantine', 'list', '--reason', 'untranslatable']);
      return ran.out.includes(id) && ran;
    });
    expect(listed.out).toMatch(new RegExp(`^2026-01-31T09:01:00.500Z +untranslatable +retell +\\d+ +– +${id}$`, 'm'));
    const show = await cli(['quarantine', 'show', id]);
    expect(show.out).toMatch(/^evidence +verified$/m);
    expect(show.out).toContain(ended(callId));

    const retried = await cli(['quarantine', 'retry', id]);
    expect([retried.code, retried.out]).toEqual([0, `${id} is released: recorded as a fact of ${callId}\n`]);
    const again = await scene.bin(['quarantine', 'retry', id, '--json']);
    expect([again.code, again.json()]).toMatchObject([0, [{ id, outcome: 'duplicate', callId }]]);
    await eventually(async () => !(await cli(['quarantine', 'list'])).out.includes(id));
    expect((await cli(['quarantine', 'list', '--released', 'true', '--json'])).json().items).toMatchObject([{ id }]);
    await eventually(async () => (await cli(['history', callId])).code === 0);
  });

  test('says what is still not understood, and tries the others', async () => {
    const broken = `not JSON \u001b[31m ${randomUUID()}`;
    expect(await post(broken)).toBe(204);
    const [good, bad] = [await setAside(ended(`call_${randomUUID()}`)), `default.${sha256(broken)}`];
    const ran = await cli(['quarantine', 'retry', 'default.unknown', bad, good]);
    expect(ran.code).toBe(1);
    expect(ran.out.split('\n')).toEqual([
      'default.unknown was not tried: Nothing is in quarantine under this id.',
      `${bad} is still not understood: not_json`,
      expect.stringContaining(`${good} is released`),
      '',
    ]);
    const show = await cli(['quarantine', 'show', bad]);
    expect(show.out).toContain('not JSON \\u001b[31m');
    expect((await cli(['quarantine', 'show', 'default.unknown'])).code).toBe(1);
  });
});

describe('doctor', () => {
  const byName = (ran: Ran): Record<string, { status: string; detail: string; remedy?: string }> =>
    Object.fromEntries(ran.json().checks.map((check: { name: string }) => [check.name, check]));

  test('finds nothing to say of a service that is well, and leaves no trace', async () => {
    const head = (await log.head())!;
    const ran = await scene.bin(['doctor', '--json']);
    const checks = byName(ran);
    const { Retell: asked, 'mail server': mail, 'webhook endpoints': endpoints, ...others } = checks;
    expect(Object.values(others).map(({ status }) => status)).toEqual(Array(8).fill('ok'));
    expect([asked, mail, endpoints]).toMatchObject([
      { status: 'skip', detail: expect.stringMatching(/^off, no RETELL_API_KEY/) },
      { status: 'skip', detail: expect.stringMatching(/^off, no SMTP_URL/) },
      { status: 'skip', detail: expect.any(String) },
    ]);
    expect([ran.code, ran.json().ok]).toEqual([0, true]);
    expect(checks['webhook secret']!.detail).toContain('is in force: wk_');
    expect(ran.out).not.toContain(SECRET);
    const since = (await log.newest(5)).filter(({ position }) => position > head).map(({ stream }) => stream);
    // A running service may note its own place meanwhile.
    expect(since.filter((stream) => !stream.startsWith('reaction-'))).toEqual([]);
  });

  test('says which key is wrong, and where it came from', async () => {
    const env = { ADMIN_KEY: 'not-the-admin-key', RETELL_WEBHOOK_SECRET: 'another-secret' };
    const wrongAdmin = await cli(['doctor', '--json', '--api-key', 'cl_1_wrong'], { env });
    const checks = byName(wrongAdmin);
    expect(wrongAdmin.code).toBe(1);
    expect(checks['admin key']).toMatchObject({ status: 'fail', remedy: expect.stringContaining('from ADMIN_KEY') });
    expect(checks['API key']).toMatchObject({ status: 'fail', remedy: expect.stringContaining('from --api-key') });
    expect(checks['webhook secret']!.status).toBe('skip');
    expect(wrongAdmin.out + wrongAdmin.err).not.toMatch(/not-the-admin-key|cl_1_wrong|another-secret/);
    const { RETELL_WEBHOOK_SECRET } = env;
    const wrongSecret = byName(await cli(['doctor', '--json'], { env: { RETELL_WEBHOOK_SECRET } }));
    expect(wrongSecret['webhook secret']).toMatchObject({ status: 'fail' });
  });
});
