import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealingUnder } from '../../src/tenants/sealing.ts';
import { callLedger } from './command.ts';

/** A service that is not well: Postgres away, a projection behind, a clock ten minutes slow, behind a strange proxy. */
const answers: Record<string, readonly [status: number, body: unknown]> = {
  '/health/live': [200, { status: 'ok' }],
  '/health/ready': [
    503,
    {
      status: 'unavailable',
      checks: {
        eventStore: { status: 'ok' },
        postgres: { status: 'failing', detail: 'the check failed' },
        projections: {
          tickets: { status: 'failing', detail: 'running, 12 events behind' },
          customers: { status: 'ok' },
          appointments: { status: 'ok', detail: '2 streams parked' },
          outcome_changes: { status: 'failing', detail: 'held up: 250 streams would be parked' },
        },
      },
    },
  ],
  '/openapi.json': [200, { info: { version: '7' } }],
  '/api/tenants': [200, { items: [{ id: 'default', webhookKeys: [] }] }],
  '/api/call-sessions': [
    503,
    { code: 'database_unavailable', detail: 'Postgres does not answer. Repeat the request.' },
  ],
  '/api/outside': [
    200,
    {
      retell: [
        { tenants: ['default', 'acme'], state: 'refused', reason: 'status_401' },
        { tenants: ['other'], state: 'no_answer', reason: 'no_answer' },
        { tenants: ['third'], state: 'ok' },
      ],
      ...{ keysNotTried: 7, mail: { state: 'refused', reason: 'auth_plain_535' } },
    },
  ],
  '/api/webhook-endpoints': [
    200,
    {
      items: [
        { id: 'we_1', pausedBecause: 'gone' },
        { id: 'we_2', needsSecret: true },
      ],
    },
  ],
  '/api/webhooks/retell': [200, { hello: 'from the proxy' }],
};
const asked: IncomingMessage[] = [];
const server = createServer((request, response) => {
  asked.push(request);
  const [status, body] = answers[request.url!.split('?')[0]!] ?? [302, 'elsewhere'];
  const date = new Date(Date.now() - 600_000).toUTCString();
  response.writeHead(status, { date, 'content-type': 'application/json', location: '/health/live' });
  response.end(JSON.stringify(body));
});
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const keys = { ADMIN_KEY: 'admin-key-of-the-tests', API_KEY: 'api-key-of-the-tests' };

test('doctor says of each ill what it means and what to do', async () => {
  const ran = await callLedger(['doctor', '--url', `${url}/`], { env: keys });
  expect(ran.code).toBe(1);
  expect(ran.out).toMatch(/^ok +service/m);
  expect(ran.out).toMatch(/^FAIL +ready: postgres +Postgres does not answer.*\n +→ .*DATABASE_URL/m);
  expect(ran.out).toMatch(/^FAIL +ready: tickets +.*12 events behind\)\n +→ /m);
  expect(ran.out).toMatch(/^FAIL +ready: appointments +2 streams parked.*\n +→ call-ledger parked list/m);
  expect(ran.out).toMatch(
    /^FAIL +ready: outcome_changes .*\n +→ .*call-ledger projections accept-parked outcome_changes/m,
  );
  expect(ran.out).not.toMatch(/ready: (eventStore|customers)/);
  expect(ran.out).toMatch(/^FAIL +clock +the service is (59\d|60\d) s behind.*\n +→ .*NTP/m);
  expect(ran.out).toMatch(/^FAIL +version +the service speaks API 7/m);
  expect(ran.out).toMatch(/^FAIL +admin key +.*no tenant has a webhook key\n +→ call-ledger keys add-webhook/m);
  expect(ran.out).toMatch(/^FAIL +API key +Postgres does not answer/m);
  expect(ran.out).toMatch(/^FAIL +webhook door +an unsigned webhook is answered 200/m);
  expect(ran.out).toMatch(/^skip +webhook secret/m);
  expect(ran.out).toMatch(
    /^FAIL +Retell +refuses the key of default, acme \(status_401\).*\n +→ Correct RETELL_API_KEY/m,
  );
  expect(ran.out).toMatch(/^FAIL +Retell +does not answer, asked with the key of other .*\n +→ .*RETELL_BASE_URL/m);
  expect(ran.out).toMatch(/^ok +Retell +answers, and takes the key of third\nskip +Retell +7 further keys/m);
  expect(ran.out).toMatch(/^FAIL +mail server +refuses the login \(auth_plain_535\).*\n +→ .*SMTP_URL/m);
  expect(ran.out).toMatch(
    /^FAIL +webhook endpoints +we_1 answered 410 and is paused; MASTER_KEY opens no secret of we_2\n/m,
  );
  expect(ran.out).toMatch(/13 of 17 need attention\.\n$/);
});

