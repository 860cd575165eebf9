import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { callStream } from '../../src/events/streams.ts';
import { redriveTicketMail } from '../../src/reactions/ticket-mail/redrive.ts';
import { appendAnyhow } from '../support/append-anyhow.ts';
import { caughtUp, NOT_REQUIRED, RECIPIENTS, REQUIRED, type Scene, SENT, soon, startScene, TENANT } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  await caughtUp(scene.start());
  await scene.stopAll();
});
afterEach(async () => {
  await scene.stopAll();
  scene.tenants.settings.mail = { enabled: true, recipients: RECIPIENTS };
});
afterAll(() => scene.stop());

let spoken = 0;
const newCall = () => `call_${spoken++}`;

/** Everything that was in the log has been acted on, and nothing is under way. */
async function settled(): Promise<void> {
  const marker = newCall();
  await scene.say(marker, 'CallEnded', REQUIRED);
  await scene.say(marker, 'CallAnalyzed', REQUIRED);
  await soon(async () => expect(await scene.record(marker)).toHaveLength(1));
}

test('a call that somebody has to act on is told to everyone on the list, once', async () => {
  scene.start();
  await settled();
  const call = newCall();
  await scene.say(call, 'CallStarted');
  await scene.need(call);
  await soon(async () => expect(await scene.record(call)).toEqual([SENT]));
  expect(scene.smtp.of(call)).toMatchObject([{ to: RECIPIENTS }]);
});

test.each([
  ['nobody has to act', [['CallEnded'], ['CallAnalyzed', NOT_REQUIRED]]],
  ['nobody knows', [['CallEnded'], ['CallAnalyzed']]],
  [
    'it came to no ticket endpoint',
    [
      ['CallEnded', REQUIRED, 'retell'],
      ['CallAnalyzed', REQUIRED, 'retell'],
    ],
  ],
  ['it has not ended', [['CallStarted', REQUIRED], ['TransferBridged']]],
  ['the analysis is still to come', [['CallEnded', { collectedFlags: { action_required: true } }]]],
  ['a transfer was cancelled', [['TransferStarted'], ['TransferCancelled'], ['CallEnded'], ['CallAnalyzed']]],
] as const)('no mail where %s', async (_, facts) => {
  const mail = scene.start();
  const call = newCall();
  for (const [type, claims, endpoint] of facts) await scene.say(call, type, claims, endpoint && { endpoint });
  await settled();
  expect(await scene.record(call)).toEqual([]);
  expect(scene.smtp.of(call)).toEqual([]);
  expect(mail.status()).toMatchObject({ state: 'following', failed: 0, postponed: 0 });
});

test.each([
  ['the fact that brings the ticket comes last', ['CallAnalyzed', 'retell'], ['CallStarted', 'retell-inbound-ticket']],
  ['the end comes after the transfer', ['TransferBridged', 'retell-outbound-ticket'], ['CallAnalyzed', 'retell']],
] as const)('a mail waits for what decides: %s', async (_, first, last) => {
  scene.start();
  const call = newCall();
  await scene.say(call, first[0], REQUIRED, { endpoint: first[1] });
  await settled();
  expect(await scene.record(call)).toEqual([]);
  await scene.stopAll(); // what it waits for is not forgotten by a restart
  scene.start();
  await scene.say(call, last[0], {}, { endpoint: last[1] });
  await soon(async () => expect(await scene.record(call)).toEqual([SENT]));
});

test('a transfer without an analysis waits, and goes with what is known', async () => {
  scene.start({ waitSeconds: 2 });
  const call = newCall();
  const told = Date.now();
  await scene.say(call, 'CallEnded', { disconnectionReason: 'call_transfer', endedAt: new Date().toISOString() });
  await soon(async () => expect(await scene.record(call)).toEqual([SENT]));
  expect(Date.now() - told).toBeGreaterThan(1500);
  expect(scene.smtp.of(call)[0]!.mail.subject).toMatch(/^Call transferred: /);
});

