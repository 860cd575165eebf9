import { context, propagation, SpanKind } from '@opentelemetry/api';
import type { MiddlewareHandler } from 'hono';
import { inSpan } from '../events/tracing.ts';
import { routeOf } from './metrics.ts';

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
