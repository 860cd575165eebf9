import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Client, clientOf } from '../support/client.ts';
import { type Mailbox, openMailbox } from '../support/mailbox.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { about, type Payload, sample } from '../support/samples.ts';
import { dataDirectory, eventually, inherited } from '../support/service.ts';
import { type ServiceHere, startServiceHere } from '../support/service-here.ts';

// The second brief's table, cell by cell (B1–B15): over the real door, log, Postgres and a real mail server.

let environment: Record<string, string>;
let service: ServiceHere;
let client: Client;
let mailbox: Mailbox;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  mailbox = await openMailbox();
  environment = {
    DATA_DIR: directory.path,
    DATABASE_URL: database.url,
    SMTP_URL: mailbox.url,
    MAIL_FROM: 'Front Desk <desk@example.test>',
    MAIL_WAIT_SECONDS: '0',
  };
  service = await startServiceHere(environment);
  client = await clientOf(service);
  await client.admin('PATCH', '/api/tenants/default', {
    defaultRegion: 'US',
    mail: { enabled: true, recipients: ['team@example.test'] },
  });
  cleanUp.push(() => service.stop(), database.drop, directory.remove, mailbox.close);
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

const INBOUND = { path: '/api/webhooks/retell-inbound-ticket' };
const OUTBOUND = { path: '/api/webhooks/retell-outbound-ticket' };
const post = async (endpoint: { path: string }, call: string, ...webhooks: readonly Payload[]) => {
  for (const webhook of webhooks) expect(await client.post(about(webhook, { call }), endpoint)).toBe(204);
};
type Json = Record<string, unknown>;
const ticket = (call: string, wanted: (ticket: Json) => boolean = () => true) =>
  client.see(`/api/tickets/tkt_${call}`, wanted);
const mailsAbout = (call: string) => mailbox.mails.filter((mail) => JSON.stringify(mail).includes(`tkt_${call}`));
const oneMailAbout = async (call: string) => {
  await eventually(async () => mailsAbout(call).length > 0, { what: `a mail about ${call}` });
  await ticket(call, ({ mail }) => mail === 'sent');
  expect(mailsAbout(call)).toHaveLength(1);
  return mailsAbout(call)[0]!;
};
const noMailAbout = async (call: string) => {
  expect((await ticket(call)).mail).toBe('none');
  expect(mailsAbout(call)).toEqual([]);
};

describe('inbound', () => {
  test('a call that starts makes an active ticket with status new', async () => {
    await post(INBOUND, 'in_started', sample('28'));
    expect(await ticket('in_started')).toMatchObject({
      status: 'new',
      active: true,
      direction: 'inbound',
      setBy: 'rule',
    });
  });

  test('the customer is found by the caller’s number', async () => {
    await post(INBOUND, 'in_customer', sample('28'));
    const { customerId } = await ticket('in_customer', (body) => body.customerId !== undefined);
    expect(await client.see(`/api/customers/${customerId}`)).toMatchObject({ phone: '+12025550143' });
  });

  test.each([
    ['the string "true"', '30'],
    ['the boolean true', '32'],
  ])('action_required as %s keeps the ticket active and sends one mail', async (_, number) => {
    const call = `in_required_${number}`;
    await post(INBOUND, call, sample('28'), sample('29'), sample(number), sample(number));
    expect(await ticket(call, ({ actionRequired }) => actionRequired === true)).toMatchObject({
      status: 'new',
      active: true,
    });
    const mail = await oneMailAbout(call);
    expect(mail.text).toContain('My boiler is leaking');
    expect(mail.html).toContain('My boiler is leaking');
    expect(mail.to?.[0]?.address).toBe('team@example.test');
  });

  test('action_required false closes the ticket, without a mail', async () => {
    await post(INBOUND, 'in_not_required', sample('28'), sample('29'), sample('31'));
    const closed = await ticket('in_not_required', ({ status }) => status === 'closed');
    expect(closed).toMatchObject({ active: false, actionRequired: false });
    await noMailAbout('in_not_required');
  });

  test('action_required missing leaves it to the qualification, without a mail', async () => {
    await post(INBOUND, 'in_missing', sample('34'));
    expect(await ticket('in_missing', ({ status }) => status === 'resolved')).toMatchObject({ actionRequired: null });
    await noMailAbout('in_missing');
  });

  test('a transfer makes an active ticket and one mail, whatever action_required says', async () => {
    await post(INBOUND, 'in_transfer', sample('46'), sample('43'), sample('47'));
    expect(await ticket('in_transfer', ({ transferred }) => transferred === true)).toMatchObject({ status: 'new' });
    await oneMailAbout('in_transfer');
  });
});

