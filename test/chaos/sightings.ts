import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { outcomes } from '../../src/model/outcome.ts';

/** What a reader of the views has seen go back. */
export type Sightings = {
  /** Postgres is about to be killed: it may take back the last commits, the newest first (synchronous_commit = off). */
  forget(): void;
  looked(): number;
  readonly wrong: readonly string[];
  stop(): Promise<void>;
};

type Seen = { readonly key: string; readonly status: (typeof outcomes)[number]; readonly revision: number };

const EVERY_MS = 200;

/** Looks at the newest sessions again and again, as an external reader of the views would. */
export function watchSessions(pool: pg.Pool): Sightings {
  let seen = new Map<string, Seen>();
  let epoch = 0;
  let looks = 0;
  let stopped = false;
  const wrong: string[] = [];

  const compare = (now: Seen) => {
    const before = seen.get(now.key);
    seen.set(now.key, now);
    if (!before) return;
    if (now.revision < before.revision) wrong.push(`${now.key}: revision ${before.revision}, then ${now.revision}`);
    if (outcomes.indexOf(now.status) < outcomes.indexOf(before.status))
      wrong.push(`${now.key}: ${before.status}, then ${now.status}`);
  };
  const running = (async () => {
    for (; !stopped; await sleep(EVERY_MS)) {
      const began = epoch;
      try {
        const { rows } = await pool.query<Seen>(
          `select tenant_id || ' ' || id as key, status, revision from call_sessions order by created_at desc, id limit 200`,
        );
        if (began !== epoch) continue;
        looks++;
        for (const row of rows) compare(row);
      } catch {
        // Postgres is away, or its read model has not been made.
      }
    }
  })();
  return {
    forget() {
      epoch++;
      seen = new Map();
    },
    looked: () => looks,
    wrong,
    async stop() {
      stopped = true;
      await running;
    },
  };
}
