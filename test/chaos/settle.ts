import { projections } from '../../src/projections/index.ts';
import { eventually } from '../support/service.ts';
import { openMails } from './invariants/mails.ts';
import type { Ledger } from './ledger.ts';
import type { World } from './world.ts';

const WITHIN_MS = 120_000;
/** A claim on a mail lasts 90 seconds (docs/mail.md), and who takes over looks again a moment later. */
const MAILS_WITHIN_MS = 300_000;

/**
 * Waits until nothing is under way any more: operations are over, every process is ready, and every projection has
 * applied the last fact that concerns it and tells of no lag. Rejects, naming what has not come.
 */
export async function settle(world: World, ledger: Ledger): Promise<void> {
  const { pool, services, clientAt } = world;
  const until = (what: string, so: () => Promise<boolean>) =>
    eventually(so, { within: WITHIN_MS, every: 100, what: `${what}, after everything had come to rest,` });

  await until('the end of every operation', async () => {
    const { rows } = await pool.query(`select from projection.operations where state in ('queued', 'running')`);
    return rows.length === 0;
  });
  await until('readiness of every process', async () => {
    const answers = await Promise.all(services.map(async (one) => (await clientAt(one)).get('/health/ready')));
    return answers.every(({ status }) => status === 200);
  });
  // Mails go on meanwhile and are facts too, so the end is looked for anew each time.
  await until('the last fact in every projection', async () => {
    await ledger.readOn();
    const live = await checkpoints(pool);
    return projections.every(({ name, prefixes }) => {
      const last = ledger.recorded.findLast(({ stream }) => prefixes.some((prefix) => stream.startsWith(prefix)));
      return last === undefined || live.get(name) === last.position;
    });
  });
  await until('a lag of 0 in every process', async () => {
    const answers = await Promise.all(
      services.map(async (one) => (await clientAt(one)).admin('GET', '/api/projections')),
    );
    const all = answers.flatMap(({ body }) => body.items as { lagEvents: number | null; caughtUp: boolean }[]);
    return all.every(({ lagEvents, caughtUp }) => lagEvents === 0 && caughtUp);
  });
}

/** Of the live generations, by projection. */
export async function checkpoints(pool: World['pool']): Promise<Map<string, bigint>> {
  const { rows } = await pool.query<{ name: string; checkpoint: string | null }>(
    `select name, checkpoint from projection.projections where state = 'live'`,
  );
  return new Map(rows.map(({ name, checkpoint }) => [name, BigInt(checkpoint ?? -1)]));
}

/** Waits until every mail that is due has gone out, also those that killed processes had claimed. */
export const mailsSettle = (ledger: Ledger): Promise<unknown> =>
  eventually(
    async () => {
      await ledger.readOn();
      return openMails(ledger).length === 0;
    },
    { within: MAILS_WITHIN_MS, every: 500, what: 'the last mail that is due' },
  );
