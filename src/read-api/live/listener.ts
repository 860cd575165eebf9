import type { Logger } from 'pino';
import type { Caller } from '../../http/bearer.ts';
import { type Cursor, formatCursor } from './cursor.ts';
import type { Feed } from './feed.ts';
import type { FeedEvent } from './feed-event.ts';

/** Why the feed ends a connection. */
export type Ending = 'too_slow' | 'key_revoked' | 'shutting_down';

/** One client, by whichever transport. Each promise settles when the client can take more; none may reject. */
export type Client = {
  ready(cursor: string): Promise<void>;
  /** It stood beyond the end of the log, and goes on at this cursor. */
  reset(cursor: string): Promise<void>;
  events(events: readonly FeedEvent[]): Promise<void>;
  heartbeat(): Promise<void>;
  /** Says why, behind what was sent before, and closes. */
  close(reason: Ending): void;
  /** Ends the connection, whatever is still to be sent. */
  destroy(): void;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
};

export type Listener = { end(reason: Ending): void; readonly ended: Promise<void> };

export type Pace = {
  readonly heartbeatMs: number;
  /** For how long a client may take nothing of what it is sent. */
  readonly stalledMs: number;
};

/** Why a client is told to begin anew. */
export const BEYOND_LOG = 'cursor_beyond_log';

/** How long a client that is told to go has to read why. */
const GRACE_MS = 2000;

/**
 * Sends a client its tenant's events until one of the two ends it. The next ones are only read when it has taken
 * those before; who takes nothing for too long is dropped, and can resume.
 */
export function listen(
  client: Client,
  { tenantId, keyId }: Caller,
  cursor: Cursor,
  { feed, pace, logger }: { feed: Feed; pace: Pace; logger: Pick<Logger, 'debug' | 'warn'> },
): Listener {
  const stopped = new AbortController();
  const until = AbortSignal.any([stopped.signal, client.gone]);

  const end = (reason: Ending) => {
    if (until.aborted) return;
    stopped.abort();
    logger[reason === 'too_slow' ? 'warn' : 'debug']({ event: 'live_closed', tenantId, keyId, reason }, 'live feed');
    client.close(reason);
    const grace = setTimeout(() => client.destroy(), GRACE_MS).unref();
    client.gone.addEventListener('abort', () => clearTimeout(grace));
  };

  let underWay = 0;
  const sent = async (sending: Promise<void>) => {
    underWay++;
    const stalled = setTimeout(() => end('too_slow'), pace.stalledMs);
    await sending;
    clearTimeout(stalled);
    underWay--;
  };
  // A client that still has something to take needs no sign of life.
  const beat = setInterval(() => underWay === 0 && void sent(client.heartbeat()), pace.heartbeatMs);

  const run = async () => {
    try {
      for await (const word of feed.follow(tenantId, cursor, until)) {
        if ('events' in word) await sent(client.events(word.events));
        else if ('ready' in word) await sent(client.ready(formatCursor(word.ready)));
        else {
          logger.warn({ event: 'live_reset', tenantId, keyId, reason: BEYOND_LOG }, 'live feed');
          await sent(client.reset(formatCursor(word.reset)));
        }
        if (until.aborted) return;
      }
    } finally {
      clearInterval(beat);
    }
  };
  const ended = run();
  return { end, ended };
}
