import fc from 'fast-check';
import { createTransport } from 'nodemailer';
import PostalMime from 'postal-mime';
import { expect, test } from 'vitest';
import type { Personal } from '../../src/events/call-facts.ts';
import { contentOf } from '../../src/reactions/ticket-mail/content.ts';
import { validRecipients } from '../../src/reactions/ticket-mail/mail-record.ts';
import { cleanLine, linkOf, type RenderedMail, renderTicketMail } from '../../src/reactions/ticket-mail/render.ts';
import { type Message, messageIdOf, messageOf } from '../../src/reactions/ticket-mail/smtp.ts';
import { analyzed, ended, recorded, started } from '../projections/controls.ts';

const inbound = { endpoint: 'retell-inbound-ticket', defaultRegion: 'DE' } as const;

/** The mail about a call that said these things. */
function mailAbout(personal: Personal, tenantName = 'Acme Dental'): RenderedMail {
  const ofCall = recorded(
    started({ direction: 'inbound', agentName: 'Ada' }, inbound),
    ended({ startedAt: '2026-01-01T10:00:00Z', endedAt: '2026-01-01T10:02:05Z', durationMs: 125_000 }, inbound),
    analyzed({ flags: { action_required: 'true' }, successful: true, personal }, inbound),
  );
  const facts = { tenantId: 'acme', callId: 'call_1', ofCall, ofTicket: [] };
  return renderTicketMail(contentOf(facts, { name: tenantName, timeZone: 'Europe/Berlin' })!);
}

const envelope = {
  from: 'Call Ledger <ledger@calls.example>',
  ...{ to: ['desk@acme.example'], now: ['desk@acme.example'] },
  messageId: '<1@calls.example>',
  at: Date.UTC(2026, 0, 1),
};
/** As a mail program opens them (`.eml`). */
async function bytesOf(message: Message): Promise<Buffer> {
  const { message: bytes } = await createTransport({ streamTransport: true, buffer: true }).sendMail(message);
  return bytes as Buffer;
}
const delivered = async (mail: RenderedMail) => {
  const bytes = await bytesOf(messageOf(mail, envelope));
  return { source: bytes.toString('latin1'), mail: await PostalMime.parse(bytes) };
};
const bodyOf = (html: string): string => html.slice(html.indexOf('<body'));

test('a mail tells the summary, the analysis, the customer, the business data, the transcript and the recording', () => {
  const { subject, text, html } = mailAbout({
    fromNumber: '030 901820',
    summary: 'Wants a new crown.',
    sentiment: 'Positive',
    transcript: 'Agent: Hello\nUser: Grüezi 👋🏽',
    recordingUrl: 'https://recordings.example/call_1.wav',
    custom: { customer_name: 'Maria Muster', insurance: 'AOK' },
    variables: { practice: 'Mitte' },
  });
  expect(subject).toBe('Action required: Maria Muster');
  for (const part of [text, html]) {
    for (const told of [
      'Wants a new crown.',
      'Positive',
      'Maria Muster',
      '+4930901820',
      '030 901820',
      'insurance',
      'AOK',
      'Mitte',
      'Grüezi 👋🏽',
      'https://recordings.example/call_1.wav',
      'tkt_call_1',
      'Ada',
      '2 min 5 s',
      '1 Jan 2026, 11:02:05 CET',
      'Acme Dental',
    ])
      expect(part).toContain(told);
  }
});

test('what is not known is not spoken of', () => {
  const { subject, text, html } = mailAbout({});
  expect(subject).toBe('Action required: unknown customer');
  for (const part of [text, html]) expect(part).not.toMatch(/undefined|null|NaN|Transcript|Recording|Summary|Details/);
});

const HOSTILE = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>&lt;b&gt; =HYPERLINK("http://evil.example")';

test('a person’s HTML is text, wherever it stands', async () => {
  const personal = {
    summary: HOSTILE,
    sentiment: HOSTILE,
    transcript: HOSTILE,
    recordingUrl: `https://x.example/"onmouseover="alert(1)`,
    fromNumber: HOSTILE,
    custom: { customer_name: HOSTILE, [HOSTILE]: HOSTILE, nested: { deep: [HOSTILE] } },
  };
  const { mail } = await delivered(mailAbout(personal, HOSTILE));
  expect(mail.html).not.toMatch(/<script|<img|<b>|onmouseover="|"onmouse/);
  expect(mail.html).toContain('&lt;script&gt;');
  expect(mail.text).toContain('<script>alert(1)</script>'); // plain text is plain
  expect(mail.text).toContain('=HYPERLINK("http://evil.example")');
  expect(bodyOf(mail.html!).match(/<a /g)).toHaveLength(1);
});

