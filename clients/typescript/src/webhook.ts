/** What a webhook of the service says, after it was verified. */
export type VerifiedWebhook = {
  /** The same for each try of the same event: what was handled under it need not be handled again. */
  readonly id: string;
  /** When it was sent. */
  readonly sentAt: Date;
  readonly type: string;
  /** When the change was recorded. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
};

export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
  readonly code: 'headers_missing' | 'timestamp_stale' | 'signature_mismatch' | 'body_malformed';
  constructor(code: WebhookVerificationError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export type VerifyOptions = {
  /** `whsec_…`; two while one is replaced by the other. */
  readonly secret: string | readonly string[];
  /** How far the time of sending may be off; default 300. */
  readonly toleranceSeconds?: number;
  /** Milliseconds; default: the clock. */
  readonly now?: number;
};

type GivenHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

const headerOf = (headers: GivenHeaders, name: string): string | undefined => {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'string' ? value : value?.[0];
};

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** Undefined: it is no base64. */
const tryBytesOf = (base64: string): Uint8Array<ArrayBuffer> | undefined => {
  try {
    return bytesOf(base64);
  } catch {
    return undefined;
  }
};

/**
 * Verifies a webhook as Standard Webhooks has it: HMAC-SHA256 over `id.timestamp.body`, one of several signatures. `body` are the
 * bytes as they came, before any parser. Throws a WebhookVerificationError; answer 401 then.
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: GivenHeaders,
  { secret, toleranceSeconds = 300, now = Date.now() }: VerifyOptions,
): Promise<VerifiedWebhook> {
  const [id, at, given] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  );
  if (!id || !at || !given || !/^\d{1,12}$/.test(at))
    throw new WebhookVerificationError(
      'headers_missing',
      'webhook-id, webhook-timestamp or webhook-signature is missing.',
    );
  if (Math.abs(now / 1000 - Number(at)) > toleranceSeconds)
    throw new WebhookVerificationError(
      'timestamp_stale',
      `It was sent more than ${toleranceSeconds} s from the time here.`,
    );

  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const head = new TextEncoder().encode(`${id}.${at}.`);
  const signed = new Uint8Array(head.length + bytes.length);
  signed.set(head);
  signed.set(bytes, head.length);
  const signatures = given.split(' ').flatMap((one) => (one.startsWith('v1,') ? (tryBytesOf(one.slice(3)) ?? []) : []));
  const secrets = typeof secret === 'string' ? [secret] : secret;
  if (!(await isSigned(signed, signatures, secrets)))
    throw new WebhookVerificationError('signature_mismatch', 'No signature is of these bytes and this secret.');

  try {
    const { type, timestamp, data } = JSON.parse(new TextDecoder().decode(bytes));
    return { id, sentAt: new Date(Number(at) * 1000), type, timestamp, data };
  } catch {
    throw new WebhookVerificationError('body_malformed', 'It is signed, and its body is no JSON.');
  }
}

/** `crypto.subtle` compares in a time that does not tell where they differ. Throws where a secret is none. */
async function isSigned(
  signed: Uint8Array<ArrayBuffer>,
  signatures: readonly Uint8Array<ArrayBuffer>[],
  secrets: readonly string[],
): Promise<boolean> {
  for (const secret of secrets) {
    const raw = bytesOf(secret.replace(/^whsec_/, ''));
    const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    for (const signature of signatures) if (await crypto.subtle.verify('HMAC', key, signature, signed)) return true;
  }
  return false;
}
