import { createRoute, z } from '@hono/zod-openapi';
import { limitParameterOf, only, sessionPath } from '../http/parameters.ts';
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
    changes: z
      .array(
        z.object({
          field: z.string(),
          from: z.unknown().optional(),
          to: z.unknown().optional(),
          added: z.array(z.unknown()).optional(),
          removed: z.array(z.unknown()).optional(),
        }),
      )
      .openapi({
        description:
          'What the fact changed in the session, field by field; null: there was no value. Of a list of more than a few only ' +
          'what was `added` and `removed` is shown. `CallLinked` changes ' +
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

/** A session; its ids belong to the tenant, because they were looked up as it. */
type OfSession = { readonly tenantId: string; readonly sessionId: string; readonly callIds: readonly string[] };

/** The facts of a session and of its calls after a position, oldest first, at most so many. */
export type ReadHistory = (
  session: OfSession,
  page: { readonly after: bigint; readonly limit: number },
) => Promise<{ readonly items: readonly HistoryItem[]; readonly hasMore: boolean }>;

const Paging = only({
  limit: limitParameterOf(200),
  cursor: z
    .string()
    .regex(/^\d{1,30}$/, 'must be a `nextCursor`')
    .optional()
    .openapi({ description: 'The `nextCursor` of the page before.' }),
});

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
      request: { params: sessionPath, query: Paging },
      responses: {
        200: json(
          z.object({ items: z.array(HistoryItem), nextCursor: z.string().nullable() }).openapi('History'),
          'A page of them; `nextCursor` is null at the end.',
        ),
        404: notFound,
        ...refusals,
      },
    }),
    async (c) => {
      const row = await findCallSession(c.var.reads, c.req.valid('param').id);
      if (row === undefined) return problem(c, 404, 'not_found');
      const { tenantId } = c.var.caller;
      const { limit, cursor } = c.req.valid('query');
      const session = { tenantId, sessionId: row.id, callIds: row.retell_call_ids };
      const { items, hasMore } = await history(session, { limit, after: cursor === undefined ? -1n : BigInt(cursor) });
      return c.json({ items: [...items], nextCursor: hasMore ? items.at(-1)!.position : null }, 200);
    },
  );
