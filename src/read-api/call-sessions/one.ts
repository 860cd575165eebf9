import { createRoute } from '@hono/zod-openapi';
import { problem } from '../../http/problem.ts';
import { apiKey, json, notFound, refusals } from '../answers.ts';
import { idPath, only } from '../parameters.ts';
import type { AsTenant, QueryApp } from '../tenant-reads.ts';
import { CallSession, callSessionOf } from './call-session.ts';
import { findCallSession } from './find.ts';

export const getCallSession = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/call-sessions/{id}',
      operationId: 'getCallSession',
      tags: ['Call sessions'],
      summary: 'One call session',
      description: 'By its id, or by `call:<Retell call id>` of any of its calls. Encode the id: "/" is `%2F`.',
      security: apiKey,
      middleware: asTenant,
      request: { params: idPath, query: only({}) },
      responses: { 200: json(CallSession, 'The session.'), 404: notFound, ...refusals },
    }),
    async (c) => {
      const row = await findCallSession(c.var.reads, c.req.valid('param').id);
      return row ? c.json(callSessionOf(row), 200) : problem(c, 404, 'not_found');
    },
  );
