import type { WebhookDeps } from './commands/webhooks/routes.ts';
import type { Metrics } from './http/metrics.ts';
import type { RunningProjections } from './projections/engine/start.ts';

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
