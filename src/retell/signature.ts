import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { WebhookKey } from '../tenants/tenant.ts';

/** Both directions, inclusive (A13; docs/retell-api.md, "Signature"). */
export const SKEW_MS = 300_000;

/**
 * Exactly what the vendor's SDK accepts (docs/retell-api.md, "Signature"): any case, nothing around it, no second
 * header.
 */
const TIMED = /^v=(\d+),d=([0-9a-f]{64})$/i;
const BARE = /^[0-9a-f]{64}$/i;

/** Always tries this many keys, so that timing reveals neither an unknown tenant nor a rotation. */
const KEYS_TRIED = 2;
const decoy = (): WebhookKey => ({ keyId: '', key: randomBytes(32).toString('hex') });
const DECOYS = Array.from({ length: KEYS_TRIED }, decoy);

/** The claim of a header about its body. */
export type Claim = {
  readonly digest: Buffer;
  /** Signed after the body: the digits of the time, or nothing for bare hex. */
  readonly suffix: string;
  readonly at: number | undefined;
};

function parse(header: string): Claim | undefined {
  if (BARE.test(header)) return { digest: Buffer.from(header, 'hex'), suffix: '', at: undefined };
  const [, digits, hex] = TIMED.exec(header) ?? [];
  const at = Number(digits);
  if (hex === undefined || !Number.isSafeInteger(at)) return undefined;
  return { digest: Buffer.from(hex, 'hex'), suffix: String(at), at }; // leading zeros are gone, as in the SDK
}

/**
 * Reads the header, or says why no body can match it; needs neither body nor tenant. Malformed comes before stale, and
 * stale before mismatch.
 */
export function claimOf(header: string, now: number): Claim | HeaderRefusal {
  if (header === '') return { refusal: 'sig_missing' };
  const claim = parse(header);
  if (claim === undefined) return { refusal: 'sig_malformed' };
  const aheadMs = (claim.at ?? now) - now;
  return Math.abs(aheadMs) > SKEW_MS ? { refusal: 'sig_stale', aheadMs } : claim;
}

/** An empty key never matches: anybody could sign with it. */
const matches = (claim: Claim, body: Uint8Array, { key }: WebhookKey): boolean =>
  timingSafeEqual(createHmac('sha256', key).update(body).update(claim.suffix).digest(), claim.digest) && key !== '';

/** Tries every key without early exit; the first match counts. */
function keyOf(claim: Claim, body: Uint8Array, keys: readonly WebhookKey[]): WebhookKey | undefined {
  let found: WebhookKey | undefined;
  for (const key of [...keys, ...DECOYS.slice(keys.length)]) if (matches(claim, body, key)) found ??= key;
  return found;
}

type HeaderRefusal =
  | { readonly refusal: 'sig_missing' | 'sig_malformed' }
  /** Ahead of the clock here by so much; negative: behind it. */
  | { readonly refusal: 'sig_stale'; readonly aheadMs: number };
export type Verdict =
  | { readonly authentic: true; readonly keyId: string; readonly form: 'timed' | 'bare' }
  | { readonly authentic: false; readonly reason: 'sig_malformed' | 'sig_mismatch' };

/**
 * Whether a key signed these exact bytes. Failing bare hex is always `sig_malformed`, or the answer would reveal which
 * tenants allow it.
 */
export function verify(claim: Claim, body: Uint8Array, keys: readonly WebhookKey[], acceptBare: boolean): Verdict {
  const key = keyOf(claim, body, keys);
  const isBare = claim.at === undefined;
  if (key === undefined || (isBare && !acceptBare))
    return { authentic: false, reason: isBare ? 'sig_malformed' : 'sig_mismatch' };
  return { authentic: true, keyId: key.keyId, form: isBare ? 'bare' : 'timed' };
}

/** Whether the key signed these bytes at any time: for stored evidence, which was fresh on receipt. */
export function signedBy(key: WebhookKey, body: Uint8Array, header: string): boolean {
  const claim = parse(header);
  return claim !== undefined && matches(claim, body, key);
}