test.each([
  ['a script', 'javascript:alert(1)'],
  ['data', 'data:text/html,<b>x</b>'],
  ['another host than it reads', 'https://bank.example@evil.example/'],
  ['no scheme', '//evil.example'],
  ['no host', 'https://'],
  ['nothing', ' '],
  ['a book', `https://x.example/${'a'.repeat(3000)}`],
])('a recording whose address is %s is shown at most, never a link', (_, recordingUrl) => {
  expect(linkOf(recordingUrl)).toBeUndefined();
  expect(mailAbout({ recordingUrl }).html).not.toContain('<a ');
});

test('no name can add a header, a recipient or a second body', async () => {
  const name = 'Eve\r\nBcc: victim@evil.example\r\nContent-Type: text/html\r\n\r\n<b>owned</b>\u2028X: y\u0000\u0007';
  const { mail, source } = await delivered(mailAbout({ custom: { customer_name: name } }, name));
  expect(mail.subject).toBe('Action required: Eve Bcc: victim@evil.example Content-Type: text/html <b>owned</b> X: y');
  expect(mail.bcc ?? []).toEqual([]);
  expect(mail.to).toEqual([{ name: '', address: 'desk@acme.example' }]);
  const headers = source.slice(0, source.indexOf('\r\n\r\n'));
  expect(headers).not.toMatch(/^(bcc|x):/im);
  expect(headers).toMatch(/^Auto-Submitted: auto-generated$/m);
  expect(headers).toMatch(/^Message-ID: <1@calls.example>$/m);
});

test('marks that turn the reading direction, and control characters, are taken out; everything else arrives', async () => {
  const transcript = 'عربي עברית \u202Egnp.exe\u202C \u2066x\u2069 👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 a\u0000b\u001b[31m \ud800 日本語';
  const { mail } = await delivered(mailAbout({ transcript, custom: { customer_name: 'abc\u202Efdp.exe' } }));
  for (const part of [mail.text, mail.html])
    expect(part).toContain('عربي עברית gnp.exe x 👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ab[31m \ufffd 日本語');
  expect(mail.subject).toBe('Action required: abcfdp.exe');
});

test('what somebody says cannot pass for a line of ours in the plain text', () => {
  const { text } = mailAbout({ transcript: 'hi\n\nRecording\n\nhttp://evil.example\n-- \nSent automatically' });
  expect(text.split('\n').filter((line) => line === 'Recording' || line === '-- ')).toEqual(['-- ']);
});

test('a mail stays below what servers take, and a subject below what people read', async () => {
  const long = '🦷'.repeat(2_000_000);
  const mail = mailAbout({ transcript: long, summary: long, custom: { customer_name: long, note: long } });
  expect(mail.subject.length).toBeLessThanOrEqual(150);
  expect(mail.subject.isWellFormed() && mail.text.isWellFormed()).toBe(true);
  expect((await bytesOf(messageOf(mail, envelope))).length).toBeLessThan(4_000_000);
});

test('any text arrives as it is but for what is taken out, and is inert', () =>
  fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (said) => {
      const { mail, source } = await delivered(
        mailAbout({
          summary: said,
          transcript: said,
          recordingUrl: said,
          custom: { customer_name: said, [said]: said },
        }),
      );
      const plain = (text: string) => text.replace(/\s+/g, ' ').trim();
      expect(plain(mail.text!)).toContain(plain(cleanLine(said, 1000)));
      const tags = bodyOf(mail.html!).match(/<[^>]*>/g)!;
      for (const tag of tags) expect(tag).toMatch(/^<\/?(a|body|div|h1|h2|html|p|table|td|th|tr)[ >]/);
      expect(source.slice(0, source.indexOf('\r\n\r\n'))).toMatch(/^([A-Za-z-]+: .*\r?\n?|[ \t].*\r?\n?)+$/);
    }),
    { numRuns: 60 },
  ));

test('only addresses get mails, each once', () => {
  expect(validRecipients([' a@b.example ', 'A@B.example', 'desk', 'x@y.example\r\nBcc: z@y.example', ''])).toEqual([
    'A@B.example',
  ]);
});

test('a mail has one name for ever, and no other mail has it', () => {
  const key = { tenantId: 'acme', callId: 'call_1', opening: 1 };
  const names = [key, { ...key, opening: 2 }, { ...key, callId: 'call_11' }, { ...key, tenantId: 'b' }].map((one) =>
    messageIdOf(one, 'Desk <desk@mail.example>'),
  );
  expect(names[0]).toBe('<dd13c9c4-6eb5-5c75-9a75-28081e0dff24@mail.example>');
  expect(new Set(names).size).toBe(4);
  expect(messageIdOf(key, 'nonsense')).toMatch(/^<[0-9a-f-]{36}@[a-z.-]+>$/);
});
