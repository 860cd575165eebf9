import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export type Received = { readonly to: readonly string[]; readonly mail: Email; readonly raw: string };

/** What the server says no to; undefined: nothing. */
export type Refusals = {
  /** `before`: how many it has taken in the same transaction. */
  recipient?: (address: string, before: number) => Refusal | undefined;
  data?: () => Refusal | undefined;
  /** Keeps the answer to the message back until it settles. */
  hold?: (received: Received) => Promise<unknown>;
};
export type Refusal = { readonly code: number; readonly text?: string };

/** A real SMTP server that keeps what it has accepted. */
export async function startSmtpServer(options: SMTPServerOptions = {}, port = 0) {
  const received: Received[] = [];
  const refusals: Refusals = {};
  let connections = 0;
  const sessions: { readonly secure: boolean }[] = [];
  const refuse = ({ code, text = 'no' }: Refusal) => Object.assign(new Error(text), { responseCode: code });
  const server = new SMTPServer({
    disabledCommands: ['AUTH', ...(options.key ? [] : ['STARTTLS'])],
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 100,
    onConnect(_session, done) {
      connections += 1;
      done();
    },
    onRcptTo({ address }, session, done) {
      const refusal = refusals.recipient?.(address, session.envelope.rcptTo.length);
      done(refusal && refuse(refusal));
    },
    async onData(stream, session, done) {
      const pieces: Buffer[] = [];
      try {
        for await (const piece of stream) pieces.push(piece as Buffer);
      } catch {
        return; // whoever sent it was killed in the middle
      }
      const raw = Buffer.concat(pieces);
      const refusal = refusals.data?.();
      if (refusal) return done(refuse(refusal));
      const to = session.envelope.rcptTo.map(({ address }) => address);
      const one = { to, raw: raw.toString('latin1'), mail: await PostalMime.parse(raw) };
      received.push(one);
      sessions.push({ secure: session.secure });
      await refusals.hold?.(one);
      done();
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.server.address() as AddressInfo;
  return {
    received,
    refusals,
    connections: () => connections,
    /** Of the messages accepted. */
    sessions,
    port: address.port,
    url: `${options.secure ? 'smtps' : 'smtp'}://127.0.0.1:${address.port}`,
    /** The mails about a call's ticket. */
    of: (callId: string) => received.filter(({ mail }) => mail.text?.includes(`Ticket: tkt_${callId}\n`)),
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
export type SmtpUnderTest = Awaited<ReturnType<typeof startSmtpServer>>;
