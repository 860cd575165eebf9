import { context, propagation, SpanKind } from '@opentelemetry/api';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { inSpan } from '../events/tracing.ts';

/** The service's instruments, by name; a part of the service gets only those that it needs. */
export type Metrics = ReturnType<typeof createMetrics>;

/**
 * All instruments, in a registry of their own. Labels are words from short lists, so that the registry neither grows
 * with the traffic nor holds personal data.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    /** outcome: recorded, duplicate, ignored, quarantined, refused, unavailable; reason: the word behind it, or ''. */
    webhooks: new Counter({
      name: 'call_ledger_webhooks_total',
      help: 'Webhook deliveries, by what became of them.',
      labelNames: ['endpoint', 'outcome', 'reason'] as const,
      registers,
    }),
    webhookSeconds: new Histogram({
      name: 'call_ledger_webhook_seconds',
      help: 'From the arrival of a webhook to its answer.',
      labelNames: ['endpoint', 'outcome'] as const,
      // Retell's retries are over in about a second: what lies above is lost to them.
      buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    /** Words that docs/retell-api.md does not have. The caller keeps them few, because each makes a time series. */
    unknownWords: new Counter({
      name: 'call_ledger_unknown_words_total',
      help: "Words of the vendor's that this version does not know, by field.",
      labelNames: ['field', 'word'] as const,
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'call_ledger_http_request_seconds',
      help: 'HTTP requests, by route pattern.',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    projectionEvents: new Counter({
      name: 'call_ledger_projection_events_total',
      help: 'Events taken by a projection; result: applied, unknown, parked.',
      labelNames: ['projection', 'result'] as const,
      registers,
    }),
    projectionLagEvents: new Gauge({
      name: 'call_ledger_projection_lag_events',
      help: 'Events between the head of the relevant log and the checkpoint.',
      labelNames: ['projection'] as const,
      registers,
    }),
    projectionLagSeconds: new Gauge({
      name: 'call_ledger_projection_lag_seconds',
      help: 'Age of the oldest event that is not yet applied.',
      labelNames: ['projection'] as const,
      registers,
    }),
    parkedStreams: new Gauge({
      name: 'call_ledger_parked_streams',
      help: 'Streams that a projection has set aside until somebody looks at them.',
      labelNames: ['projection'] as const,
      registers,
    }),
  };
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Measures every request; a middleware of the root application. */
export const measureRequests =
  ({ requestSeconds }: Pick<Metrics, 'requestSeconds'>): MiddlewareHandler =>
  async (c, next) => {
    const end = requestSeconds.startTimer();
    await next();
    end({
      method: METHODS.has(c.req.method) ? c.req.method : 'other',
      route: routeOf(c) ?? 'none',
      status: String(c.res.status),
    });
  };

/** The pattern that a request met, `/api/call-sessions/:id`, which unlike its path names nobody. */
export const routeOf = (c: Context): string | undefined =>
  // 'ALL' is middleware, which is no route.
  matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path;

/** A span for each request, below the one that its `traceparent` names: by route pattern, for paths and queries name people. */
export const traceRequests: MiddlewareHandler = async (c, next) => {
  const parent = propagation.extract(context.active(), c.req.header());
  const { method } = c.req;
  await inSpan(method, { parent, kind: SpanKind.SERVER }, async (describe) => {
    await next();
    const route = routeOf(c) ?? 'none';
    describe(`${method} ${route}`, {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': c.res.status,
      ...(c.res.status >= 500 && { 'error.type': String(c.res.status) }),
    });
  });
};
