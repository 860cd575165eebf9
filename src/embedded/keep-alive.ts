import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

/** A store in a process of its own. */
export type EmbeddedStore = {
  readonly url: string;
  stop(): Promise<unknown>;
  /** Settles when the process has ended, for whatever reason. */
  readonly exited: Promise<unknown>;
};

const BACK_OFF_MS = [100, 250, 500, 1000, 2000, 5000] as const;

/** Starts an embedded store, and restarts it at the same port whenever it ends. Rejects when the first start fails. */
export async function keepAlive<S extends EmbeddedStore>(
  name: string,
  start: (port: number) => Promise<S>,
  logger: Pick<Logger, 'warn' | 'error'>,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const stopping = new AbortController();
  let store = await start(0);
  const { url } = store;
  const port = Number(new URL(url.replace(/^\w+:/, 'http:')).port);

  const watch = (async () => {
    while (!stopping.signal.aborted) {
      await store.exited;
      for (let attempt = 0; !stopping.signal.aborted; attempt++) {
        logger.warn({ store: name, attempt }, 'an embedded store ended by itself; starting it again');
        try {
          store = await start(port);
          break;
        } catch (err) {
          logger.error({ store: name, err }, 'an embedded store does not start');
          await sleep(BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length - 1)], undefined, {
            signal: stopping.signal,
          }).catch(() => {});
        }
      }
    }
  })();

  return {
    url,
    async stop() {
      stopping.abort();
      await store.stop();
      await watch;
      await store.stop(); // one that was just being started
    },
  };
}
