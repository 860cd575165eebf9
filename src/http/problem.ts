import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type Code, codes } from './codes.ts';

/** RFC 9457 problem details; `code` is stable and meant for programs, `detail` for people. */
export const Problem = z
  .object({
    type: z.string().openapi({ example: 'about:blank' }),
    title: z.string(),
    status: z.int(),
    code: z.string().openapi({
      example: 'not_found',
      enum: Object.keys(codes),
      description:
        'Explained in docs/words.md; a later release may have more, so take one that is not listed by its `status`.',
    }),
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

/**
 * Answers with a problem; `detail` says what to do and holds no secret. Typed `never`, because zod-openapi allows a
 * handler no other JSON than its route declares.
 */
export function problem(c: Context, status: ContentfulStatusCode, code: Code, extra: Extra = {}): never {
  const { headers, ...rest } = extra;
  const body: Problem = { type: 'about:blank', title: titles[status] ?? 'Error', status, code, ...rest };
  return c.body(JSON.stringify(body), status, { 'content-type': PROBLEM, ...headers }) as never;
}

/** For `new OpenAPIHono({ defaultHook: badRequest })`: what a zod schema refuses becomes 400 with `errors[]`. */
export const badRequest = (result: { success: boolean; error?: z.ZodError }, c: Context) => {
  if (result.success || result.error === undefined) return undefined;
  const errors = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  return problem(c, 400, 'invalid_request', { detail: 'The request is not as documented.', errors });
};

/** The `responses` entry of a route for JSON. */
export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** The `request` entry of a route for a JSON body, with what the docs page offers to send. */
export const jsonBody = <S extends z.ZodType>(schema: S, example: z.input<S>) => ({
  body: { content: { 'application/json': { schema, example } }, required: true },
});

/** Headers of an answer that holds personal data, or that is true for a moment only. */
export const uncached = { 'cache-control': 'no-store' };

/** The `responses` entry of a route for a problem. */
export const problemResponse = (description: string) => ({
  description,
  content: { [PROBLEM]: { schema: Problem } },
});

/** The `responses` entries of a route that takes a body. */
export const bodyRefusals = { 413: problemResponse('Body over 64 KiB.'), 415: problemResponse('Not JSON.') };

/** For `description`s of a 409. */
export const factUnreadable =
  '`fact_unreadable`: a fact that this rests on makes no sense to this version; `position` says which. Repeating does not help, an operator has to mend it.';

/** For a 410. */
export const goneForGood = problemResponse('`stream_deleted`: an operator has deleted for good what this rests on.');
