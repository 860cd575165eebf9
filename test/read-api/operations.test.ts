import { OpenAPIHono } from '@hono/zod-openapi';
import { describe, expect, test } from 'vitest';
import { createMetrics, measureRequests } from '../../src/http/metrics.ts';
import { type Checks, healthRoutes, metricsRoute } from '../../src/read-api/health-routes.ts';

const ok = () => ({ ok: true });

const ready = async (checks: Checks) => {
  const response = await healthRoutes(checks, { limitMs: 50 }).request('/health/ready');
  return [response.status, await response.json()] as [number, { status: string }];
};

describe('the process', () => {
  test('is alive whatever else is not', async () => {
    const response = await healthRoutes({ postgres: () => ({ ok: false }) }).request('/health/live');
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  test('is ready when everything is well', async () => {
    const projections = {
      'call-sessions': () => ({ ok: true, detail: 'generation 3' }),
      appointments: async () => ok(),
    };
    expect(await ready({ eventStore: ok, tenants: ok, postgres: ok, projections })).toEqual([
      200,
      {
        status: 'ok',
        checks: {
          eventStore: { status: 'ok' },
          tenants: { status: 'ok' },
          postgres: { status: 'ok' },
          projections: { 'call-sessions': { status: 'ok', detail: 'generation 3' }, appointments: { status: 'ok' } },
        },
      },
    ]);
  });

  test.each<[string, Checks]>([
    ['one store does not answer', { eventStore: ok, postgres: () => ({ ok: false }) }],
    [
      'one projection has not caught up',
      { postgres: ok, projections: { a: ok, b: () => ({ ok: false, detail: 'catching up' }) } },
    ],
  ])('is not ready when %s, and says which', async (_, checks) => {
    const [status, body] = await ready(checks);
    expect([status, body.status]).toEqual([503, 'unavailable']);
    expect(JSON.stringify(body).match(/failing/g)).toHaveLength(1);
  });

  test('is not ready, and not silent, when a check throws or hangs', async () => {
    const answer = await ready({
      eventStore: () => Promise.reject(new Error('esdb://admin:changeit@10.0.0.1')),
      tenants: () => {
        throw new Error('secret');
      },
      postgres: () => new Promise(() => {}),
    });
    expect(answer).toEqual([
      503,
      {
        status: 'unavailable',
        checks: {
          eventStore: { status: 'failing', detail: 'the check failed' },
          tenants: { status: 'failing', detail: 'the check failed' },
          postgres: { status: 'failing', detail: 'no answer in time' },
        },
      },
    ]);
  });

  test('is ready with nothing to check', async () => {
    expect(await ready({})).toEqual([200, { status: 'ok', checks: {} }]);
  });
});

describe('the metrics', () => {
  test('are served for Prometheus, those of the process included', async () => {
    const metrics = createMetrics();
    metrics.webhooks.inc({ endpoint: 'retell', outcome: 'refused', reason: 'sig_stale' });
    metrics.projectionLagEvents.set({ projection: 'call-sessions' }, 7);
    const response = await metricsRoute(metrics.registry).request('/metrics');
    const text = await response.text();
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain('call_ledger_webhooks_total{endpoint="retell",outcome="refused",reason="sig_stale"} 1');
    expect(text).toContain('call_ledger_projection_lag_events{projection="call-sessions"} 7');
    expect(text).toContain('process_resident_memory_bytes');
  });

  test('of requests name the route, never what was asked for', async () => {
    const metrics = createMetrics();
    const app = new OpenAPIHono();
    app.use(measureRequests(metrics));
    app.get('/api/things/:id', (c) => c.text('ok'));
    app.use('/api/*', (_, next) => next());
    for (const path of ['/api/things/call_1?phone=4930111', '/api/things/call_2', '/api/nowhere/call_3', '/jane'])
      await app.request(path);
    await app.request('/api/things/call_1', { method: 'BREW' });
    const text = await metrics.registry.getSingleMetricAsString('call_ledger_http_request_seconds');
    expect(text.match(/_count\{.*/g)?.toSorted()).toEqual([
      '_count{method="GET",route="/api/things/:id",status="200"} 2',
      '_count{method="GET",route="none",status="404"} 2',
      '_count{method="other",route="none",status="404"} 1',
    ]);
    expect(text).not.toMatch(/call_\d|4930111|jane/);
  });
});
