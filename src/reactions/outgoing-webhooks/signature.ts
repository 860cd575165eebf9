import { createHmac } from 'node:crypto';

type Signed = {
  /** `whsec_…`; several while they rotate. */
  readonly secrets: readonly string[];
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
};

/** The headers of a message by the Standard Webhooks specification (https://www.standardwebhooks.com), one signature a secret. */
export function signedHeaders({ secrets, id, timestamp, body }: Signed): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': `${timestamp}`, 'webhook-signature': signatures.join(' ') };
}

/** Those that sign now, the newest first. */
export const signingSecrets = (
  secrets: readonly { readonly key: string; readonly until?: string }[],
  now: number,
): readonly string[] =>
  secrets.filter(({ until }) => until === undefined || Date.parse(until) > now).map(({ key }) => key);
