import { createRoute, z } from '@hono/zod-openapi';
import { only, sessionPath } from '../http/parameters.ts';
import { problem } from '../http/problem.ts';
import { apiKey, json, notFound, refusals } from './answers.ts';
import { findCallSession } from './call-sessions.ts';
import type { AsTenant, QueryApp } from './tenant-reads.ts';

const instant = z.iso.datetime({ precision: 3 });

/** docs/rules.md, "API shapes", History. */
export const HistoryItem = z
  .object({
    position: z.string().openapi({ description: 'In the whole log. A string: it exceeds what a JSON number holds.' }),
    revision: z.int().openapi({ description: 'Of the session, after this fact.' }),
    type: z.string().openapi({ example: 'CallEnded' }),
    occurredAt: instant.optional().openapi({
      description:
        'When it happened. This, `source` and `evidence` are absent only where an unreadable fact does not say them.',
    }),
    recordedAt: instant.openapi({ description: 'When it was noted.' }),
    source: z.enum(['webhook', 'reconciliation', 'command']).optional(),
    changes: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })).openapi({
      description:
        'What the fact changed in the session, field by field; null: there was no value. `CallLinked` changes ' +
        '`matchedByPhoneNumber`: the phone number has led a call here.',
    }),
    evidence: z.enum(['verified', 'failed', 'expired', 'none']).optional().openapi({
      description: 'Whether the signed bytes behind the fact still verify; `none`: nothing was signed.',
    }),
    unreadable: z
      .object({ stream: z.string(), reason: z.string() })
      .optional()
      .openapi({
        description:
          'The fact makes no sense to this version, and has changed nothing. `reason` names fields and codes and ' +
          'quotes nothing. Its stream is parked (`GET /api/parked`) until an operator has mended it.',
      }),
    waitsFor: z.string().optional().openapi({
      description:
        'It stands in its stream behind the unreadable fact at this position, and has not changed anything yet.',
    }),
  })
  .openapi('HistoryItem');
export type HistoryItem = z.infer<typeof HistoryItem>;

/** The facts of a session and of its calls, oldest first. The ids belong to the tenant: they were looked up as it. */
export type ReadHistory = (session: {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly callIds: readonly string[];
}) => Promise<readonly HistoryItem[]>;

export const getHistory = (app: QueryApp, asTenant: AsTenant, history: ReadHistory) =>
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/call-sessions/{id}/history',
      operationId: 'getCallSessionHistory',
      tags: ['Call sessions'],
      summary: 'The facts behind a call session, oldest first',
      security: apiKey,
      middleware: asTenant,
      request: { params: sessionPath, query: only({}) },
      responses: {
        200: json(z.object({ items: z.array(HistoryItem) }).openapi('History'), 'All facts; there are no pages.'),
        404: notFound,
        ...refusals,
      },
    }),
    async (c) => {
      const row = await findCallSession(c.var.reads, c.req.valid('param').id);
      if (row === undefined) return problem(c, 404, 'not_found');
      const { tenantId } = c.var.caller;
      const items = await history({ tenantId, sessionId: row.id, callIds: row.retell_call_ids });
      return c.json({ items: [...items] }, 200);
    },
  );