describe('outbound', () => {
  test('a call that starts makes an inactive ticket with status closed', async () => {
    await post(OUTBOUND, 'out_started', sample('01'));
    expect(await ticket('out_started')).toMatchObject({ status: 'closed', active: false, direction: 'outbound' });
    await noMailAbout('out_started');
  });

  test('the customer is found by the number that was called', async () => {
    await post(OUTBOUND, 'out_customer', sample('40'));
    const { customerId } = await ticket('out_customer', (body) => body.customerId !== undefined);
    expect(await client.see(`/api/customers/${customerId}`)).toMatchObject({ phone: sample('40').call.to_number });
  });

  test('action_required true opens the ticket and sends one mail', async () => {
    await post(OUTBOUND, 'out_required', sample('40'));
    expect(await ticket('out_required', ({ status }) => status === 'new')).toMatchObject({ active: true });
    await oneMailAbout('out_required');
  });

  test.each([
    ['false', '41'],
    ['missing', '42'],
  ])('action_required %s leaves it closed, without a mail', async (word, number) => {
    await post(OUTBOUND, `out_${word}`, sample(number));
    expect(await ticket(`out_${word}`)).toMatchObject({ status: 'closed' });
    await noMailAbout(`out_${word}`);
  });

  test('a transfer makes an active ticket and one mail', async () => {
    await post(OUTBOUND, 'out_transfer', sample('45'));
    expect(await ticket('out_transfer', ({ status }) => status === 'new')).toMatchObject({ transferred: true });
    await oneMailAbout('out_transfer');
  });
});

describe('both', () => {
  test.each([
    ['no answer', '14', 'no_answer'],
    ['a busy line', '16', 'busy'],
    ['a voicemail', '22', 'voicemail'],
  ])('%s makes a call record and a ticket, though the call never started', async (_, number, status) => {
    const { metadata: _metadata, ...call } = sample(number).call;
    await post(OUTBOUND, `unanswered_${number}`, { ...sample(number), call });
    expect(await ticket(`unanswered_${number}`)).toMatchObject({ status: 'closed' });
    // `about` gives it metadata without a session id, so it stands under its call.
    expect(await client.see(`/api/call-sessions/call:unanswered_${number}`)).toMatchObject({
      status,
    });
  });

  test('the direction decides where the URL is wrong, and the log says so', async () => {
    await post(OUTBOUND, 'wrong_url', sample('30'));
    expect(await ticket('wrong_url', ({ status }) => status === 'new')).toMatchObject({ direction: 'inbound' });
    expect(service.logs.filter((line) => line.includes('wrong_url')).join()).toContain('"direction_mismatch"');
  });

  test('a company that has switched mails off gets none, and the ticket says why', async () => {
    await client.admin('PUT', '/api/tenants/quiet', { mail: { enabled: false, recipients: ['team@example.test'] } });
    await client.admin('POST', '/api/tenants/quiet/webhook-keys', { key: 'key_of_the_quiet_company' });
    const { body } = await client.admin('POST', '/api/tenants/quiet/api-keys', { scopes: ['read'] });
    const webhook = about(sample('30'), { call: 'quiet_call' });
    expect(await client.post(webhook, { path: `/t/quiet${INBOUND.path}`, key: 'key_of_the_quiet_company' })).toBe(204);
    await eventually(async () => {
      const answer = await client.request('GET', '/api/tickets/tkt_quiet_call', body.key as string);
      return answer.body.mail === 'not_sent' && answer.body.mailReason === 'disabled';
    });
    expect((await client.get('/api/tickets/tkt_quiet_call')).status).toBe(404);
    expect(mailsAbout('quiet_call')).toEqual([]);
  });

  test('what staff say stands against a redelivery, until the need rises', async () => {
    await post(INBOUND, 'staffed', sample('30'));
    await oneMailAbout('staffed');
    const closed = await client.request('POST', '/api/tickets/tkt_staffed/status', client.keys.api, {
      status: 'closed',
    });
    expect(closed).toMatchObject({ status: 200, body: { status: 'closed', setBy: 'staff' } });
    await ticket('staffed', ({ setBy }) => setBy === 'staff');
    await post(INBOUND, 'staffed', sample('30'), { ...sample('30'), event_timestamp: 1793613660000 });
    await sleep(300); // in which nothing may change
    expect(await ticket('staffed')).toMatchObject({ status: 'closed', setBy: 'staff' });
    await post(INBOUND, 'staffed', sample('47'));
    expect(await ticket('staffed', ({ status }) => status === 'new')).toMatchObject({
      setBy: 'rule',
      transferred: true,
    });
    await eventually(async () => mailsAbout('staffed').length === 2, { what: 'the mail of the second opening' });
  });

  test('an archived call is not in the Call Records list, and comes back when it is unarchived', async () => {
    await post(INBOUND, 'archived', sample('29'));
    const path = '/api/call-sessions/call:archived';
    await client.see(path);
    const ids = async (query: string) =>
      ((await client.get(`/api/call-sessions?limit=200${query}`)).body.items as { id: string }[]).map(({ id }) => id);
    expect((await client.request('POST', `${path}/archive`, client.keys.api)).status).toBe(200);
    await client.see(path, ({ archived }) => archived === true);
    expect(await ids('')).not.toContain('call:archived');
    expect(await ids('&archived=true')).toContain('call:archived');
    await client.request('POST', `${path}/unarchive`, client.keys.api);
    await client.see(path, ({ archived }) => archived === false);
    expect(await ids('')).toContain('call:archived');
  });
});

