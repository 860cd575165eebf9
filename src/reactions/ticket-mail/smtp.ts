import { connect, type Socket } from 'node:net';
import { createTransport, type NodemailerError } from 'nodemailer';
import type { Message } from './message.ts';

/**
 * What became of a message. `unknown`-like answers do not exist here: whoever does not get a clear yes tries again,
 * under the same Message-ID.
 */
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

/** A connection to the server, or the reason why there is none now. */
export type Line = { readonly socket: Socket } | { readonly word: 'later'; readonly reason: string };

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
