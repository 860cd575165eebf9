import type { ReconciliationState } from '../api.ts';
import type { Cli } from '../cli.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { bar, watch } from '../progress.ts';
import { examples, instantOf, table } from '../text.ts';

type Run = NonNullable<ReconciliationState['run']>;
type Tenant = Run['tenants'][number];

/** Calls that a run has left: each says why in its column. One that is going on is not left, it has not ended. */
const LEFT = ['stuck', 'waiting', 'unknown', 'later', 'unreadable'] as const;
const COUNTS = ['listed', 'total', 'recorded', 'closed', 'goingOn', ...LEFT] as const;

/** Begins a run and stays until it ends; the run goes on without us. */
export async function runToTheEnd(cli: Cli, period: object): Promise<void> {
  const first = await cli.admin.call('POST /api/reconciliation', { body: period });
  const startedAt = first.run?.startedAt ?? first.last?.startedAt;
  const ours = ({ run }: ReconciliationState) => (run?.startedAt === startedAt ? run : undefined);
  const { last } = await watch(cli, first, {
    read: () => cli.admin.call('GET /api/reconciliation'),
    isOver: (state) => ours(state) === undefined,
    line: (state) => progressLine(ours(state)),
    steps: (state) => [progressLine(ours(state))].filter(Boolean).map((text) => ({ id: 'run', stage: text, text })),
  });
  if (last === undefined || last.startedAt !== startedAt)
    throw new Failure(1, 'The run is not to be seen any more.', {
      remedy: 'The process has restarted, or --url leads to several: begin again, it goes on where it was.',
    });
  const open = last.requests?.open ?? 0;
  const isWhole = (tenant: Tenant) => tenant.phase === 'done' && LEFT.every((why) => !tenant[why]);
  if (last.error !== undefined || open > 0 || !last.tenants.every(isWhole)) cli.no();
  const columns = {
    tenant: (tenant: Tenant) => tenant.tenantId,
    state: (tenant: Tenant) => tenant.phase,
    ...Object.fromEntries(COUNTS.map((name) => [name, (tenant: Tenant) => tenant[name] ?? 0])),
    why: (tenant: Tenant) => tenant.cause ?? (tenant.phase === 'no_key' ? 'no Retell API key' : ''),
  };
  const stillOpen = open === 0 ? '' : `\n\nCalls that were asked for and not answered for, still open: ${open}`;
  const early = last.error === undefined ? '' : `\n\nIt ended early: ${last.error}`;
  cli.answer(last, `${table(last.tenants, columns)}${stillOpen}${early}`);
}

function progressLine(run: Run | undefined): string {
  if (run === undefined) return '';
  const sum = (count: (tenant: Tenant) => number) => run.tenants.reduce((total, tenant) => total + count(tenant), 0);
  const [done, total] = [sum((t) => t.done), sum((t) => t.total)];
  const lists = run.tenants.filter(({ phase }) => phase === 'lists').length;
  const tail = lists > 0 ? `, ${lists} of ${run.tenants.length} tenants reading lists` : '';
  return `${bar(total === 0 ? 0 : done / total)} ${done} of ${total} calls, ${sum((t) => t.listed)} listed, ${sum((t) => t.recorded)} facts recorded${tail}`;
}

/** What Retell knows and the log does not. */
export const verb: Verb = (program, cli) => {
  program
    .command('reconcile')
    .description('ask Retell now for what the log lacks, and wait for the end; exit code 1: something is left')
    .option('--tenant <id>', 'of this tenant alone')
    .option('--since <time>', 'read the lists from then on (2026-01-31, or 6h); else from where the last run ended')
    .addHelpText('after', examples('reconcile', 'reconcile --tenant acme --since 6h'))
    .action(async ({ tenant, since }: { tenant?: string; since?: string }) => {
      await runToTheEnd(cli, { tenant, since: instantOf(since, '--since') });
    });

  program
    .command('coverage')
    .description(
      'per tenant and day: what Retell knows, what the log has, how it came; exit code 1: something is missing',
    )
    .option('--tenant <id>', 'of this tenant alone')
    .option('--from <time>', 'default: 30 days ago')
    .option('--to <time>', 'default: now')
    .addHelpText('after', examples('coverage', 'coverage --tenant acme --from 7d'))
    .action(async ({ tenant, from, to }: { tenant?: string; from?: string; to?: string }) => {
      const query = { tenantId: tenant, from: instantOf(from, '--from'), to: instantOf(to, '--to') };
      const days = await cli.admin.call('GET /api/reconciliation/coverage', { query });
      if (days.items.some(({ missing }) => missing > 0)) cli.no();
      cli.list(
        days,
        {
          day: 'day',
          tenant: 'tenantId',
          Retell: 'retell',
          log: 'log',
          'by webhook': ({ facts }) => facts.webhook,
          'by reconciliation': ({ facts }) => facts.reconciliation,
          missing: 'missing',
          'last asked': ({ askedAt }) => askedAt,
          covered: ({ percent }) => (percent === undefined ? 'not asked' : `${percent} %`),
        },
        'No calls in this period.',
      );
    });
};
