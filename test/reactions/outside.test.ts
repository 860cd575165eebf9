import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OutsideDependencies, outsideRoutes } from '../../src/reactions/outside.ts';
import { type Retell, startRetell } from '../../src/retell-emulator/start.ts';
import { directory, tenant } from '../commands/webhooks/door.ts';
import { accessWith } from '../support/admin-access.ts';
import { freePort } from '../support/free-port.ts';
import { type SmtpUnderTest, startSmtpServer } from './smtp-server.ts';

// What doctor has a process with the role `react` find out about Retell and the mail server.

const ADMIN = 'admin_0123456789abcdef';
let retell: Retell;
let smtp: SmtpUnderTest;
beforeAll(async () => {
  retell = await startRetell({ apiKey: 'key_right', pace: 0 });
  smtp = await startSmtpServer({
    ...{ disabledCommands: ['STARTTLS'], allowInsecureAuth: true },
    onAuth: ({ password }, _session, done) =>
      password === 'right' ? done(null, { user: 'u' }) : done(new Error('no')),
  });
});
afterAll(async () => {
  await retell.stop();
  await smtp.stop();
});

async function outside(keys: Record<string, string>, over: Partial<OutsideDependencies> = {}, key = ADMIN) {
  const tenants = directory(Object.keys(keys).map((id) => tenant(id, [])));
  const given = {
    retellApiKeyOf: (id: string) => keys[id] || undefined,
    retellBaseUrl: retell.url,
    smtpUrl: undefined,
  };
  const app = outsideRoutes({ access: accessWith(ADMIN), directory: tenants, ...given, ...over });
  const response = await app.request('/api/outside', { headers: { authorization: `Bearer ${key}` } });
  return response.status === 200 ? response.json() : response.status;
}
const smtpUrl = (password: string) => smtp.url.replace('//', `//user:${password}@`);

test('it is for administrators', async () => {
  expect(await outside({}, {}, 'another_0123456789abcdef')).toBe(401);
});

test('each key of Retell is tried once, whoever has it', async () => {
  const before = retell.requests.length;
  expect(await outside({ default: 'key_right', acme: 'key_wrong', other: 'key_right', none: '' })).toMatchObject({
    retell: [
      { tenants: ['default', 'other'], state: 'ok' },
      { tenants: ['acme'], state: 'refused', reason: 'status_401' },
    ],
    keysNotTried: 0,
  });
  expect(retell.requests.length - before).toBeLessThanOrEqual(2);
  expect(await outside({ none: '' })).toMatchObject({ retell: [], mail: { state: 'off' } });
});

test('of very many keys some are tried, and the others are counted', async () => {
  const many = Object.fromEntries(Array.from({ length: 23 }, (_, i) => [`t${i}`, `key_wrong_${i}`]));
  expect(await outside(many)).toMatchObject({ retell: { length: 20 }, keysNotTried: 3 });
});

test('a Retell that is not there does not answer', async () => {
  const nobody = { retellBaseUrl: `http://127.0.0.1:${await freePort()}` };
  expect(await outside({ default: 'key_right' }, nobody)).toMatchObject({
    retell: [{ state: 'no_answer', reason: 'no_answer' }],
  });
});

test('the mail server is logged in to, and sent nothing', async () => {
  expect(await outside({}, { smtpUrl: smtpUrl('right') })).toMatchObject({ mail: { state: 'ok' } });
  expect(await outside({}, { smtpUrl: smtpUrl('wrong') })).toMatchObject({
    mail: { state: 'refused', reason: expect.stringMatching(/^auth_.*535$/) },
  });
  const nobody = `smtp://127.0.0.1:${await freePort()}`;
  expect(await outside({}, { smtpUrl: nobody })).toMatchObject({
    mail: { state: 'no_answer', reason: 'connection_econnrefused' },
  });
  expect([smtp.connections(), smtp.received]).toEqual([2, []]);
});
