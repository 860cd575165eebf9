import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** RFC 9457 problem details; `code` is stable and meant for programs, `detail` for people. */
export const Problem = z
  .object({
    type: z.string().openapi({ example: 'about:blank' }),
    title: z.string(),
    status: z.int(),
    code: z.string().openapi({ example: 'not_found' }),
    detail: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    operationId: z.string().optional().openapi({ description: 'The operation that is in the way.' }),
    position: z.string().optional().openapi({ description: 'Where the fact that is in the way stands in the log.' }),
  })
  .openapi('Problem');
export type Problem = z.infer<typeof Problem>;

type Extra = Pick<Problem, 'detail' | 'errors' | 'operationId' | 'position'> & {
  readonly headers?: Readonly<Record<string, string>>;
};

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export const PROBLEM = 'application/problem+json';

/** Answers with a problem. `detail` says what to do; it must hold nothing of the caller's secrets. */
export function problem(c: Context, status: ContentfulStatusCode, code: string, extra: Extra = {}) {
  const { headers, ...rest } = extra;
  const body: Problem = { type: 'about:blank', title: titles[status] ?? 'Error', status, code, ...rest };
  return c.body(JSON.stringify(body), status, { 'content-type': PROBLEM, ...headers });
}

/** For `new OpenAPIHono({ defaultHook: badRequest })`: what a zod schema refuses becomes 400 with `errors[]`. */
export const badRequest = (result: { success: boolean; error?: z.ZodError }, c: Context) => {
  if (result.success || result.error === undefined) return undefined;
  const errors = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  return problem(c, 400, 'invalid_request', { detail: 'The request is not as documented.', errors });
};

/** The `responses` entry of a route for a problem. */
export const problemResponse = (description: string) => ({
  description,
  content: { [PROBLEM]: { schema: Problem } },
});
