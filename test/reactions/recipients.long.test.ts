import { randomUUID } from 'node:crypto';
import { TestClock } from 'pg-boss';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { type EventLog, EventStoreUnavailable } from '../../src/events/event-log.ts';
import { ticketStream } from '../../src/events/streams.ts';
import { recipientId } from '../../src/reactions/ticket-mail/mail-record.ts';
import { redriveTicketMail } from '../../src/reactions/ticket-mail/redrive.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { caughtUp, logged, type Scene, SENT, soon, startScene, TENANT } from './scene.ts';

// Who of several recipients has a mail, and who is still to get it (docs/mail.md).

const [OK, GREY, OTHER] = ['ok@acme.example', 'grey@acme.example', 'other@acme.example'] as const;
const PARTLY = { type: 'TicketMailPartlySent', opening: 1 };

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  await caughtUp(scene.start());
  await scene.stopAll();
});
afterEach(async () => {
  await scene.reset();
  wanted(OK, GREY);
});
afterAll(() => scene.stop());

const wanted = (...recipients: string[]) => {
  scene.tenants.settings.mail = { enabled: true, recipients };
};
/** By recipient: the code of the refusal. */
const refuse = (codes: Record<string, number>) => {
  scene.smtp.refusals.recipient = (address) => (address in codes ? { code: codes[address]! } : undefined);
};
const recordIs = (call: string, record: object[]) => soon(async () => expect(await scene.record(call)).toEqual(record));
/** Who got the mail, once for each time. */
const got = (call: string) => scene.smtp.of(call).flatMap(({ to }) => to);

beforeAll(() => wanted(OK, GREY));

test('who is refused for now beside others is tried again alone, and the mail counts as sent when all have it', async () => {
  refuse({ [GREY]: 450 });
  const mail = scene.start();
  const call = await scene.needSomebody();
  await recordIs(call, [PARTLY]);
  await soon(() => expect(mail.status().postponed).toBeGreaterThan(1));
  expect(mail.status().sent).toBe(0);
  expect(got(call)).toEqual([OK]);
  delete scene.smtp.refusals.recipient;
  await recordIs(call, [PARTLY, SENT]);
  expect(got(call)).toEqual([OK, GREY]);
  const [first, second] = scene.smtp
    .of(call)
    .map(({ mail: { messageId, to, subject } }) => ({ messageId, to, subject }));
  expect(second).toEqual(first); // one mail, with all its recipients in its head
  expect(mail.status()).toMatchObject({ sent: 1, failed: 0 });
});

test('who is refused for good is not tried again, and the mail counts as sent, which says so', async () => {
  refuse({ [GREY]: 550 });
  scene.start();
  const call = await scene.needSomebody();
  await recordIs(call, [{ ...SENT, refused: 1 }]);
  expect(got(call)).toEqual([OK]);
  await soon(() => expect(logged.at(-1)).toContain('"refusedRecipients":1'));
  expect(await redriveTicketMail(scene.log, TENANT, `tkt_${call}`)).toBe('already_sent');
});

test.each([
  ['each recipient', { recipient: (address: string) => (address === OK ? undefined : { code: 550 }) }],
  ['the message', { data: () => ({ code: 554 }) }],
])('those who had to wait may be refused for good in the end: %s', async (_, refusals) => {
  wanted(OK, GREY, OTHER);
  refuse({ [GREY]: 451, [OTHER]: 553 });
  scene.start();
  const call = await scene.needSomebody();
  await recordIs(call, [PARTLY]);
  Object.assign(scene.smtp.refusals, { recipient: undefined, ...refusals });
  await recordIs(call, [PARTLY, { ...SENT, refused: 2 }]);
  expect(got(call)).toEqual([OK]);
});

test('one refusal that speaks of us is enough to wait, where nobody has it yet', async () => {
  refuse({ [OK]: 530, [GREY]: 550 });
  const mail = scene.start();
  const call = await scene.needSomebody();
  await soon(() => expect(mail.status().postponed).toBeGreaterThan(0));
  expect(await scene.record(call)).toEqual([]);
  refuse({ [GREY]: 550 });
  await recordIs(call, [{ ...SENT, refused: 1 }]);
  expect(got(call)).toEqual([OK]);
});

test('a server that takes few recipients at a time gets the others in further transactions', async () => {
  const many = Array.from({ length: 7 }, (_, n) => `desk-${n}@acme.example`);
  wanted(...many, 'DESK-0@Acme.example', ' desk-1@acme.example ');
  scene.smtp.refusals.recipient = (_, before) => (before >= 3 ? { code: 452 } : undefined);
  scene.start();
  const call = await scene.needSomebody();
  await recordIs(call, [PARTLY, PARTLY, SENT]);
  expect(scene.smtp.of(call).map(({ to }) => to.length)).toEqual([3, 3, 1]);
  expect(new Set(got(call).map((address) => address.toLowerCase()))).toEqual(new Set(many));
});

test('a message that is refused for now has reached nobody, whoever was accepted for it', async () => {
  refuse({ [GREY]: 450 });
  scene.smtp.refusals.data = () => ({ code: 451 });
  const mail = scene.start();
  const call = await scene.needSomebody();
  await soon(() => expect(mail.status().postponed).toBeGreaterThan(0));
  expect(await scene.record(call)).toEqual([]);
  delete scene.smtp.refusals.data;
  delete scene.smtp.refusals.recipient;
  await recordIs(call, [SENT]);
  expect(got(call)).toEqual([OK, GREY]);
});

