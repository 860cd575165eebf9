import { randomUUID } from 'node:crypto';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, Env } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { Logger } from 'pino';
import type { Code } from '../http/codes.ts';
import { routeOf } from '../http/metrics.ts';
import { problem } from '../http/problem.ts';
import { originOf } from '../postgres/errors.ts';
import { rolesAnswering } from './openapi.ts';

/**
 * Has the root application answer 404, 405, and 500 for unexpected errors. Call it **before any route is mounted**:
 * the 405 has to wrap all of them.
 */
export function answerUnhandled<E extends Env>(
  root: OpenAPIHono<E>,
  logger: Pick<Logger, 'error'>,
  roles: readonly string[],
): void {
  const elsewhere = (c: Context) => {
    const answering = rolesAnswering(c.req.method, c.req.path);
    if (answering === undefined || answering.some((role) => roles.includes(role))) return undefined;
    return problem(c, 404, 'role_not_here', {
      detail: `This process has the ${named(roles)}; ask one with the ${named(answering, 'or')}.`,
    });
  };
  root.use(
    methodNotAllowed({
      app: root,
      onMethodNotAllowed: (c, methods) =>
        elsewhere(c) ??
        problem(c, 405, 'method_not_allowed', {
          detail: `This resource answers ${methods.join(', ')}.`,
          headers: { allow: methods.join(', ') },
        }),
    }),
  );
  root.notFound(
    (c) =>
      frontPage(c, roles) ??
      elsewhere(c) ??
      problem(c, 404, 'not_found', { detail: 'There is no such resource; see /docs.' }),
  );
  root.onError((error, c) => {
    const { req } = c;
    if (error instanceof HTTPException && error.status < 500) return refused(error, c);
    const correlationId = (c.get('requestId') as string | undefined) ?? randomUUID();
    logger.error(
      { correlationId, method: req.method, route: routeOf(c), error: withoutMessage(error) },
      'unexpected_error',
    );
    return problem(c, 500, 'internal_error', {
      detail: `Something went wrong here. In the log it is ${correlationId}.`,
      headers: { 'x-correlation-id': correlationId },
    });
  });
}

/** Leads a browser at `/` to a page; relative, so that it works behind a path prefix. */
function frontPage(c: Context, roles: readonly string[]): Response | undefined {
  if (c.req.path !== '/' || c.req.method !== 'GET' || !c.req.header('accept')?.includes('text/html')) return undefined;
  return c.redirect(roles.includes('serve') ? 'console' : 'docs');
}

const named = (roles: readonly string[], last = 'and') =>
  `role${roles.length > 1 ? 's' : ''} ${new Intl.ListFormat('en', { type: last === 'and' ? 'conjunction' : 'disjunction' }).format(roles)}`;

const codes: Readonly<Record<number, Code>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};

/** What hono and its validators throw: broken JSON, an undeclared media type. Their messages are their own words. */
const refused = (error: HTTPException, c: Context) =>
  problem(c, error.status, codes[error.status] ?? 'refused', {
    detail: error.message,
    ...(error.status === 400 && { errors: [{ path: '', message: error.message }] }),
  });

type Traced = {
  readonly name: string;
  readonly code?: string;
  readonly at: readonly string[];
  readonly cause?: Traced;
};

/** Leaves out every message, because that of an unexpected error may quote personal data (A11). */
function withoutMessage(error: Error, depth = 0): Traced {
  const { frames, ...origin } = originOf(error);
  return {
    name: error.name,
    ...origin,
    at: frames,
    ...(error.cause instanceof Error && depth < 3 && { cause: withoutMessage(error.cause, depth + 1) }),
  };
}
