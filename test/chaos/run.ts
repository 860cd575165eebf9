import { setTimeout as sleep } from 'node:timers/promises';
import { projections } from '../../src/projections/index.ts';
import { randomFrom } from '../../src/retell-emulator/random.ts';
import { startErasures } from './erasures.ts';
import type { Fault } from './faults.ts';
import { invariants } from './invariants/all.ts';
import type { Evidence } from './invariants/finding.ts';
import { openLedger } from './ledger.ts';
import { startLoad } from './load.ts';
import { operate } from './operators.ts';
import { drawRound } from './rounds.ts';
import { mailsSettle, settle } from './settle.ts';
import { watchReadiness, watchSessions } from './sightings.ts';
import { type Layout, openWorld } from './world.ts';

export type ChaosOptions = {
  readonly rounds: number;
  readonly seed: number;
  /** No round begins after so long. */
  readonly minutes: number;
  /** Rounds between two checks. */
  readonly every: number;
  readonly layout: Layout;
  readonly senders: number;
  /** Waits in the end until every mail that is due has gone out: a killed claim takes 90 seconds to end. */
  readonly mails: boolean;
  readonly print: (line: string) => void;
  /** Ends it after the round under way, with everything cleaned up. */
  readonly signal?: AbortSignal;
};

/** What each invariant was held against, in the last check and in all. */
export type Held = { readonly name: string; checks: number; looked: number; at: string; wrong: readonly string[] };
export type ChaosReport = {
  readonly rounds: number;
  readonly facts: number;
  readonly accepted: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly operations: ReadonlyMap<string, number>;
  readonly invariants: readonly Held[];
  /** What has never come to rest. */
  readonly unsettled?: string;
};

/** Kills, cuts and freezes, round after round, and holds every invariant against what has come of it. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, print } = options;
  const random = randomFrom(seed);
  const world = await openWorld(options.layout);
  process.on('exit', world.killNow);
  const load = startLoad(world, { seed, senders: options.senders });
  const erasures = startErasures(world, seed);
  const sightings = { sessions: watchSessions(world), readiness: watchReadiness(world) };
  const watchers = Object.values(sightings);
  const ledger = openLedger(world.log);
  const struck = new Map<string, number>();
  const held = invariants.map(({ name }): Held => ({ name, checks: 0, looked: 0, at: '', wrong: [] }));
  const names = projections.map(({ name }) => name);
  const ends = Date.now() + options.minutes * 60_000;
  let rounds = 0;
  let unsettled: string | undefined;

  const strike = async (fault: Fault) => {
    const isOfPostgres = fault.name === 'kill Postgres';
    if (isOfPostgres) for (const one of watchers) one.forget();
    await fault.strike().catch((error: Error) => world.incidents.push(`${fault.name}: ${error.message}`));
    if (isOfPostgres) for (const one of watchers) one.forget();
    const kind = fault.name.replace(/ \d+ ms$/, '');
    struck.set(kind, (struck.get(kind) ?? 0) + 1);
  };
  const check = async (last: boolean): Promise<boolean> => {
    await Promise.all([load.pause(), erasures.pause()]);
    try {
      await erasures.settle();
      await settle(world, ledger);
      if (last && options.mails) await mailsSettle(ledger);
      await settle(world, ledger);
    } catch (error) {
      unsettled = `${(error as Error).message} ${(error as Error).cause ?? ''}`;
      return false;
    }
    await hold({ world, load, ledger, erasures, sightings, lines: await world.logged() }, held, () =>
      settle(world, ledger),
    );
    return held.every(({ wrong }) => wrong.length === 0);
  };

  try {
    let holds = true;
    while (holds && rounds < options.rounds && Date.now() < ends && !options.signal?.aborted) {
      rounds++;
      const { waitMs, request, thenMs, faults } = drawRound(world, names, random);
      await sleep(waitMs);
      const asked = request && (await operate(world, request));
      await sleep(thenMs);
      await Promise.all(faults.map(strike));
      const what = [faults.map(({ name }) => name).join(' + '), asked].filter(Boolean).join(' · ');
      print(`${String(rounds).padStart(4)}  ${String(load.accepted.size).padStart(6)} accepted  ${what}`);
      if (rounds % options.every === 0 && rounds < options.rounds) {
        holds = await check(false);
        if (holds) print(`      ${ledger.recorded.length} facts: every invariant holds`);
        if (holds) load.resume();
        if (holds) erasures.resume();
      }
    }
    if (holds) await check(true);
    await load.pause();
    const report = {
      ...{ rounds, faults: struck, operations: await operationsOf(world.pool), invariants: held },
      ...{ facts: ledger.recorded.length, accepted: load.accepted.size },
    };
    return { ...report, ...(unsettled !== undefined && { unsettled }) };
  } finally {
    await Promise.all([load.pause(), erasures.pause()]);
    await Promise.all(watchers.map((one) => one.stop()));
    await world.stop();
    process.off('exit', world.killNow);
  }
}

/** Facts that came while they were compared make a difference that is none: then it is done again. */
const ATTEMPTS = 10;

async function hold(evidence: Evidence, held: Held[], settleAgain: () => Promise<void>): Promise<void> {
  for (const [i, { check }] of invariants.entries()) {
    const one = held[i]!;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const before = evidence.ledger.recorded.length;
      const { looked, at, wrong } = await check(evidence);
      Object.assign(one, { looked, at, wrong });
      if (wrong.length === 0) break;
      await settleAgain();
      if (evidence.ledger.recorded.length === before) break;
    }
    one.checks++;
  }
}

async function operationsOf(pool: Evidence['world']['pool']): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ what: string; count: number }>(
    `select kind || ' ' || state as what, count(*)::int from projection.operations group by 1 order by 1`,
  );
  return new Map(rows.map(({ what, count }) => [what, count]));
}
