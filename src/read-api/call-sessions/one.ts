import { createRoute } from '@hono/zod-openapi';
import { only, sessionPath } from '../../http/parameters.ts';
import { problem } from '../../http/problem.ts';
import { apiKey, json, notFound, refusals, unreadable } from '../answers.ts';
import { type AsOf, atParameter } from '../as-of.ts';
import { CallSession, callSessionOf } from '../call-sessions.ts';
import type { AsTenant, QueryApp } from '../tenant-reads.ts';
import { findCallSession } from './find.ts';

export const getCallSession = (app: QueryApp, asTenant: AsTenant, asOf: AsOf['callSession']) =>
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
      request: { params: sessionPath, query: only({ at: atParameter.optional() }) },
      responses: { 200: json(CallSession, 'The session.'), 404: notFound, ...unreadable, ...refusals },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { at } = c.req.valid('query');
      const row = at ? await asOf(c.var.caller.tenantId, id, at) : await findCallSession(c.var.reads, id);
      return row ? c.json(callSessionOf(row), 200) : problem(c, 404, 'not_found');
    },
  );
