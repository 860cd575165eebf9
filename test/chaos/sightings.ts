import { setTimeout as sleep } from 'node:timers/promises';
import { outcomes } from '../../src/model/outcome.ts';
import { LATE_AFTER_SECONDS } from '../../src/projections/engine/progress.ts';
import { projections } from '../../src/projections/index.ts';
import { openLedger } from './ledger.ts';
import { checkpoints } from './settle.ts';
import type { World } from './world.ts';

/** What was seen, and was wrong, while it lasted. */
export type Sightings = {
  /** Postgres is about to be killed: it may take back the last commits, the newest first (synchronous_commit = off). */
  forget(): void;
  looked(): number;
  readonly wrong: readonly string[];
  stop(): Promise<void>;
};

const EVERY_MS = 200;

/** Looks again and again. A look that fails has seen nothing, nor has one during which Postgres was killed. */
function watch(look: () => Promise<{ readonly looked: number; judge(): readonly string[] }>, forget = () => {}) {
  let epoch = 0;
  let all = 0;
  let stopped = false;
  const wrong: string[] = [];
  const running = (async () => {
    for (; !stopped; await sleep(EVERY_MS)) {
      const began = epoch;
      try {
        const { looked, judge } = await look();
        if (began !== epoch) continue;
        all += looked;
        wrong.push(...judge());
      } catch {
        // A store is away, or the read model has not been made.
      }
    }
  })();
  return {
    forget() {
      epoch++;
      forget();
    },
    looked: () => all,
    wrong,
    async stop() {
      stopped = true;
      await running;
    },
  } satisfies Sightings;
}

type Seen = { readonly key: string; readonly status: (typeof outcomes)[number]; readonly revision: number };

/** Looks at the newest sessions, as an external reader of the views would. */
export function watchSessions({ pool }: World): Sightings {
  let seen = new Map<string, Seen>();
  const compare = (now: Seen): string[] => {
    const before = seen.get(now.key);
    seen.set(now.key, now);
    if (!before) return [];
    return [
      ...(now.revision < before.revision ? [`${now.key}: revision ${before.revision}, then ${now.revision}`] : []),
      ...(outcomes.indexOf(now.status) < outcomes.indexOf(before.status)
        ? [`${now.key}: ${before.status}, then ${now.status}`]
        : []),
    ];
  };
  const look = async () => {
    const { rows } = await pool.query<Seen>(
      `select tenant_id || ' ' || id as key, status, revision from call_sessions order by created_at desc, id limit 200`,
    );
    return { looked: 1, judge: () => rows.flatMap(compare) };
  };
  return watch(look, () => {
    seen = new Map();
  });
}

/** An answer takes a moment, and the clocks of two processes are read. */
const MARGIN_MS = 1000;

/** Asks each process whether it is ready; what was in the log long enough before has to be shown by then. */
export function watchReadiness({ log, pool, services }: World): Sightings {
  const ledger = openLedger(log);
  const concerned = services.filter(({ roles }) => roles.includes('serve') || roles.includes('project'));
  return watch(async () => {
    await ledger.readOn();
    const dueAt = Date.now() - LATE_AFTER_SECONDS * 1000 - MARGIN_MS;
    const answers = await Promise.all(concerned.map(readyOf));
    const ready = answers.flatMap((name) => name ?? []);
    const shown = await checkpoints(pool);
    const late = projections.flatMap(({ name, prefixes }) => {
      const due = ledger.recorded.findLast(
        ({ stream, recordedAt }) => Date.parse(recordedAt) < dueAt && prefixes.some((one) => stream.startsWith(one)),
      );
      const at = shown.get(name) ?? -1n;
      return due && due.position > at
        ? [`${name} at ${at}, ${due.stream} of ${due.recordedAt} is at ${due.position}`]
        : [];
    });
    return {
      looked: ready.length,
      judge: () => ready.flatMap((who) => late.map((what) => `${who} is ready, ${what}`)),
    };
  });
}

/** Its name, if it says that it is ready. */
async function readyOf(service: World['services'][number]): Promise<string | undefined> {
  const url = service.url();
  if (url === undefined) return undefined;
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  await answer?.arrayBuffer().catch(() => {});
  return answer?.status === 200 ? service.name : undefined;
}
