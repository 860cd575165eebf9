import { createTransport, type SendMailOptions } from 'nodemailer';
import parseAddresses from 'nodemailer/lib/addressparser';
import { uuidOf } from '../../events/identity.ts';
import { ticketIdOf } from '../../events/ticket-facts.ts';
import type { MailKey } from './append-mail-fact.ts';
import type { RenderedMail } from './render.ts';

/** A mail as it goes out. Addresses are objects, never header text. */
export type Message = SendMailOptions;

type Address = { readonly name: string; readonly address: string };

/** MAIL_FROM as it is meant. */
function senderOf(from: string): Address {
  const [first] = parseAddresses(from, { flatten: true });
  return { name: first?.name ?? '', address: first?.address || 'call-ledger@localhost' };
}

/**
 * The same for every attempt at the same mail, so that a receiver can drop the twin that a crash between the server's
 * acceptance and our record would make.
 */
export function messageIdOf({ tenantId, callId, opening }: MailKey, from: string): string {
  const domain =
    senderOf(from)
      .address.split('@')
      .at(-1)!
      .replace(/[^A-Za-z0-9.-]/g, '') || 'localhost';
  return `<${uuidOf('ticket-mail', tenantId, ticketIdOf(callId), `${opening}`)}@${domain}>`;
}

export function messageOf(
  mail: RenderedMail,
  envelope: {
    readonly from: string;
    /** As the mail names them, whoever of them it goes to now. */
    readonly to: readonly string[];
    /** Absent: to all of them. */
    readonly now?: readonly string[];
    readonly messageId: string;
    readonly at: number;
  },
): Message {
  const from = senderOf(envelope.from);
  return {
    from,
    to: envelope.to.map((address) => ({ name: '', address })),
    envelope: { from: from.address, to: [...(envelope.now ?? envelope.to)] },
    messageId: envelope.messageId,
    date: new Date(envelope.at),
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** The bytes of a message, as a mail program opens them (`.eml`). */
export async function messageBytes(message: Message): Promise<Buffer> {
  const { message: bytes } = await createTransport({ streamTransport: true, buffer: true }).sendMail(message);
  return bytes as Buffer;
}
