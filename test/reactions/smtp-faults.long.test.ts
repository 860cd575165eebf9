import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestClock } from 'pg-boss';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { redriveTicketMail } from '../../src/reactions/ticket-mail/redrive.ts';
import { caughtUp, logged, RECIPIENTS, type Scene, SENT, soon, startScene, TENANT } from './scene.ts';
import { startSmtpServer } from './smtp-server.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  await caughtUp(scene.start());
  await scene.stopAll();
});
afterEach(async () => {
  await scene.reset();
});
afterAll(() => scene.stop());

/** Its claims do not outlast the test's patience. */
const IMPATIENT = { totalMs: 500, leaseMarginMs: 100 };

test('a greylisting server gets it at the second attempt, under the same name', async () => {
  let asked = 0;
  scene.smtp.refusals.data = () => (asked++ === 0 ? { code: 451 } : undefined);
  const mail = scene.start();
  const call = await scene.needSomebody();
  await soon(async () => expect(await scene.record(call)).toEqual([SENT]));
  expect(scene.smtp.of(call)).toHaveLength(1);
  await soon(() => expect(mail.status()).toMatchObject({ sent: 1, postponed: 1, failed: 0 }));
});

test.each([
  ['the message', () => ({ data: () => ({ code: 552 }) }), 'data_552'],
  ['every recipient', () => ({ recipient: () => ({ code: 550 }) }), 'rcpt_to_550'],
] as const)('refused for good, %s: a dead letter, visible, and sent once redriven', async (_, refusals, reason) => {
  Object.assign(scene.smtp.refusals, refusals());
  const mail = scene.start();
  const call = await scene.needSomebody();
  const failed = { type: 'TicketMailFailed', opening: 1, reason };
  await soon(async () => expect(await scene.record(call)).toEqual([failed]));
  const letter = { tenantId: TENANT, callId: call, opening: 1, reason };
  await soon(async () => expect(await mail.deadLetters()).toMatchObject([letter]));
  for (const kind of ['recipient', 'data'] as const) delete scene.smtp.refusals[kind];
  await scene.noJobsLeft([call]);
  expect(await scene.record(call)).toEqual([failed]);
  expect(await redriveTicketMail(scene.log, TENANT, `tkt_${call}`)).toBe('redriven');
  await soon(async () => expect((await scene.record(call)).at(-1)).toEqual(SENT));
  expect(await mail.deadLetters()).toEqual([]);
  expect(scene.smtp.of(call)).toHaveLength(1);
});

test('one refused for good and the other for now: nobody has it yet, so it is not given up', async () => {
  scene.smtp.refusals.recipient = (address) => ({ code: address === RECIPIENTS[0] ? 550 : 451 });
  const mail = scene.start();
  const call = await scene.needSomebody();
  await soon(() => expect(mail.status().postponed).toBeGreaterThan(0));
  expect(await scene.record(call)).toEqual([]);
  delete scene.smtp.refusals.recipient;
  await soon(async () => expect(await scene.record(call)).toEqual([SENT]));
});

test('a login that fails, and an address of ours that may not send, can be put right: the mail waits', async () => {
  const closed = await startSmtpServer({ authOptional: false, disabledCommands: ['STARTTLS'] });
  const mail = scene.start({ smtpUrl: closed.url, pace: IMPATIENT });
  const call = await scene.needSomebody();
  await soon(() => expect(mail.status().postponed).toBeGreaterThan(0));
  expect(await scene.record(call)).toEqual([]);
  await scene.stopAll();
  await closed.stop();
  scene.start();
  await soon(async () => expect(await scene.record(call)).toEqual([SENT]));
});

test.each([
  ['says nothing', () => {}],
  ['hangs up', (socket: Socket) => socket.destroy()],
  [
    'greets without end',
    (socket: Socket) => {
      const timer = setInterval(() => socket.write('220-still\r\n'), 100);
      socket.on('close', () => clearInterval(timer));
    },
  ],
  [
    'never ends its last answer',
    (socket: Socket) => {
      let text = '';
      let timer: NodeJS.Timeout | undefined;
      socket.write('220 hello\r\n');
      socket.on('close', () => clearInterval(timer));
      socket.on('data', (bytes) => {
        text += bytes;
        if (text.endsWith('\r\n.\r\n')) timer = setInterval(() => socket.write('250-still\r\n'), 100);
        else if (/(^|\n)DATA\r\n$/.test(text)) socket.write('354 go on\r\n');
        else if (/(^|\n)(EHLO|MAIL|RCPT) .*\r\n$/.test(text)) socket.write('250 yes\r\n');
      });
    },
  ],
] as const)('a server that %s is given up within the time limit, and the mail waits', async (_, behave) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    behave(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const smtpUrl = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mail = scene.start({ smtpUrl, pace: IMPATIENT });
  const call = await scene.needSomebody();
  await soon(() => expect(mail.status().postponed).toBeGreaterThan(0));
  expect(await scene.record(call)).toEqual([]);
  await scene.stopAll();
  server.close();
  scene.start();
  await soon(async () => expect(await scene.record(call)).toEqual([SENT]));
});

