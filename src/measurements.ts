import type { WebhookDeps } from './commands/webhooks/routes.ts';
import type { Metrics } from './http/metrics.ts';
import type { RunningProjections } from './projections/runtime/start.ts';

type OnAnswered = NonNullable<WebhookDeps['onAnswered']>;

/** Counts and times what the door answers. */
export const measureWebhooks =
  ({ webhooks, webhookSeconds }: Metrics): OnAnswered =>
  ({ handler: endpoint, status, outcome: word, seconds }) => {
    const outcome = status < 300 ? word : status === 503 ? 'unavailable' : 'refused';
    webhooks.inc({ endpoint, outcome, reason: outcome === word ? '' : word });
    webhookSeconds.observe({ endpoint, outcome }, seconds);
  };

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
