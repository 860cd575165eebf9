import { connect, type Socket } from 'node:net';
import { createTransport, type NodemailerError, type SendMailOptions } from 'nodemailer';
import parseAddresses from 'nodemailer/lib/addressparser';
import { uuidOf } from '../../events/identity.ts';
import { ticketIdOf } from '../../events/ticket-facts.ts';
import type { MailKey } from './mail-record.ts';
import type { RenderedMail } from './render.ts';

/** Addresses are objects, never header text. */
export type Message = SendMailOptions;

type Address = { readonly name: string; readonly address: string };

function senderOf(from: string): Address {
  const [first] = parseAddresses(from, { flatten: true });
  return { name: first?.name ?? '', address: first?.address || 'call-ledger@localhost' };
}

/** The same for every attempt at a mail, so that a receiver can drop the twin that a crash before our record makes. */
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
    /** All recipients that the mail names. */
    readonly to: readonly string[];
    /** Those of them that it is sent to now. */
    readonly now: readonly string[];
    readonly messageId: string;
    readonly at: number;
  },
): Message {
  const from = senderOf(envelope.from);
  return {
    from,
    to: envelope.to.map((address) => ({ name: '', address })),
    envelope: { from: from.address, to: [...envelope.now] },
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

/** What became of a message. Without a clear yes it is sent again, under the same Message-ID. */
export type Delivery =
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

/** A connection to the server, or why there is none. */
type Line = { readonly socket: Socket } | { readonly word: 'later'; readonly reason: string };

/** Opens a connection; before a claim, so that a server that is down leaves no claims in the log. */
export function openLine(smtpUrl: string, { connectMs }: Pick<SmtpTimes, 'connectMs'>): Promise<Line> {
  const { protocol, hostname, port } = new URL(smtpUrl);
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'smtps:' ? 465 : 587),
  });
  const { promise, resolve } = Promise.withResolvers<Line>();
  const timer = setTimeout(() => socket.destroy(new Error('ETIMEDOUT')), connectMs);
  socket.once('connect', () => resolve({ socket }));
  // Without a listener a connection that breaks before it is used would end the process.
  socket.on('error', (error: NodeJS.ErrnoException) =>
    resolve({ word: 'later', reason: reasonOf('connection', error.code ?? error.message) }),
  );
  socket.once('close', () => resolve({ word: 'later', reason: 'connection' }));
  return promise.finally(() => clearTimeout(timer));
}

/** A mail holds a transcript, so it goes in the clear only where the address itself says so. */
const needsTls = ({ hostname, searchParams }: URL): boolean =>
  searchParams.has('requireTLS') ? searchParams.get('requireTLS') !== 'false' : !isLoopback(hostname);
const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127\./.test(host);

const transportOver = (smtpUrl: string, socket: Socket, totalMs: number) =>
  createTransport({
    url: smtpUrl,
    requireTLS: needsTls(new URL(smtpUrl)),
    connectionTimeout: totalMs,
    greetingTimeout: totalMs,
    socketTimeout: totalMs,
    socketCloseTimeout: 1000,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket: (_options: unknown, use: (error: Error | null, socket: { connection: Socket }) => void) =>
      use(null, { connection: socket }),
  });

/** Whether the server lets us in, login and TLS and all, without sending anything. Answers why not, as a code. */
export async function greet(
  smtpUrl: string,
  times: Pick<SmtpTimes, 'connectMs' | 'totalMs'>,
): Promise<string | undefined> {
  const line = await openLine(smtpUrl, times);
  if (!('socket' in line)) return line.reason;
  const late = setTimeout(() => line.socket.destroy(new Error('too slow')), times.totalMs);
  try {
    await transportOver(smtpUrl, line.socket, times.totalMs).verify();
    return undefined;
  } catch (error) {
    return reasonOfError(error as NodemailerError);
  } finally {
    clearTimeout(late);
    line.socket.destroySoon();
  }
}

/** Sends a message over an open connection, with TLS at once (`smtps://`) or by STARTTLS (`smtp://`). */
export async function deliver(
  smtpUrl: string,
  socket: Socket,
  message: Message,
  { totalMs }: Pick<SmtpTimes, 'totalMs'>,
): Promise<Delivery> {
  const late = setTimeout(() => socket.destroy(new Error('too slow')), totalMs);
  const transport = transportOver(smtpUrl, socket, totalMs);
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

/** Answers about our login and not the message: it can be corrected while the mail waits. */
const aboutUs = (code: number): boolean => code >= 530 && code <= 539;
const aboutTheMessage: ReadonlySet<string> = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);

const isForGood = ({ responseCode, command }: NodemailerError): boolean =>
  responseCode !== undefined &&
  responseCode >= 500 &&
  !aboutUs(responseCode) &&
  aboutTheMessage.has((command ?? '').toUpperCase());

/** Without the server's text, which quotes addresses. */
const reasonOfError = ({ code, responseCode, command }: NodemailerError): string =>
  reasonOf((command ?? '').toLowerCase() || 'connection', `${responseCode ?? code ?? ''}`);

/** For a mail that no recipient got; retried when one of them may accept it later. */
function verdictOn(error: NodemailerError): Delivery {
  const later = (error.rejectedErrors ?? [error]).find((one) => !isForGood(one));
  return { word: later ? 'later' : 'refused', reason: reasonOfError(later ?? error) };
}

/** A code without anything that a server could have put there. */
const reasonOf = (step: string, code: string): string =>
  `${step}_${code}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 60)
    .replace(/^_+|_+$/g, '');
