import { Counter, Gauge, type Registry } from 'prom-client';
import type { WebhookDeps } from './commands/webhooks/routes.ts';
import type { Metrics } from './http/metrics.ts';
import type { RunningProjections } from './projections/engine/start.ts';
import type { Reconciliation } from './reactions/reconciliation/start.ts';

type OnAnswered = NonNullable<WebhookDeps['onAnswered']>;

/** So many new words are counted by their names, the others together: no sender may let the labels grow. */
const MOST_WORDS = 50;

/** Counts and times what the door answers, and the words in it that are new. */
export function measureWebhooks({ webhooks, webhookSeconds, unknownWords }: Metrics): OnAnswered {
  const named = new Set<string>();
  return ({ handler: endpoint, status, outcome: code, seconds, newWords }) => {
    const outcome = status < 300 ? code : status === 503 ? 'unavailable' : 'refused';
    webhooks.inc({ endpoint, outcome, reason: outcome === code ? '' : code });
    webhookSeconds.observe({ endpoint, outcome }, seconds);
    for (const { field, word } of newWords) {
      if (word !== undefined && named.size < MOST_WORDS) named.add(`${field} ${word}`);
      unknownWords.inc({ field, word: word !== undefined && named.has(`${field} ${word}`) ? word : 'other' });
    }
  };
}

const EVERY_MS = 1000;

/** Keeps the projections' instruments true; the timer keeps no process alive. */
export function measureProjections(metrics: Metrics, running: RunningProjections): () => void {
  const counted = new Map<string, number>();
  const timer = setInterval(() => {
    for (const { name: projection, lagEvents, lagSeconds, parked, taken } of running.status()) {
      metrics.projectionLagEvents.set({ projection }, lagEvents);
      metrics.projectionLagSeconds.set({ projection }, lagSeconds);
      metrics.parkedStreams.set({ projection }, parked);
      for (const [result, count] of Object.entries(taken)) {
        const key = `${projection} ${result}`;
        metrics.projectionEvents.inc({ projection, result }, count - (counted.get(key) ?? 0));
        counted.set(key, count);
      }
    }
  }, EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** Registers the reconciliation's measurements; they are read when somebody asks for them. */
export function measureReconciliation(registry: Registry, { status }: Pick<Reconciliation, 'status'>): void {
  const registers = [registry];
  new Gauge({
    name: 'call_ledger_webhooks_silent_tenants',
    help: 'Tenants whose calls go on while no webhook of theirs comes in.',
    registers,
    collect() {
      this.set(status().silent.length);
    },
  });
  new Gauge({
    name: 'call_ledger_reconciliation_left',
    help: 'Calls that the last run of this process could not settle, by why.',
    labelNames: ['why'] as const,
    registers,
    collect() {
      const tenants = status().last?.tenants ?? [];
      for (const why of ['unknown', 'later', 'unreadable', 'goingOn', 'stuck', 'waiting'] as const)
        this.set(
          { why },
          tenants.reduce((sum, tenant) => sum + tenant[why], 0),
        );
    },
  });
  new Gauge({
    name: 'call_ledger_reconciliation_cut_short_tenants',
    help: 'Tenants that the last run of this process could not read to the end, by cause.',
    labelNames: ['cause'] as const,
    registers,
    collect() {
      this.reset();
      // What broke off by an error of ours is worded at length: that is for the report.
      for (const { cause } of status().last?.tenants ?? [])
        if (cause !== undefined) this.inc({ cause: /^\w{1,40}$/.test(cause) ? cause : 'error' });
    },
  });
  new Gauge({
    name: 'call_ledger_reconciliation_last_run_timestamp_seconds',
    help: "When this process's last run ended; 0 while there was none.",
    registers,
    collect() {
      this.set(Date.parse(status().last?.endedAt ?? '1970-01-01T00:00:00Z') / 1000);
    },
  });
  for (const [name, help, field] of [
    ['call_ledger_reconciled_facts_total', 'Facts that came by reconciliation.', 'recorded'],
    ['call_ledger_reconciliation_failed_runs_total', 'Runs that ended before their end.', 'failedRuns'],
  ] as const)
    new Counter({
      ...{ name, help, registers },
      collect() {
        this.reset();
        this.inc(status()[field]);
      },
    });
}