test('a process that takes over, with a Postgres that knows nothing, writes to those alone who are still to get it', async () => {
  refuse({ [GREY]: 450 });
  scene.start();
  const call = await scene.needSomebody();
  await recordIs(call, [PARTLY]);
  await scene.stopAll();
  await scene.wipe();
  delete scene.smtp.refusals.recipient;
  await caughtUp(scene.start());
  await recordIs(call, [PARTLY, SENT]);
  expect(got(call)).toEqual([OK, GREY]);
});

test('the event store is away when some have it: that is recorded when it is back, and nobody is written to again', async () => {
  refuse({ [GREY]: 450 });
  let failures = 0;
  const log: EventLog = {
    ...scene.log,
    append: async (stream, expected, events) => {
      const isDelivery = events[0]?.type === 'TicketMailPartlySent';
      if (isDelivery && failures++ < 3) throw new EventStoreUnavailable('cut');
      const result = await scene.log.append(stream, expected, events);
      if (isDelivery && failures === 4) throw new EventStoreUnavailable('the answer was lost');
      return result;
    },
  };
  scene.start({ log });
  const call = await scene.needSomebody();
  await recordIs(call, [PARTLY]);
  delete scene.smtp.refusals.recipient;
  await recordIs(call, [PARTLY, SENT]);
  expect(got(call)).toEqual([OK, GREY]);
});

test('what another process has put on record since is heard of with the claim', async () => {
  let claims = 0;
  const log: EventLog = {
    ...scene.log,
    append: async (stream, expected, events) => {
      if (events[0]?.type === 'TicketMailClaimed' && claims++ === 0) {
        const { callId, opening } = events[0].data as { callId: string; opening: number };
        const accepted = [recipientId({ tenantId: TENANT, callId, opening }, OK)];
        const data = { callId, opening, messageId: '<1@calls.example>', accepted, refused: [] };
        await scene.log.append(stream, expected, [{ ...events[0], id: randomUUID(), type: PARTLY.type, data }]);
      }
      return scene.log.append(stream, expected, events);
    },
  };
  scene.start({ log });
  const call = await scene.needSomebody();
  await recordIs(call, [PARTLY, SENT]);
  expect(got(call)).toEqual([GREY]);
});

test('two processes that know nothing of each other but the log: each recipient once', async () => {
  const asked = new Map<string, number>();
  scene.smtp.refusals.recipient = (address) => {
    const times = (asked.get(address) ?? 0) + 1;
    asked.set(address, times);
    return address === GREY && times % 3 !== 0 ? { code: 450 } : undefined;
  };
  const other = await createTestDatabase(inject('postgresUrl'));
  const pace = { totalMs: 1500, leaseMarginMs: 500 };
  await Promise.all([scene.start({ pace }), scene.start({ pace, databaseUrl: other.url })].map(caughtUp));
  const calls = await Promise.all(Array.from({ length: 8 }, () => scene.needSomebody()));
  for (const call of calls) await soon(async () => expect((await scene.record(call)).at(-1)).toEqual(SENT));
  for (const call of calls) expect(got(call).sort()).toEqual([GREY, OK]);
  await scene.stopAll();
  await other.drop();
});

test.each<[string, () => void, string[]]>([
  ['who still waits is taken off the list', () => wanted(OK), [OK]],
  ['everybody is', () => wanted(), [OK]],
  [
    'no more mails are wanted',
    () => {
      scene.tenants.settings.mail = { enabled: false, recipients: [OK, GREY] };
    },
    [OK],
  ],
  ['somebody takes his place', () => wanted('OK@acme.example', OTHER), [OK, OTHER]],
])('the list may change while somebody waits: %s', async (_, change, recipients) => {
  refuse({ [GREY]: 450 });
  scene.start();
  const call = await scene.needSomebody();
  await recordIs(call, [PARTLY]);
  change();
  await recordIs(call, [PARTLY, SENT]);
  expect(got(call)).toEqual(recipients);
});

test('whom nobody takes for a day is given up: failed, a dead letter, and a redrive goes to nobody else', async () => {
  refuse({ [GREY]: 450 });
  const clock = new TestClock();
  const mail = scene.start({ clock, now: () => clock.now(), pace: { pollSeconds: 60, leaseMarginMs: 600_000 } });
  const call = await scene.needSomebody();
  const until = async (check: () => Promise<unknown>) =>
    soon(async () => {
      await clock.tick(30_000);
      await check();
    });
  await until(async () => expect(await scene.record(call)).toEqual([PARTLY]));
  await until(async () => expect(mail.status().postponed).toBeGreaterThan(1));
  await clock.setTime(clock.now() + 25 * 3_600_000);
  const failed = { type: 'TicketMailFailed', opening: 1, reason: 'given_up_rcpt_to_450' };
  await until(async () => expect(await scene.record(call)).toEqual([PARTLY, failed]));
  await until(async () => expect(await mail.deadLetters()).toMatchObject([{ callId: call, reason: failed.reason }]));
  await scene.stopAll();
  delete scene.smtp.refusals.recipient;
  await redriveTicketMail(scene.log, TENANT, `tkt_${call}`, { now: clock.now() });
  scene.start({ now: () => clock.now() + 3_600_000 });
  await soon(async () => expect((await scene.record(call)).at(-1)).toEqual(SENT));
  expect(got(call)).toEqual([OK, GREY]);
});

test('neither the log of the service nor the record of a mail names an address', async () => {
  const text = logged.join('\n');
  expect(text).toContain('ticket_mail_partly_sent');
  expect(text).not.toMatch(/@|acme\.example/);
  for (const call of scene.needed) {
    const events = await scene.log.read(ticketStream(TENANT, `tkt_${call}`));
    expect(JSON.stringify(events.map(({ data }) => data))).not.toMatch(/acme\.example/);
  }
});
