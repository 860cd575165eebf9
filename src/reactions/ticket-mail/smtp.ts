import { connect, type Socket } from 'node:net';
import { createTransport, type NodemailerError, type SendMailOptions } from 'nodemailer';
import parseAddresses from 'nodemailer/lib/addressparser';
import { uuidOf } from '../../events/identity.ts';
import { ticketIdOf } from '../../events/ticket-facts.ts';
import type { MailKey } from './mail-record.ts';
import type { RenderedMail } from './render.ts';

/** A mail as it goes out. Addresses are objects, never header text. */
type Message = SendMailOptions;

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

/**
 * What became of a message. `unknown`-like answers do not exist here: whoever does not get a clear yes tries again,
 * under the same Message-ID.
 */
type Delivery =
  | {
      readonly word: 'accepted';
      /** Recipients that were refused for good. */
      readonly refused: readonly string[];
      /** Recipients that were refused for now, and why. */
      readonly later: readonly string[];
      readonly reason?: string;
    }
  /** Not now: the server is away, too slow, greylists, or does not let us in. */
  | { readonly word: 'later'; readonly reason: string }
  /** Never: the message or every recipient was refused for good. */
  | { readonly word: 'refused'; readonly reason: string };

export type SmtpTimes = {
  readonly connectMs: number;
  /** From the open connection to the last answer, whatever the server does. */
  readonly totalMs: number;
  /** How much longer a claim lasts than any sending under it can. */
  readonly leaseMarginMs: number;
};

export const smtpTimes: SmtpTimes = { connectMs: 10_000, totalMs: 60_000, leaseMarginMs: 30_000 };

/** A connection to the server, or the reason why there is none now. */
type Line = { readonly socket: Socket } | { readonly word: 'later'; readonly reason: string };

/** Opened before anything is claimed, so that a server that is down for a day leaves no traces in the log. */
export function openLine(smtpUrl: string, { connectMs }: Pick<SmtpTimes, 'connectMs'>): Promise<Line> {
  const { protocol, hostname, port } = new URL(smtpUrl);
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'smtps:' ? 465 : 587),
  });
  const { promise, resolve } = Promise.withResolvers<Line>();
  const timer = setTimeout(() => socket.destroy(new Error('ETIMEDOUT')), connectMs);
  socket.once('connect', () => resolve({ socket }));
  // Also later: a connection that breaks before it is used must not take the process with it.
  socket.on('error', (error: NodeJS.ErrnoException) =>
    resolve({ word: 'later', reason: reasonOf('connection', error.code ?? error.message) }),
  );
  socket.once('close', () => resolve({ word: 'later', reason: 'connection' }));
  return promise.finally(() => clearTimeout(timer));
}

/**
 * Says the message over an open connection. TLS as the server offers it (`smtp://`) or from the start (`smtps://`);
 * a certificate that does not verify is an error unless SMTP_URL says `?tls.rejectUnauthorized=false`.
 */
export async function deliver(
  smtpUrl: string,
  socket: Socket,
  message: Message,
  { totalMs }: Pick<SmtpTimes, 'totalMs'>,
): Promise<Delivery> {
  const late = setTimeout(() => socket.destroy(new Error('too slow')), totalMs);
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: totalMs,
    greetingTimeout: totalMs,
    socketTimeout: totalMs,
    socketCloseTimeout: 1000,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket: (_options: unknown, use: (error: Error | null, socket: { connection: Socket }) => void) =>
      use(null, { connection: socket }),
  });
  try {
    const { rejectedErrors = [] } = await transport.sendMail(message);
    const [refused, later] = [rejectedErrors.filter(isForGood), rejectedErrors.filter((error) => !isForGood(error))];
    return {
      word: 'accepted',
      refused: refused.map(({ recipient }) => recipient!),
      later: later.map(({ recipient }) => recipient!),
      ...(later[0] && { reason: reasonOfError(later[0]) }),
    };
  } catch (error) {
    return verdictOn(error as NodemailerError);
  } finally {
    clearTimeout(late);
    socket.destroySoon();
  }
}

/** Answers that speak of us and not of the message: who may send can be put right while the mail waits. */
const aboutUs = (code: number): boolean => code >= 530 && code <= 539;
const aboutTheMessage: ReadonlySet<string> = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);

const isForGood = ({ responseCode, command }: NodemailerError): boolean =>
  responseCode !== undefined &&
  responseCode >= 500 &&
  !aboutUs(responseCode) &&
  aboutTheMessage.has((command ?? '').toUpperCase());

/** The server's own words stay out: they quote addresses. */
const reasonOfError = ({ code, responseCode, command }: NodemailerError): string =>
  reasonOf((command ?? '').toLowerCase() || 'connection', `${responseCode ?? code ?? ''}`);

/** Where nobody got it. One recipient who may have it later is enough to wait. */
function verdictOn(error: NodemailerError): Delivery {
  const later = (error.rejectedErrors ?? [error]).find((one) => !isForGood(one));
  return { word: later ? 'later' : 'refused', reason: reasonOfError(later ?? error) };
}

/** A code, and nothing that a server could have put there. */
const reasonOf = (step: string, code: string): string =>
  `${step}_${code}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 60)
    .replace(/^_+|_+$/g, '');
