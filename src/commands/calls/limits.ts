import { type EventLog, EventStoreUnavailable, type Expected } from '../../events/event-log.ts';
import { uuidOf } from '../../events/identity.ts';
import { CALL_COUNTED } from '../../events/session-facts.ts';
import { dialledStream } from '../../events/streams.ts';
import { regionOf } from '../../model/phone.ts';
import { DAY_MS, localAt, startOfDay } from '../../model/time.ts';
import type { TenantDirectory } from '../../tenants/tenant.ts';
import type { RetellApi } from './retell-api.ts';

type Limits = {
  readonly log: Pick<EventLog, 'append' | 'read'>;
  readonly tenants: Pick<TenantDirectory, 'get'>;
  readonly now?: () => Date;
};

/**
 * Retell's API within a tenant's setting `calls`. What goes beyond it is refused like a call that Retell refuses: on
 * record, and the same for every repeat.
 */
export function withinLimits(retell: RetellApi, { log, tenants, now = () => new Date() }: Limits): RetellApi {
  return {
    ...retell,
    async dial(session, order, limit) {
      const { calls: { countries, perDay } = {}, timeZone = 'UTC' } = tenants.get(session.tenantId)?.settings ?? {};
      const region = regionOf(order.toNumber);
      if (countries !== undefined && !(region !== undefined && countries.includes(region)))
        return { outcome: 'refused', reason: 'destination_not_allowed' };
      if (perDay === undefined) return retell.dial(session, order, limit);

      const at = now().getTime();
      const midnight = Math.floor(localAt(at, timeZone) / DAY_MS) * DAY_MS;
      const date = new Date(midnight).toISOString().slice(0, 10);
      try {
        if (await countOne(log, dialledStream(session.tenantId, date), session.sessionId, perDay))
          return retell.dial(session, order, limit);
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable)) throw error;
        return { outcome: 'refused', reason: 'request_expired' };
      }
      const retryAfterS = Math.ceil((startOfDay(midnight + DAY_MS, timeZone) - at) / 1000);
      return { outcome: 'refused', reason: 'daily_limit_reached', details: { retryAfterS } };
    },
  };
}

/** Counts a call in the stream of its day, for all processes together; false: there is no room for it. */
async function countOne(log: Limits['log'], stream: string, sessionId: string, most: number): Promise<boolean> {
  const id = uuidOf(stream, sessionId);
  let last: Expected | undefined;
  for (;;) {
    last ??= (await log.read(stream, { backwards: true, max: 1 }))[0]?.revision ?? 'no_stream';
    if ((last === 'no_stream' ? 0n : last + 1n) >= BigInt(most)) return false;
    const result = await log.append(stream, last, [
      { id, type: CALL_COUNTED, data: { callSessionId: sessionId }, metadata: {} },
    ]);
    if (result.outcome === 'appended') return true;
    last = result.actual;
  }
}
