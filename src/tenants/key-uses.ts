import type { Logger } from 'pino';
import type { AdministrationEvent } from '../events/administration-facts.ts';
import { decode } from '../events/codec.ts';
import { keyedMutex } from '../events/concurrency-limit.ts';
import type { EventLog } from '../events/event-log.ts';
import { byCommand } from '../events/metadata.ts';
import { KEY_USES } from '../events/streams.ts';
import { pause } from '../events/waiting.ts';

type KeysUsed = Extract<AdministrationEvent, { type: 'KeysUsed' }>;

export type KeyUses = {
  /** Notes that a key was used. Cheap: it is called for every request. */
  note(keyId: string): void;
  /** When a key was last used, by what every process has recorded so far; undefined: never. Never rejects. */
  lastUsed(): Promise<(keyId: string) => string | undefined>;
  /** Records what is due, for the end of a process. Never rejects. */
  close(): Promise<void>;
};

type Options = {
  readonly log: Pick<EventLog, 'read' | 'append'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly signal: AbortSignal;
  readonly everyMs?: number;
};

/** A key is recorded again only this long after its last recorded use. */
const KEY_EVERY_MS = 60 * 60_000;
/** How often the keys that are due are recorded, all in one event. */
const LOOK_EVERY_MS = 10 * 60_000;
/** Of one event, which has to be small enough for one append. */
const MOST_KEYS = 5000;
/** A list of keys does not wait longer for what other processes have recorded. */
const READ_WITHIN_MS = 500;
const CLOSE_WITHIN_MS = 1000;
/** After losing this often to other processes it waits for the next time. */
const ATTEMPTS = 3;

/**
 * When keys were last used: in memory at each use, in one stream of the log rarely. Not in Postgres, because a process
 * that only takes webhooks and commands has none.
 */
export function openKeyUses({ log, logger, signal, everyMs = LOOK_EVERY_MS }: Options): KeyUses {
  const used = new Map<string, number>();
  const recorded = new Map<string, number>();
  let last: bigint | 'no_stream' = 'no_stream';
  const turns = keyedMutex();

  /** One after the other, so that no event is read twice; each takes up where the one before has ended. */
  const inTurn = (work: () => Promise<void>): Promise<void> =>
    turns.run(KEY_USES, work).catch((error: Error) => {
      logger.warn({ reason: 'key_uses_unknown', error: error.name }, 'when keys were last used');
    });

  const readOn = async () => {
    for (const event of await log.read(KEY_USES, { from: last === 'no_stream' ? 0n : last + 1n })) {
      last = event.revision;
      const fact = decode(event);
      if (fact?.type !== 'KeysUsed') continue;
      for (const { keyId, lastUsedAt } of fact.data.uses) keep(keyId, Date.parse(lastUsedAt));
    }
  };
  const keep = (keyId: string, at: number) => recorded.set(keyId, Math.max(at, recorded.get(keyId) ?? 0));

  const due = () =>
    [...used].filter(([keyId, at]) => at - (recorded.get(keyId) ?? 0) >= KEY_EVERY_MS).slice(0, MOST_KEYS);

  /** By what other processes have recorded meanwhile fewer are due. */
  const record = async () => {
    for (let attempt = 1; attempt <= ATTEMPTS && due().length > 0; attempt++) {
      await readOn();
      const uses = due().map(([keyId, at]) => ({ keyId, lastUsedAt: new Date(at).toISOString() }));
      if (uses.length === 0) return;
      const { type, data }: KeysUsed = { type: 'KeysUsed', data: { uses } };
      const metadata = byCommand('', KEY_USES);
      const result = await log.append(KEY_USES, last, [{ id: crypto.randomUUID(), type, data, metadata }]);
      if (result.outcome === 'appended') return await readOn();
      // Another process was first, or the log was restored and is shorter.
      last = 'no_stream';
      recorded.clear();
    }
  };

  const timer = setInterval(() => void inTurn(record), everyMs).unref();
  signal.addEventListener('abort', () => clearInterval(timer));

  return {
    note: (keyId) => void used.set(keyId, Date.now()),
    async lastUsed() {
      await Promise.race([inTurn(readOn), pause(READ_WITHIN_MS)]);
      return (keyId) => {
        const at = Math.max(used.get(keyId) ?? 0, recorded.get(keyId) ?? 0);
        return at === 0 ? undefined : new Date(at).toISOString();
      };
    },
    async close() {
      clearInterval(timer);
      await Promise.race([inTurn(record), pause(CLOSE_WITHIN_MS)]);
    },
  };
}