test('an analysis that comes in that time is not waited out', async () => {
  scene.start();
  const call = newCall();
  await scene.say(call, 'CallEnded', { disconnectionReason: 'call_transfer', endedAt: new Date().toISOString() });
  await settled();
  expect(await scene.record(call)).toEqual([]);
  await scene.say(call, 'CallAnalyzed', { personal: { summary: 'wants a new crown' } });
  await soon(async () => expect(await scene.record(call)).toEqual([SENT]));
  expect(scene.smtp.of(call)[0]!.mail.text).toContain('wants a new crown');
});

test('the second cause for the same opening sends none; an opening after staff had closed it sends the second', async () => {
  scene.start();
  const call = newCall();
  await scene.need(call);
  await soon(async () => expect(await scene.record(call)).toEqual([SENT]));
  await scene.say(call, 'CallAnalyzed', { ...REQUIRED, personal: { summary: 'again' } });
  await settled();
  expect(scene.smtp.of(call)).toHaveLength(1);
  await scene.staff(call, 'closed');
  await scene.say(call, 'TransferBridged');
  await soon(async () => expect(await scene.record(call)).toEqual([SENT, { ...SENT, opening: 2 }]));
  await scene.staff(call, 'closed', 'done');
  await scene.say(call, 'TransferEnded');
  await settled();
  expect(scene.smtp.of(call)).toHaveLength(2);
  expect(new Set(scene.smtp.of(call).map(({ mail }) => mail.messageId)).size).toBe(2);
});

test.each([
  ['disabled', { enabled: false, recipients: RECIPIENTS }, {}],
  ['disabled', undefined, {}],
  ['no_recipients', { enabled: true, recipients: [] }, {}],
  ['no_recipients', { enabled: true, recipients: ['desk', 'a@b.example\r\nBcc: c@d.example'] }, {}],
  ['no_smtp', { enabled: true, recipients: RECIPIENTS }, { smtpUrl: undefined }],
] as const)(
  'a mail that cannot be sent is recorded as %s, and goes once that is put right and it is redriven',
  async (reason, mail, options) => {
    scene.tenants.settings.mail = mail && { ...mail, recipients: [...mail.recipients] };
    scene.start(options);
    const call = newCall();
    await scene.need(call);
    const record = { type: 'TicketMailNotSent', opening: 1, reason };
    await soon(async () => expect(await scene.record(call)).toEqual([record]));
    await scene.stopAll();
    scene.tenants.settings.mail = { enabled: true, recipients: RECIPIENTS };
    scene.start();
    await settled();
    expect(await scene.record(call)).toEqual([record]);
    expect(await redriveTicketMail(scene.log, TENANT, `tkt_${call}`)).toBe('redriven');
    await soon(async () => expect((await scene.record(call)).at(-1)).toEqual(SENT));
    expect(await redriveTicketMail(scene.log, TENANT, `tkt_${call}`)).toBe('already_sent');
    expect(scene.smtp.of(call)).toHaveLength(1);
  },
);

test('a redrive names tickets that are there', async () => {
  const call = newCall();
  await scene.say(call, 'CallStarted');
  expect(await redriveTicketMail(scene.log, TENANT, `tkt_${call}`)).toBe('nothing_to_send');
  expect(await redriveTicketMail(scene.log, TENANT, 'tkt_nobody')).toBe('unknown_ticket');
  expect(await redriveTicketMail(scene.log, TENANT, 'nonsense')).toBe('unknown_ticket');
});

test('a ticket whose facts cannot be read holds up no other', async () => {
  const mail = scene.start();
  const call = newCall();
  const metadata = {
    ...{ tenantId: TENANT, source: 'webhook', endpoint: 'retell-inbound-ticket' },
    ...{ receivedAt: '2026-01-01T10:00:00.000Z', $correlationId: 'c' },
  };
  const data = { callId: call, ...REQUIRED, startedAt: 'yesterday' };
  await appendAnyhow(scene.eventStore.url, callStream(TENANT, call), 'no_stream', [
    { id: crypto.randomUUID(), type: 'CallEnded', data, metadata },
  ]);
  await settled();
  expect(mail.status().unreadable).toBeGreaterThan(0);
  expect(await scene.record(call)).toEqual([]);
});
