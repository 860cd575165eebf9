import { expect, test } from 'vitest';
import { runChaos } from './run.ts';

// The short form of `npm run chaos` (docs/chaos.md): two whole services, an event store, a Postgres of their own, a mail
// server and two tenants, under load; and then everything that is to be true whatever is killed.

const ROUNDS = Number(process.env.CHAOS_ROUNDS ?? 5);
/** With it, the first rounds kill each kind of process, and cut a connection. */
const SEED = Number(process.env.CHAOS_SEED ?? 15);

test(
  `${ROUNDS} rounds of killing, cutting and freezing leave every invariant true`,
  async () => {
    const lines: string[] = [];
    const report = await runChaos({
      ...{ rounds: ROUNDS, seed: SEED, every: 50, minutes: 60, layout: 'whole', senders: 6, mails: false },
      print: (line) => lines.push(line),
    });
    const about = `seed ${SEED}\n${lines.join('\n')}`;
    expect(report.unsettled, about).toBeUndefined();
    for (const { name, checks, looked, wrong } of report.invariants) {
      expect(wrong, `${name}, ${about}`).toEqual([]);
      expect([checks > 0, looked > 0], name).toEqual([true, true]);
    }
    const kinds = [...report.faults.keys()].join(', ');
    for (const kind of ['kill service', 'kill event store', 'kill Postgres']) expect(kinds).toContain(kind);
  },
  120_000 + ROUNDS * 30_000,
);