describe('the webhook secret, by the id that MASTER_KEY gives it', () => {
  const secret = 'the-webhook-secret-of-the-tests';
  const [now, before] = ['master-key-of-now-0123456789', 'master-key-of-before-0123456789'];
  const idUnder = (masterKey: string) => sealingUnder(masterKey).webhookKeyId('default', secret);
  const found = async (env: Record<string, string>, keyId: string, source: 'admin' | 'environment') => {
    const [mute] = [answers['/api/tenants']!];
    answers['/api/tenants'] = [200, { items: [{ id: 'default', webhookKeys: [{ keyId, source }] }] }];
    const given = { ...keys, RETELL_WEBHOOK_SECRET: secret, MASTER_KEY: now, ...env };
    const ran = await callLedger(['doctor', '--json', '--url', url], { env: given });
    answers['/api/tenants'] = mute;
    const checks = (JSON.parse(ran.out) as { checks: { name: string; status: string; detail: string }[] }).checks;
    return checks.find(({ name }) => name === 'webhook secret')!;
  };

  test('while MASTER_KEY is being changed, the id under either is its own', async () => {
    const detail = expect.stringContaining(`is in force: ${idUnder(before)}`);
    const both = { MASTER_KEY_PREVIOUS: before };
    expect(await found(both, idUnder(before), 'environment')).toMatchObject({ status: 'ok', detail });
    expect(await found({}, idUnder(before), 'environment')).toMatchObject({ status: 'fail' });
  });

  test('afterwards nobody can tell of a key that an administrator added under the earlier one', async () => {
    const detail = expect.stringMatching(new RegExp(`it may be ${idUnder(before)}, which was added under an earlier`));
    expect(await found({}, idUnder(before), 'admin')).toMatchObject({ status: 'skip', detail });
    expect(await found({}, idUnder(now), 'admin')).toMatchObject({ status: 'ok' });
  });
});

test('what is no Call Ledger is told from one that says no, and a key does not follow where it is sent on to', async () => {
  asked.length = 0;
  const ran = await callLedger(['quarantine', 'list', '--url', url], { env: keys });
  expect([ran.code, ran.out]).toEqual([2, '']);
  expect(asked.map((request) => request.url)).toEqual(['/api/quarantine?']);
});

test('without a service every command says how to find one', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const env = { ...keys, PORT: String(port) };
  const list = await callLedger(['tenants', 'list', '--json'], { env });
  expect([list.code, list.out]).toEqual([2, '']);
  expect(JSON.parse(list.err).error).toMatchObject({
    message: `No service answers at http://127.0.0.1:${port} (ECONNREFUSED).`,
    remedy: expect.stringContaining('npm start'),
  });
  const doctor = await callLedger(['doctor'], { env });
  expect(doctor.code).toBe(1);
  expect(doctor.out.match(/^skip /gm)).toHaveLength(9);
});

test('without a key nothing is asked, and it is said where one may be put', async () => {
  asked.length = 0;
  const ran = await callLedger(['tenants', 'list', '--url', url]);
  expect([ran.code, ran.out, asked]).toEqual([2, '', []]);
  expect(ran.err).toContain('/nowhere/credentials.env');
  expect((await callLedger(['tenants', 'list', '--url', 'localhost'], { env: keys })).code).toBe(2);
});
