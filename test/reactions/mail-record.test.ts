import { expect, test } from 'vitest';
import type { TicketEvent } from '../../src/events/ticket-facts.ts';
import { mailRecords } from '../../src/reactions/ticket-mail/mail-record.ts';
import { recorded } from '../projections/controls.ts';

const about = { callId: 'call_1', opening: 1 };
const until = '2026-01-01T10:00:00.000Z';
const said = {
  claimed: { type: 'TicketMailClaimed', data: { ...about, by: 'one', until } },
  sent: { type: 'TicketMailSent', data: { ...about, messageId: '<1@x>' } },
  partly: { type: 'TicketMailPartlySent', data: { ...about, messageId: '<1@x>', accepted: ['a'], refused: ['b'] } },
  failed: { type: 'TicketMailFailed', data: { ...about, reason: 'data_552' } },
  notSent: { type: 'TicketMailNotSent', data: { ...about, reason: 'disabled' } },
  redriven: { type: 'TicketMailRedriven', data: about },
} as const satisfies Record<string, TicketEvent>;

const recordAfter = (...facts: (keyof typeof said)[]) =>
  mailRecords(recorded(...facts.map((name) => ({ stream: 'ticket-acme.tkt_call_1', event: said[name] })))).get(1);

test.each([
  [['claimed'], undefined],
  [['claimed', 'failed'], 'failed'],
  [['failed', 'redriven'], undefined],
  [['failed', 'redriven', 'notSent'], 'not_sent'],
  [['notSent', 'redriven', 'claimed', 'sent'], 'sent'],
  [['sent', 'redriven'], 'sent'],
  [['sent', 'failed'], 'sent'],
] as const)('after %j a mail is settled as %s', (facts, settled) => {
  expect(recordAfter(...facts)?.settled).toBe(settled);
});

test('a claim says who, and until when', () => {
  expect(recordAfter('claimed')?.claim).toEqual({ by: 'one', until: Date.parse(until) });
});

test('who has it and who was refused for good is kept, whatever becomes of the rest', () => {
  expect(recordAfter('claimed')).not.toHaveProperty('accepted');
  expect(recordAfter('claimed', 'partly', 'claimed', 'partly', 'failed', 'redriven')).toMatchObject({
    accepted: ['a', 'a'],
    refused: ['b', 'b'],
  });
  expect(recordAfter('claimed', 'partly')?.settled).toBeUndefined();
});

test('each opening has a record of its own', () => {
  const second = { stream: 'ticket-acme.tkt_call_1', event: { ...said.sent, data: { ...said.sent.data, opening: 2 } } };
  expect([...mailRecords(recorded(second)).keys()]).toEqual([2]);
});
