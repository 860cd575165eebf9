import { setTimeout as sleep } from 'node:timers/promises';
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Registry } from 'prom-client';

/**
 * The state of something that this process depends on. `detail` is public, because /health needs no key: it holds no
 * address, no error text and nothing of a tenant.
 */
export type CheckResult = { readonly ok: boolean; readonly detail?: string };
type Check = () => CheckResult | Promise<CheckResult>;

/**
 * What has to be well before requests should come here. Leave out what the process's roles do not need: an ingest
 * process is ready without Postgres.
 */
export type Checks = {
  readonly eventStore?: Check;
  readonly tenants?: Check;
  readonly postgres?: Check;
  /** Always ok; `detail` `webhooks_silent` warns that calls go on while no webhook of theirs comes in. */
  readonly webhooks?: Check;
  /** One for each projection, by name: ok when its live generation has caught up; `detail` warns of parked streams. */
  readonly projections?: Readonly<Record<string, Check>>;
};

const CheckAnswer = z.object({ status: z.enum(['ok', 'failing']), detail: z.string().optional() }).openapi('Check');
type CheckAnswer = z.infer<typeof CheckAnswer>;

const Readiness = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    checks: z.object({
      eventStore: CheckAnswer.optional(),
      tenants: CheckAnswer.optional(),
      postgres: CheckAnswer.optional(),
      webhooks: CheckAnswer.optional(),
      projections: z.record(z.string(), CheckAnswer).optional(),
    }),
  })
  .openapi('Readiness');

const readinessIs = (description: string) => ({ description, content: { 'application/json': { schema: Readiness } } });

/** `/health/live`: the process runs. `/health/ready`: it can do its work, so send it requests. */
export function healthRoutes(checks: Checks, { limitMs = 2000 }: { limitMs?: number } = {}): OpenAPIHono {
  const app = new OpenAPIHono();
  app.openapi(
    createRoute({
      method: 'get',
      path: '/health/live',
      operationId: 'getLiveness',
      tags: ['Operations'],
      summary: 'Whether the process runs',
      responses: {
        200: {
          description: 'It does.',
          content: { 'application/json': { schema: z.object({ status: z.literal('ok') }).openapi('Liveness') } },
        },
      },
    }),
    (c) => c.json({ status: 'ok' as const }, 200, { 'cache-control': 'no-store' }),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/health/ready',
      operationId: 'getReadiness',
      tags: ['Operations'],
      summary: 'Whether the process can do its work',
      description: 'Ready only when every store answers and every projection serves a generation that has caught up.',
      responses: { 200: readinessIs('Ready.'), 503: readinessIs('Not ready; the checks say why.') },
    }),
    async (c) => {
      const { projections, ...stores } = checks;
      const [storeAnswers, projectionAnswers] = await Promise.all([
        askAll(stores, limitMs),
        projections && askAll(projections, limitMs),
      ]);
      const all = [...Object.values(storeAnswers), ...Object.values(projectionAnswers ?? {})];
      const ready = all.every(({ status }) => status === 'ok');
      const body = {
        status: ready ? ('ok' as const) : ('unavailable' as const),
        checks: { ...storeAnswers, ...(projectionAnswers && { projections: projectionAnswers }) },
      };
      return c.json(body, ready ? 200 : 503, { 'cache-control': 'no-store' });
    },
  );
  return app;
}

async function askAll(checks: Readonly<Record<string, Check>>, limitMs: number): Promise<Record<string, CheckAnswer>> {
  const names = Object.keys(checks);
  const answers = await Promise.all(names.map((name) => ask(checks[name]!, limitMs)));
  return Object.fromEntries(names.map((name, i) => [name, answers[i]!]));
}

/** Never throws and never hangs: a check that does is failing. */
async function ask(check: Check, limitMs: number): Promise<CheckAnswer> {
  const late = new AbortController();
  try {
    const { ok, detail } = await Promise.race([
      Promise.resolve().then(check),
      sleep(limitMs, { ok: false, detail: 'no answer in time' } as CheckResult, { signal: late.signal }),
    ]);
    return { status: ok ? 'ok' : 'failing', ...(detail === undefined ? {} : { detail }) };
  } catch {
    return { status: 'failing', detail: 'the check failed' };
  } finally {
    late.abort();
  }
}

/** `GET /metrics` for Prometheus. No key: it holds words and numbers about the service, nothing of its tenants. */
export function metricsRoute(registry: Registry): OpenAPIHono {
  const app = new OpenAPIHono();
  app.openapi(
    createRoute({
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      tags: ['Operations'],
      summary: 'Metrics for Prometheus',
      responses: {
        200: {
          description: 'Prometheus text format 0.0.4.',
          content: { 'text/plain': { schema: z.string() } },
        },
      },
    }),
    async (c) => c.text(await registry.metrics(), 200, { 'content-type': registry.contentType }),
  );
  return app;
}
