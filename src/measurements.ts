import { type Kysely, sql } from 'kysely';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { WebhookDeps } from './commands/webhooks/routes.ts';
import { appendsFail } from './events/append-health.ts';
import type { EventLog } from './events/event-log.ts';
import type { Metrics } from './http/metrics.ts';
import type { RunningProjections } from './projections/engine/start.ts';
import type { ReadModel } from './projections/tables.ts';
import type { Reconciliation } from './reactions/reconciliation/start.ts';
import type { TicketMail } from './reactions/ticket-mail/start.ts';
import type { LiveFeed } from './read-api/live/live-feed.ts';

type OnAnswered = NonNullable<WebhookDeps['onAnswered']>;

/** Further new words are counted together, so that no sender can grow the labels. */
const MOST_WORDS = 50;

/** Counts and times the answers to webhooks, and counts words that are new. */
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

/** Updates the projections' metrics every second, by a timer that keeps no process alive. */
export function measureProjections(metrics: Metrics, running: RunningProjections): () => void {
  const counted = new Map<string, number>();
  const timer = setInterval(() => {
    for (const { name: projection, lagEvents, lagSeconds, parked, events } of running.status()) {
      setOrRemove(metrics.projectionLagEvents, projection, lagEvents);
      setOrRemove(metrics.projectionLagSeconds, projection, lagSeconds);
      metrics.parkedStreams.set({ projection }, parked);
      for (const [result, count] of Object.entries(events)) {
        const key = `${projection} ${result}`;
        metrics.projectionEvents.inc({ projection, result }, count - (counted.get(key) ?? 0));
        counted.set(key, count);
      }
    }
  }, EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** A gauge that is read when it is scraped. */
const gauge = (registry: Registry, name: string, help: string, read: () => number) =>
  new Gauge({
    ...{ name, help, registers: [registry] },
    collect() {
      this.set(read());
    },
  });

/** Registers whether appends fail. */
export function measureAppends(registry: Registry, log: Pick<EventLog, 'writing'>): void {
  gauge(
    registry,
    'call_ledger_event_store_appends_failing',
    'Whether every append of this process has failed for over five seconds while the event store answers (0 or 1).',
    () => (appendsFail(log.writing()) ? 1 : 0),
  );
}

type Stores = { readonly log: Pick<EventLog, 'head'>; readonly db: Kysely<ReadModel> | undefined };

/** Registers what runs here, and whether its stores answer, which they are asked when it is scraped. */
export function measureProcess(registry: Registry, version: string, { log, db }: Stores): void {
  const registers = [registry];
  new Gauge({
    name: 'call_ledger_build_info',
    help: 'The version that runs; always 1.',
    labelNames: ['version'] as const,
    registers,
  }).set({ version }, 1);
  const asks: Readonly<Record<string, () => Promise<unknown>>> = {
    event_store: () => log.head(),
    ...(db && { postgres: () => sql`select 1`.execute(db) }),
  };
  new Gauge({
    name: 'call_ledger_store_up',
    help: 'Whether a store answers (0 or 1).',
    labelNames: ['store'] as const,
    registers,
    async collect() {
      const answers = Object.entries(asks).map(async ([store, ask]) => {
        const isUp = await ask().then(
          () => 1,
          () => 0,
        );
        this.set({ store }, isUp);
      });
      await Promise.all(answers);
    },
  });
}

/** Registers how many listen to the live feed. */
export function measureLive(registry: Registry, live: Pick<LiveFeed, 'listeners'>): void {
  const help = 'Connections that listen to the live feed of this process.';
  gauge(registry, 'call_ledger_live_listeners', help, live.listeners);
}

/** Registers what became of the mails that this process attempted, and how many were given up by any. */
export function measureMail(registry: Registry, mail: Pick<TicketMail, 'status' | 'deadLetters'>): void {
  const registers = [registry];
  new Counter({
    name: 'call_ledger_mails_total',
    help: 'Mails of tickets, by what became of an attempt: sent, failed, not_sent, postponed, unreadable.',
    labelNames: ['outcome'] as const,
    registers,
    collect() {
      this.reset();
      const { sent, failed, notSent, postponed, unreadable } = mail.status();
      for (const [outcome, count] of Object.entries({ sent, failed, not_sent: notSent, postponed, unreadable }))
        this.inc({ outcome }, count);
    },
  });
  new Gauge({
    name: 'call_ledger_mail_dead_letters',
    help: 'Mails that were given up and wait to be redriven; absent while the queue is away.',
    registers,
    async collect() {
      this.reset();
      const letters = await mail.deadLetters();
      if (letters === undefined) this.remove();
      else this.set(letters.length);
    },
  });
}

/** What is unknown is absent, not 0. */
function setOrRemove(gauge: Metrics['projectionLagEvents'], projection: string, value: number | null): void {
  if (value === null) gauge.remove({ projection });
  else gauge.set({ projection }, value);
}

/** Registers the reconciliation's metrics, which are read when they are scraped. */
export function measureReconciliation(registry: Registry, { status }: Pick<Reconciliation, 'status'>): void {
  const registers = [registry];
  gauge(
    registry,
    'call_ledger_webhooks_silent_tenants',
    'Tenants whose calls go on while no webhook of theirs comes in.',
    () => status().silent.length,
  );
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
      // The text of an unexpected error is for the report, not for a label.
      for (const { cause } of status().last?.tenants ?? [])
        if (cause !== undefined) this.inc({ cause: /^\w{1,40}$/.test(cause) ? cause : 'error' });
    },
  });
  gauge(
    registry,
    'call_ledger_reconciliation_last_run_timestamp_seconds',
    "When this process's last run ended; 0 while there was none.",
    () => Date.parse(status().last?.endedAt ?? '1970-01-01T00:00:00Z') / 1000,
  );
  new Gauge({
    name: 'call_ledger_reconciliation_last_success_timestamp_seconds',
    help: "When a tenant's lists at Retell were last read whole; only of tenants with a Retell key.",
    labelNames: ['tenant'] as const,
    registers,
    collect() {
      this.reset();
      for (const { tenantId, at } of status().readWhole) this.set({ tenant: tenantId }, Date.parse(at) / 1000);
    },
  });
  new Counter({
    name: 'call_ledger_reconciliation_failures_total',
    help: 'Tenants that a run could not read whole, by cause.',
    labelNames: ['cause'] as const,
    registers,
    collect() {
      this.reset();
      for (const [cause, count] of Object.entries(status().failures)) this.inc({ cause }, count);
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
