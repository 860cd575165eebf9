import { setTimeout as sleep } from 'node:timers/promises';
import type { CoverageDay } from '../../read-api/coverage.ts';
import type { Cli } from '../cli.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { examples, table } from '../text.ts';

type Tenant = Readonly<Record<(typeof COUNTS)[number], number>> & {
  readonly tenantId: string;
  readonly phase: string;
  readonly cause?: string;
};
type Run = {
  readonly startedAt: string;
  readonly tenants: readonly Tenant[];
  readonly requests?: { readonly open: number };
  readonly error?: string;
};
type State = { readonly state: string; readonly run?: Run; readonly last?: Run };

/** Calls that a run has left: each says why in its column. One that is going on is not left, it has not ended. */
const LEFT = ['stuck', 'waiting', 'unknown', 'later', 'unreadable'] as const;
const COUNTS = ['listed', 'total', 'done', 'recorded', 'closed', 'goingOn', ...LEFT] as const;

/** A time as a person writes it: ISO 8601, where a date alone is its midnight UTC; or so long ago: 90m, 6h, 3d. */
export function instantOf(text: string, name: string): string {
  const ago = /^(\d{1,5})([mhd])$/.exec(text);
  const ms = ago
    ? Date.now() - Number(ago[1]) * { m: 60_000, h: 3_600_000, d: 86_400_000 }[ago[2] as 'm' | 'h' | 'd']
    : /^\d{4}-\d\d-\d\d(T\d\d:\d\d.*(Z|[+-]\d\d:\d\d))?$/.test(text)
      ? Date.parse(text)
      : Number.NaN;
  if (Number.isNaN(ms))
    throw new Failure(2, `${name}: "${text}" is no time.`, {
      remedy: 'For example 2026-01-31, 2026-01-31T09:00:00Z, or 6h for six hours ago.',
    });
  return new Date(ms).toISOString();
}

const WIDTH = 24;
function bar({ tenants }: Run): string {
  const sum = (count: (tenant: Tenant) => number) => tenants.reduce((total, tenant) => total + count(tenant), 0);
  const [done, total] = [sum((t) => t.done), sum((t) => t.total)];
  const filled = total === 0 ? 0 : Math.floor((WIDTH * done) / total);
  const lists = tenants.filter(({ phase }) => phase === 'lists').length;
  const tail = lists > 0 ? `, ${lists} of ${tenants.length} tenants reading lists` : '';
  return `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${done} of ${total} calls, ${sum((t) => t.listed)} listed, ${sum((t) => t.recorded)} facts recorded${tail}`;
}

const EVERY_MS = 500;

/** Begins a run and stays until it ends; the run goes on without us. */
export async function runToTheEnd(cli: Cli, what: object): Promise<void> {
  let state = (await cli.admin.send('POST', '/api/reconciliation', what)) as unknown as State;
  const startedAt = state.run?.startedAt ?? state.last?.startedAt;
  const terminal = process.stderr.isTTY === true;
  let shown = '';
  while (state.run !== undefined && state.run.startedAt === startedAt) {
    const line = bar(state.run);
    if (terminal) process.stderr.write(`\r\u001b[2K${line}`);
    else if (line !== shown) cli.remark(line);
    shown = line;
    await sleep(EVERY_MS);
    state = (await cli.admin.get('/api/reconciliation')) as unknown as State;
  }
  if (terminal && shown !== '') process.stderr.write('\r\u001b[2K');
  const { last } = state;
  if (last === undefined || last.startedAt !== startedAt)
    throw new Failure(1, 'The run is not to be seen any more.', {
      remedy: 'The process has restarted, or --url leads to several: begin again, it goes on where it was.',
    });
  const open = last.requests?.open ?? 0;
  const isWhole = (tenant: Tenant) => tenant.phase === 'done' && LEFT.every((why) => !tenant[why]);
  if (last.error !== undefined || open > 0 || !last.tenants.every(isWhole)) cli.no();
  cli.answer(
    last,
    table(
      ['tenant', 'state', ...COUNTS.filter((name) => name !== 'done'), 'why'],
      last.tenants.map((tenant) => [
        ...[tenant.tenantId, tenant.phase],
        ...COUNTS.filter((name) => name !== 'done').map((name) => tenant[name] ?? 0),
        tenant.cause ?? (tenant.phase === 'no_key' ? 'no Retell API key' : ''),
      ]),
    ) +
      (open === 0 ? '' : `\n\nCalls that were asked for and not answered for, still open: ${open}`) +
      (last.error === undefined ? '' : `\n\nIt ended early: ${last.error}`),
  );
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
      await runToTheEnd(cli, {
        ...(tenant !== undefined && { tenant }),
        ...(since !== undefined && { since: instantOf(since, '--since') }),
      });
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
      const query = new URLSearchParams({
        ...(tenant !== undefined && { tenantId: tenant }),
        ...(from !== undefined && { from: instantOf(from, '--from') }),
        ...(to !== undefined && { to: instantOf(to, '--to') }),
      });
      const answer = await cli.admin.get(`/api/reconciliation/coverage?${query}`);
      const days = answer.items as unknown as readonly CoverageDay[];
      if (days.some(({ missing }) => missing > 0)) cli.no();
      cli.answer(
        answer,
        days.length === 0
          ? 'No calls in this period.'
          : table(
              ['day', 'tenant', 'Retell', 'log', 'by webhook', 'by reconciliation', 'missing', 'covered'],
              days.map(({ day, tenantId, retell, log, facts, missing, percent }) => [
                ...[day, tenantId, retell, log, facts.webhook, facts.reconciliation, missing, `${percent} %`],
              ]),
            ),
      );
    });
};
