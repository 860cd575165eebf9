import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { pathId } from '../../http/parameters.ts';
import { problem, problemResponse } from '../../http/problem.ts';

export const EndpointPath = z.object({ id: pathId() });

export const refusals = {
  400: problemResponse('Not as documented; `errors[]` names each.'),
  401: problemResponse('No API key, or an unknown or revoked one.'),
  403: problemResponse('`missing_scope`: the API key has no write scope.'),
  503: problemResponse('A store does not answer; repeat the request.'),
};
export const noEndpoint = {
  404: problemResponse('`not_found`: there is no such endpoint, or it is not yours.'),
};
export const notFound = (c: Context) => problem(c, 404, 'not_found', { detail: 'There is no such webhook endpoint.' });
