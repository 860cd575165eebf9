import type { CallEvent } from '../../../src/events/call-facts.ts';
import type { Fact } from '../../../src/events/codec.ts';
import { outcomes } from '../../../src/model/outcome.ts';
import { reduceWholeCall, type WholeCall } from '../../../src/model/stream-state.ts';
import { isGone } from '../erasures.ts';
import type { Invariant } from './finding.ts';

type Change = { readonly key: string; readonly outcome: string };

const strength = (outcome: string) => outcomes.indexOf(outcome as (typeof outcomes)[number]);

/** Those that do not rise: an outcome that falls, or that is told twice. */
function falls(changes: readonly Change[]): string[] {
  const before = new Map<string, string>();
  return changes.flatMap(({ key, outcome }) => {
    const last = before.get(key) ?? 'pending';
    before.set(key, outcome);
    return strength(outcome) > strength(last) ? [] : [`${key}: ${last}, then ${outcome}`];
  });
}

/** Invariant 3, in each prefix of the log and in what the live feed tells. */
export const noOutcomeFalls: Invariant = {
  name: 'no outcome falls within a call',
  async check({ world, ledger }) {
    const calls = new Map<string, WholeCall>();
    for (const fact of ledger.facts.filter(({ stream }) => stream.startsWith('call-') && !isGone(stream)))
      calls.set(fact.stream, reduceWholeCall(calls.get(fact.stream), fact as Fact<CallEvent>));
    const reached = [...calls].flatMap(([key, call]) => call.reached.map(({ outcome }) => ({ key, outcome })));
    const { rows } = await world.pool.query<Change>(
      `select tenant_id || ' ' || call_id as key, outcome from outcome_changes order by position`,
    );
    return { looked: rows.length, at: 'changes', wrong: [...falls(reached), ...falls(rows)] };
  },
};

/** What readers see while it lasts: a rebuild, a swap or another leader takes nothing back. */
export const noReaderSeesItGoBack: Invariant = {
  name: 'no reader sees a session go back',
  check: async ({ sightings: { sessions } }) => ({ looked: sessions.looked(), at: 'looks', wrong: sessions.wrong }),
};
