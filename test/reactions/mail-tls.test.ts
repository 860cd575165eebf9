import { expect, test } from 'vitest';
import { deliver, messageOf, openLine } from '../../src/reactions/ticket-mail/smtp.ts';
import { startSmtpServer } from './smtp-server.ts';

const times = { connectMs: 5000, totalMs: 5000 };
const mail = { subject: 'a ticket', text: 'what was said', html: '<p>what was said</p>' };
const message = messageOf(mail, {
  ...{ from: 'ledger@calls.example', to: ['desk@calls.example'], now: ['desk@calls.example'] },
  ...{ messageId: '<1@calls.example>', at: 0 },
});

/** Over a line to a server that offers no STARTTLS, under whatever name. */
async function sent(to: (url: string) => string) {
  const server = await startSmtpServer({ disabledCommands: ['STARTTLS'], authOptional: true });
  try {
    const line = await openLine(server.url, times);
    if (!('socket' in line)) throw new Error(line.reason);
    const { word } = await deliver(to(server.url), line.socket, message, times);
    return [word, server.received.length];
  } finally {
    await server.stop();
  }
}
const elsewhere = (url: string) => url.replace('127.0.0.1', 'mail.calls.example');

test('a mail goes in the clear to this machine alone, or where the address says so', async () => {
  expect(await sent((url) => url)).toEqual(['accepted', 1]);
  expect(await sent(elsewhere)).toEqual(['later', 0]);
  expect(await sent((url) => `${elsewhere(url)}?requireTLS=false`)).toEqual(['accepted', 1]);
  expect(await sent((url) => `${url}?requireTLS=true`)).toEqual(['later', 0]);
});
