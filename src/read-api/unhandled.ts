import { randomUUID } from 'node:crypto';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, Env } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { Logger } from 'pino';
import { routeOf } from '../http/metrics.ts';
import { problem } from '../http/problem.ts';
import { originOf } from '../postgres/errors.ts';

/**
 * Gives the root application its answers to what no route answers: 404, 405, and 500 for unexpected errors.
 * **Before any route is mounted**, because the 405 has to wrap all of them.
 */
export function answerUnhandled<E extends Env>(root: OpenAPIHono<E>, logger: Pick<Logger, 'error'>): void {
  root.use(
    methodNotAllowed({
      app: root,
      onMethodNotAllowed: (c, methods) =>
        problem(c, 405, 'method_not_allowed', {
          detail: `This resource answers ${methods.join(', ')}.`,
          headers: { allow: methods.join(', ') },
        }),
    }),
  );
  root.notFound((c) => problem(c, 404, 'not_found', { detail: 'There is no such resource; see /docs.' }));
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

const codes: Readonly<Record<number, string>> = {
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
