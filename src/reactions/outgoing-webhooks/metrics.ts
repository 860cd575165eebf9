import { Counter, Gauge, type Registry } from 'prom-client';
import type { OutgoingWebhooks } from './start.ts';

/** Registers what became of the messages to webhook endpoints, and which endpoints fail. */
export function measureOutgoing(registry: Registry, outgoing: OutgoingWebhooks): void {
  const registers = [registry];
  new Counter({
    name: 'call_ledger_outgoing_webhooks_total',
    help: 'Attempts of this process to send to webhook endpoints, by what came of them: delivered, failed, dead.',
    labelNames: ['outcome'] as const,
    registers,
    collect() {
      this.reset();
      const { delivered, failed, dead } = outgoing.status();
      for (const [outcome, count] of Object.entries({ delivered, failed, dead })) this.inc({ outcome }, count);
    },
  });
  new Gauge({
    name: 'call_ledger_outgoing_webhooks_unsent',
    help: 'Messages to webhook endpoints that wait (pending) or were given up (dead); absent while Postgres is away.',
    labelNames: ['state'] as const,
    registers,
    async collect() {
      this.reset();
      const unsent = await outgoing.unsent().catch(() => ({}));
      for (const [state, count] of Object.entries(unsent)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'call_ledger_webhook_endpoint_failing_seconds',
    help: 'For how long every attempt to send to an active webhook endpoint has failed; only of those that fail.',
    labelNames: ['tenant', 'endpoint'] as const,
    registers,
    async collect() {
      this.reset();
      for (const { tenantId, endpointId, since } of await outgoing.failing().catch(() => []))
        this.set({ tenant: tenantId, endpoint: endpointId }, Math.max(0, (Date.now() - since.getTime()) / 1000));
    },
  });
}
