import { createRoute, z } from '@hono/zod-openapi';
import { Erasure } from '../events/erasure-facts.ts';
import { idPath, limitParameterOf, only, sessionPath, ticketPath } from '../http/parameters.ts';
import { problem } from '../http/problem.ts';
import { erased, instant } from '../http/resources.ts';
import { json, notFound, queryRoute, refusals } from './answers.ts';
import { findCallSession } from './call-session.ts';
import type { AsTenant, QueryApp } from './tenant-reads.ts';

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
    callId: z.string().optional().openapi({ description: "Of a fact of a call: Retell's id of it." }),
    keyId: z.string().optional().openapi({
      description:
        'The API key with which staff said or asked it, or the admin key with which a mail was redriven; absent where nobody did, or an earlier release did not record it.',
    }),
    note: z.string().optional().openapi({ description: 'What staff wrote beside it.' }),
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
          'What the fact changed in the resource, field by field; null: there was no value. Of a list of more than a few only ' +
          'what was `added` and `removed` is shown. `CallLinked` changes ' +
          '`matchedByPhoneNumber`: the phone number has led a call here.',
      }),
    evidence: z
      .enum(['verified', 'failed', 'expired', 'erased', 'none'])
      .optional()
      .openapi({
        description:
          'Whether the signed bytes behind the fact still verify; `erased`: with their person; `expired`: they are gone ' +
          'otherwise; `none`: nothing was signed.',
      }),
    erased,
    erasure: Erasure.optional().openapi({ description: 'What erased the person of this fact, and why.' }),
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

/** The facts behind a resource after a position, oldest first, at most so many. */
type ReadHistory<Of> = (
  /** The ids were looked up as this tenant, so they belong to it. */
  of: Of & { readonly tenantId: string },
  page: { readonly after: bigint; readonly limit: number },
) => Promise<{ readonly items: readonly HistoryItem[]; readonly hasMore: boolean }>;

export type Histories = {
  readonly session: ReadHistory<{ readonly sessionId: string; readonly callIds: readonly string[] }>;
  readonly appointment: ReadHistory<{ readonly id: string }>;
  readonly ticket: ReadHistory<{ readonly id: string; readonly callId: string }>;
};

const PagingParameters = only({
  limit: limitParameterOf(200),
  cursor: z
    .string()
    .regex(/^\d{1,30}$/, 'must be a `nextCursor`')
    .optional()
    .openapi({ description: 'The `nextCursor` of the page before.' }),
});

const History = z.object({ items: z.array(HistoryItem), nextCursor: z.string().nullable() }).openapi('History');
type Paging = z.infer<typeof PagingParameters>;

/** The route of a history. */
const historyRoute = <P extends string, Path extends typeof idPath>(
  path: P,
  tag: string,
  { operationId, summary, description }: { operationId: string; summary: string; description?: string },
  params: Path,
  asTenant: AsTenant,
) =>
  createRoute({
    ...queryRoute(asTenant, tag),
    path,
    operationId,
    summary,
    ...(description !== undefined && { description }),
    request: { params, query: PagingParameters },
    responses: { 200: json(History, 'A page of them; `nextCursor` is null at the end.'), 404: notFound, ...refusals },
  });

const pageOf = ({ limit, cursor }: Paging) => ({ limit, after: cursor === undefined ? -1n : BigInt(cursor) });

const shown = ({ items, hasMore }: Awaited<ReturnType<Histories['session']>>) => ({
  items: [...items],
  nextCursor: hasMore ? items.at(-1)!.position : null,
});

/** The histories of a session, an appointment and a ticket, of those that are in the read model. */
export function getHistories(app: QueryApp, asTenant: AsTenant, histories: Histories): void {
  app.openapi(
    historyRoute(
      '/api/call-sessions/{id}/history',
      'Call sessions',
      { operationId: 'getCallSessionHistory', summary: 'The facts behind a call session, oldest first' },
      sessionPath,
      asTenant,
    ),
    async (c) => {
      const row = await findCallSession(c.var.reads, c.req.valid('param').id);
      if (row === undefined) return problem(c, 404, 'not_found');
      const of = { tenantId: c.var.caller.tenantId, sessionId: row.id, callIds: row.retell_call_ids };
      return c.json(shown(await histories.session(of, pageOf(c.req.valid('query')))), 200);
    },
  );
  app.openapi(
    historyRoute(
      '/api/appointments/{id}/history',
      'Appointments',
      {
        operationId: 'getAppointmentHistory',
        summary: 'The facts behind an appointment, oldest first',
        description: 'What calls that are or were about it brought, and what staff said. Encode the id: "/" is `%2F`.',
      },
      idPath,
      asTenant,
    ),
    async (c) => {
      const { id } = c.req.valid('param');
      const row = await c.var.reads.appointments().select('id').where('id', '=', id).executeTakeFirst();
      if (row === undefined) return problem(c, 404, 'not_found');
      const of = { tenantId: c.var.caller.tenantId, id };
      return c.json(shown(await histories.appointment(of, pageOf(c.req.valid('query')))), 200);
    },
  );
  app.openapi(
    historyRoute(
      '/api/tickets/{id}/history',
      'Tickets',
      {
        operationId: 'getTicketHistory',
        summary: 'The facts behind a ticket, oldest first',
        description:
          'What its call brought, what staff set, and what became of its mails. Encode the id: "/" is `%2F`.',
      },
      ticketPath,
      asTenant,
    ),
    async (c) => {
      const { id } = c.req.valid('param');
      const row = await c.var.reads.tickets().select('call_id').where('id', '=', id).executeTakeFirst();
      if (row === undefined) return problem(c, 404, 'not_found');
      const of = { tenantId: c.var.caller.tenantId, id, callId: row.call_id };
      return c.json(shown(await histories.ticket(of, pageOf(c.req.valid('query')))), 200);
    },
  );
}
