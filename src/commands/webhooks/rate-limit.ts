import { sha256 } from '../../events/identity.ts';
import { neighbourhoodOf } from './client-ip.ts';

export type Taken =
  | { readonly allowed: true }
  /** `first`: the request that emptied the bucket; the ones after it need no line in the log. */
  | { readonly allowed: false; readonly retryAfterSeconds: number; readonly first: boolean };

/** Who asks: an address, and the tenant's name that it claims. */
export type Asker = { readonly ip: string; readonly tenantName: string };

export type RateLimit = {
  /** Counts a request, and the bytes of it that were read in vain. */
  take(asker: Asker, bytes?: number): Taken;
  /** Whether an asker is over the limit, and had so much read in vain that nothing large is read of him any more. */
  isSpent(asker: Asker): boolean;
};

const MINUTE_MS = 60_000;
/** Names are hashed into so many, so that one tenant's wrong key does not shut out the others behind the same address. */
const SLOTS = 64;
/** What is read of one asker in a minute, and verified in vain, before only small bodies are. */
const VAIN_BYTES = 16 * 1024 * 1024;
/** Askers remembered; of more, the one who began first is forgotten. */
const MOST_ASKERS = 50_000;

type Minute = { requests: number; bytes: number; readonly endsAt: number };

/**
 * So many a minute per address and slot of tenant names (B11). A name counts the same whether a tenant has it or nobody, so
 * the answers tell nobody which tenants there are.
 */
export function rateLimit(perMinute: number, mostAskers = MOST_ASKERS, now = () => performance.now()): RateLimit {
  const minutes = new Map<string, Minute>(); // in the order in which they end

  const keyOf = ({ ip, tenantName }: Asker) =>
    `${neighbourhoodOf(ip)} ${Number.parseInt(sha256(tenantName).slice(0, 4), 16) % SLOTS}`;

  const minuteOf = (asker: Asker): Minute => {
    const key = keyOf(asker);
    const at = now();
    const known = minutes.get(key);
    if (known && known.endsAt > at) return known;
    minutes.delete(key);
    const minute = { requests: 0, bytes: 0, endsAt: at + MINUTE_MS };
    minutes.set(key, minute);
    for (const [other, { endsAt }] of minutes) {
      if (endsAt > at && minutes.size <= mostAskers) break;
      minutes.delete(other);
    }
    return minute;
  };

  return {
    take(asker, bytes = 0) {
      const minute = minuteOf(asker);
      minute.requests++;
      minute.bytes += bytes;
      if (minute.requests <= perMinute) return { allowed: true };
      const retryAfterSeconds = Math.max(1, Math.ceil((minute.endsAt - now()) / 1000));
      return { allowed: false, retryAfterSeconds, first: minute.requests === perMinute + 1 };
    },
    isSpent(asker) {
      const minute = minutes.get(keyOf(asker));
      return minute !== undefined && minute.endsAt > now() && minute.requests > perMinute && minute.bytes > VAIN_BYTES;
    },
  };
}
