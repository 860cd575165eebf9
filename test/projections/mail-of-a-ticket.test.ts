import { expect, test } from 'vitest';
import type { Ticket } from '../../src/model/ticket.ts';
import { analyzed, ended, type Said, started } from './controls.ts';
import {
  inbound,
  mailFailed,
  mailNotSent,
  mailPartlySent,
  mailRefusedBySome,
  mailSent,
  staffSays,
  ticketAfter,
} from './tickets-controls.ts';

const required = analyzed({ flags: { action_required: true } }, inbound);
const transferred = ended({ disconnectionReason: 'call_transfer' }, inbound);

test.each<[string, Said[], { readonly [K in keyof Ticket]?: Ticket[K] | undefined }]>([
  ['is none where nothing is due', [started({}, inbound), analyzed({}, inbound)], { mail: 'none', openings: 0 }],
  ['waits', [required], { mail: 'queued', openings: 1 }],
  ['is one, whatever causes there are', [required, transferred], { mail: 'queued', openings: 1 }],
  ['is sent, and not again for a second cause', [required, mailSent(), transferred], { mail: 'sent', openings: 1 }],
  [
    'is sent, though some recipients were refused for good',
    [required, mailPartlySent(), mailRefusedBySome(2)],
    { mail: 'sent', mailReason: 'recipients_refused' },
  ],
  ['waits for some recipients', [required, mailPartlySent()], { mail: 'queued', mailReason: undefined }],
  ['failed', [required, mailFailed()], { mail: 'failed', mailReason: undefined }],
  ['failed and was sent after all', [required, mailFailed(), mailSent()], { mail: 'sent' }],
  ['was sent, whatever is told of it later', [required, mailSent(), mailFailed()], { mail: 'sent' }],
  ['cannot be sent', [required, mailNotSent('no_smtp')], { mail: 'not_sent', mailReason: 'no_smtp' }],
  [
    'could not be sent, and then failed',
    [required, mailNotSent('no_smtp'), mailFailed()],
    { mail: 'failed', mailReason: undefined },
  ],
  [
    'of an earlier opening does not count',
    [required, mailFailed(), staffSays('closed'), transferred],
    { mail: 'queued' },
  ],
  ['of the second opening', [required, mailFailed(), staffSays('closed'), transferred, mailSent(2)], { mail: 'sent' }],
])('the mail %s', (_, said, expected) => {
  const { mailReason, ...ticket } = ticketAfter(...said)!;
  expect({ ...ticket, mailReason }).toMatchObject(expected);
});