test('a mail that is refused for good is a dead letter: visible, and sent once it is redriven', async () => {
  const cli = (...args: string[]) =>
    new Promise<{ code: number; output: string }>((resolve) => {
      const file = join(import.meta.dirname, '../../src/cli/main.ts');
      const env = { ...inherited, DATA_DIR: environment.DATA_DIR };
      execFile(process.execPath, [file, '--url', service.url, ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
      );
    });
  mailbox.refuse(true);
  await post(INBOUND, 'refused', sample('30'));
  await ticket('refused', ({ mail }) => mail === 'failed');
  expect((await cli('mail', 'dead-letters')).output).toMatch(/default +tkt_refused +1 +rcpt_to_550/);

  const { code, output } = await cli('mail', 'preview', 'tkt_refused', '--out', environment.DATA_DIR!);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('tkt_refused.html') });
  const html = await readFile(join(environment.DATA_DIR!, 'tkt_refused.html'), 'utf8');
  expect(html).toContain('My boiler is leaking');

  mailbox.refuse(false);
  expect((await cli('mail', 'redrive', 'tkt_refused')).code).toBe(0);
  await oneMailAbout('refused');
  const again = await cli('mail', 'redrive', 'tkt_refused');
  expect(again).toEqual({ code: 1, output: expect.stringContaining('never sent again') });
  expect((await cli('mail', 'preview', 'tkt_nobody')).code).toBe(1);
});

test('Postgres lost: the same tickets from the log, and no mail again', async () => {
  const all = async () =>
    ((await client.get('/api/tickets?limit=200')).body.items as Json[]).map((item) => JSON.stringify(item)).sort();
  await eventually(async () => !(await all()).some((item) => item.includes('"queued"')), { what: 'every mail sent' });
  const before = await all();
  const sent = mailbox.mails.length;
  await service.stop();
  const empty = await createTestDatabase(inject('postgresUrl'));
  cleanUp.push(empty.drop);
  service = await startServiceHere({ ...environment, DATABASE_URL: empty.url });
  client = await clientOf(service);
  await eventually(async () => (await all()).length === before.length, { what: 'the tickets' });
  await eventually(async () => JSON.stringify(await all()) === JSON.stringify(before), { what: 'the same tickets' });
  await sleep(1000); // in which no mail may come
  expect(mailbox.mails).toHaveLength(sent);
});