test('TLS, offered or from the start: a certificate that does not verify gets nothing, unless the URL allows it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'call-ledger-tls-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
  const subject = [
    '-subj',
    '/CN=localhost',
    '-days',
    '2',
    '-nodes',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
  ];
  execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const tls = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  for (const secure of [false, true]) {
    const server = await startSmtpServer({ ...tls, secure });
    const distrustful = scene.start({ smtpUrl: server.url, pace: IMPATIENT });
    const call = await scene.needSomebody();
    await soon(() => expect(distrustful.status().postponed).toBeGreaterThan(0));
    expect(server.received).toEqual([]);
    await scene.stopAll();
    scene.start({ smtpUrl: `${server.url}?tls.rejectUnauthorized=false` });
    await soon(async () => expect(await scene.record(call)).toEqual([SENT]));
    expect(server.sessions.every(({ secure }) => secure)).toBe(true);
    expect(server.of(call)).toHaveLength(1);
    await scene.stopAll();
    await server.stop();
  }
});

const jobs = async (which: string): Promise<number | null> =>
  (await scene.pool.query(`select from pgboss.job where name = 'ticket-mail' and ${which}`)).rowCount;
/** Each has come to its queue. */
const queued = (calls: readonly string[]) =>
  soon(async () =>
    expect(await jobs(`data ->> 'callId' in (${calls.map((call) => `'${call}'`).join(', ')})`)).toBe(calls.length),
  );

/** Moves pg-boss's time, in JavaScript and in Postgres, and ours; what was started has time to end in real time. */
async function pass(clock: TestClock, minutes: number, step = 0.5): Promise<void> {
  for (let passed = 0; passed < minutes; passed += step) {
    await clock.tick(step * 60_000);
    await sleep(15);
    await soon(async () => expect(await jobs(`state = 'active'`)).toBe(0));
  }
}

test('a server that is down for an hour has the mails after it, each once, and the log has no trace of the attempts', async () => {
  const clock = new TestClock();
  const down = await startSmtpServer();
  await down.stop();
  const usual = { pollSeconds: 20, retrySeconds: 5, maxRetrySeconds: 900, leaseMarginMs: 300_000 };
  const mail = scene.start({ smtpUrl: down.url, clock, now: () => clock.now(), pace: usual });
  const calls = [await scene.needSomebody(), await scene.needSomebody(), await scene.needSomebody()];
  await queued(calls);
  await pass(clock, 60, 1);
  const attempts = mail.status().postponed;
  expect(attempts).toBeGreaterThan(3 * 5);
  expect(attempts).toBeLessThan(3 * 30);
  for (const call of calls) expect(await scene.claims(call)).toEqual([]);

  const up = await startSmtpServer({}, down.port);
  await pass(clock, 16, 1);
  await soon(async () => {
    for (const call of calls) expect(await scene.record(call)).toEqual([SENT]);
  });
  for (const call of calls) expect(up.of(call)).toHaveLength(1);
  expect(up.received).toHaveLength(3);
  await scene.stopAll();
  await up.stop();
});

test('what nobody takes for a day is given up: failed, a dead letter, and re-drivable', async () => {
  const clock = new TestClock();
  const mail = scene.start({ smtpUrl: 'smtp://127.0.0.1:1', clock, now: () => clock.now(), pace: { pollSeconds: 60 } });
  const call = await scene.needSomebody();
  await queued([call]);
  await pass(clock, 1.5);
  expect(mail.status().postponed).toBeGreaterThan(0);
  await clock.setTime(clock.now() + 25 * 3_600_000);
  await pass(clock, 3);
  const reason = 'given_up_connection_econnrefused';
  await soon(async () => expect(await scene.record(call)).toEqual([{ type: 'TicketMailFailed', opening: 1, reason }]));
  await soon(async () => expect(await mail.deadLetters()).toMatchObject([{ callId: call, reason }]));
  await scene.stopAll();
  await redriveTicketMail(scene.log, TENANT, `tkt_${call}`);
  scene.start();
  await soon(async () => expect((await scene.record(call)).at(-1)).toEqual(SENT));
});

test('no log names an address, a server’s words or a secret', () => {
  const text = logged.join('\n');
  expect(text).toContain('ticket_mail_sent');
  expect(text).not.toMatch(/@|example|127\.0\.0\.1/);
});
