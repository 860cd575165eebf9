import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { WebhookKey } from '../tenants/tenant.ts';

/** Both directions, inclusive (A13, REFERENCE §1.1). */
const SKEW_MS = 300_000;

/** Exactly what the vendor's SDK takes (REFERENCE §1.2): any case, nothing around, no second header. */
const TIMED = /^v=(\d+),d=([0-9a-f]{64})$/i;
const BARE = /^[0-9a-f]{64}$/i;

/** As many keys are always tried, so that neither an unknown tenant nor a rotation shows in the time taken. */
const KEYS_TRIED = 2;
const decoy = (): WebhookKey => ({ keyId: '', key: randomBytes(32).toString('hex') });
const DECOYS = Array.from({ length: KEYS_TRIED }, decoy);

type Claim = {
  readonly digest: Buffer;
  /** What follows the body under the digest: the digits of the time, or nothing for bare hex. */
  readonly suffix: string;
  readonly at: number | undefined;
};

function claimOf(header: string): Claim | undefined {
  if (BARE.test(header)) return { digest: Buffer.from(header, 'hex'), suffix: '', at: undefined };
  const [, digits, hex] = TIMED.exec(header) ?? [];
  const at = Number(digits);
  if (hex === undefined || !Number.isSafeInteger(at)) return undefined;
  return { digest: Buffer.from(hex, 'hex'), suffix: String(at), at }; // leading zeros are gone, as in the SDK
}

/** An empty key would verify what anybody can sign: it never matches. */
const matches = (claim: Claim, body: Uint8Array, { key }: WebhookKey): boolean =>
  timingSafeEqual(createHmac('sha256', key).update(body).update(claim.suffix).digest(), claim.digest) && key !== '';

/** All keys are tried, the first that matches is the answer; no early exit. */
function keyOf(claim: Claim, body: Uint8Array, keys: readonly WebhookKey[]): WebhookKey | undefined {
  let found: WebhookKey | undefined;
  for (const key of [...keys, ...DECOYS.slice(keys.length)]) if (matches(claim, body, key)) found ??= key;
  return found;
}

export type Refusal = 'sig_missing' | 'sig_malformed' | 'sig_stale' | 'sig_mismatch';
export type Verdict =
  | { readonly authentic: true; readonly keyId: string; readonly form: 'timed' | 'bare' }
  | { readonly authentic: false; readonly reason: Refusal };

const refused = (reason: Refusal): Verdict => ({ authentic: false, reason });

/**
 * Whether one of the keys signed these exact bytes (A2, REFERENCE §1). Malformed comes before stale, and stale before
 * mismatch: the first two are properties of the header alone and say nothing of any tenant.
 * Bare hex that does not verify is `sig_malformed` even where a tenant has opted in; otherwise the answer would
 * tell such a tenant from an unknown one (RULES, "The door").
 */
export function verify(
  body: Uint8Array,
  header: string | undefined,
  keys: readonly WebhookKey[],
  acceptBare: boolean,
  now: number,
): Verdict {
  if (header === undefined || header === '') return refused('sig_missing');
  const claim = claimOf(header);
  if (claim === undefined) return refused('sig_malformed');
  if (claim.at !== undefined && Math.abs(now - claim.at) > SKEW_MS) return refused('sig_stale');
  const key = keyOf(claim, body, keys);
  if (claim.at === undefined)
    return key !== undefined && acceptBare
      ? { authentic: true, keyId: key.keyId, form: 'bare' }
      : refused('sig_malformed');
  return key === undefined ? refused('sig_mismatch') : { authentic: true, keyId: key.keyId, form: 'timed' };
}

/** Whether the key signed these bytes at any time: for stored evidence, which was fresh when it was taken. */
export function signedBy(key: WebhookKey, body: Uint8Array, header: string): boolean {
  const claim = claimOf(header);
  return claim !== undefined && matches(claim, body, key);
}
