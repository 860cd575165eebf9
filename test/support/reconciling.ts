import type { Client } from './client.ts';
import { eventually } from './service.ts';

type Last = {
  readonly startedAt: string;
  readonly tenants: readonly { phase: string; recorded: number; total: number }[];
};
type State = { readonly run?: object; readonly last?: Last };
export type Day = {
  readonly retell: number;
  readonly log: number;
  readonly missing: number;
  readonly percent?: number;
  readonly facts: { readonly webhook: number; readonly reconciliation: number };
};

/** The reconciliation of a running service, as an administrator has it; `client` holds the admin key. */
export function reconciling(client: Client) {
  const state = async () => (await client.admin('GET', '/api/reconciliation')).body as State;
  const over = (since = '') =>
    eventually(
      async () => {
        const { run, last } = await state();
        return run === undefined && last !== undefined && last.startedAt >= since && last;
      },
      { within: 180_000, every: 100, what: 'the end of the run' },
    );
  return {
    /** The run that each start of the service begins by itself. */
    ownRun: () => over(),
    /** A run from now on, and what it says of the first tenant. */
    async run(what: object = {}) {
      const since = new Date().toISOString();
      const begin = async () => (await client.admin('POST', '/api/reconciliation', what)).status === 202;
      await eventually(begin, { within: 60_000, every: 100, what: 'a run' });
      return (await over(since)).tenants[0]!;
    },
    /** All days in one, as soon as nothing is missing; the read model may be a moment behind. */
    async covered() {
      const days = await eventually(
        async () => {
          const { body } = await client.admin('GET', '/api/reconciliation/coverage');
          const found = body.items as Day[];
          return found.length > 0 && found.every(({ missing }) => missing === 0) && found;
        },
        { within: 60_000, every: 200, what: 'a coverage without gaps' },
      );
      const sum = (of: (day: Day) => number) => days.reduce((total, day) => total + of(day), 0);
      return {
        retell: sum((day) => day.retell),
        log: sum((day) => day.log),
        percent: Math.min(...days.map((day) => day.percent ?? 0)),
        webhook: sum((day) => day.facts.webhook),
        reconciliation: sum((day) => day.facts.reconciliation),
      };
    },
  };
}
