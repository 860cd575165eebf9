import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

export type Taken =
  | { readonly allowed: true }
  /** `first`: the request that emptied the bucket; the ones after it need no line in the log. */
  | { readonly allowed: false; readonly retryAfterSeconds: number; readonly first: boolean };

export type RateLimit = (ip: string, tenantId: string | undefined) => Promise<Taken>;

/**
 * So many a minute per (IP, tenant) (B11). All unknown tenants of one IP share one bucket, so that inventing names
 * gains nothing; no tenant's id is empty.
 */
export function rateLimit(perMinute: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return async (ip, tenantId = '') => {
    try {
      await limiter.consume(`${tenantId}|${ip}`);
      return { allowed: true };
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return {
        allowed: false,
        retryAfterSeconds: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)),
        first: refusal.consumedPoints === perMinute + 1,
      };
    }
  };
}
