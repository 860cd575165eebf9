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

/** Keeps the projections' gauges true; the timer keeps no process alive. */
export function measureProjections(metrics: Metrics, running: RunningProjections): () => void {
  const timer = setInterval(() => {
    for (const { name: projection, lagEvents, lagSeconds } of running.status()) {
      metrics.projectionLagEvents.set({ projection }, lagEvents);
      metrics.projectionLagSeconds.set({ projection }, lagSeconds);
    }
  }, EVERY_MS).unref();
  return () => clearInterval(timer);
}
