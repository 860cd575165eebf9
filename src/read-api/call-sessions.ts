import { createRoute, z } from '@hono/zod-openapi';
import { sql } from 'kysely';
import { directions } from '../events/call-facts.ts';
import {
  idParameter,
  instantParameter,
  only,
  phoneParameter,
  sessionPath,
  wordsParameter,
} from '../http/parameters.ts';
import { problem } from '../http/problem.ts';
import { type Outcome, outcomes as weakestFirst } from '../model/outcome.ts';
import { type CallSessionRow, columns } from '../projections/tables.ts';
import { apiKey, instant, itemMaker, json, notFound, refusals, unreadable } from './answers.ts';
import { type AsOf, atParameter } from './as-of.ts';
import { listParameters, pageSchema, partsOf, sizeOf, sizeOfText } from './keyset.ts';
import type { AsTenant, QueryApp, TenantReads } from './tenant-reads.ts';

/** Strongest first (docs/rules.md, "Outcome of a call"). */
export const outcomes = weakestFirst.toReversed() as [Outcome, ...Outcome[]];

const Analysis = z
  .object({
    summary: z.string().optional(),
    sentiment: z.string().optional(),
    successful: z.boolean().optional(),
    inVoicemail: z.boolean().optional(),
    custom: z
      .record(z.string(), z.unknown())
      .openapi({ type: 'object', description: 'The fields that the agent was told to fill in.' }),
  })
  .openapi('CallAnalysis');

/** docs/rules.md, "API shapes". What is not known is absent. */
export const CallSession = z
  .object({
    id: z.string().openapi({ description: 'The call session id; `call:<Retell call id>` for a call without one.' }),
    tenantId: z.string(),
    appointmentId: z.string().optional(),
    contactId: z.string().optional(),
    ticketId: z.string().optional(),
    retellCallId: z.string().optional().openapi({ description: 'The latest started of `retellCallIds`.' }),
    retellCallIds: z.array(z.string()),
    matchedByPhoneNumber: z
      .array(z.string())
      .optional()
      .openapi({
        description:
          'Those of `retellCallIds` that named no session when they were first heard of, and were linked by their ' +
          'phone number to the only request that waited for a call to it; also where a later fact has confirmed it.',
      }),
    createdAt: instant.openapi({ description: 'When the first fact was recorded; never changes.' }),
    tenantMismatch: z
      .literal(true)
      .optional()
      .openapi({ description: 'A call named another tenant; its correlation ids were ignored.' }),
    direction: z.enum(directions).optional().openapi({ description: 'Absent as long as no fact has told.' }),
    status: z.enum(outcomes).openapi({ description: 'The strongest outcome of all calls of the session.' }),
    statusReason: z.string(),
    agentId: z.string().optional(),
    agentName: z.string().optional(),
    fromNumber: z.string().optional().openapi({ description: 'As Retell gave it.' }),
    toNumber: z.string().optional().openapi({ description: 'As Retell gave it.' }),
    customerPhone: z
      .string()
      .optional()
      .openapi({ description: 'The number of the other side, in E.164; absent where it is withheld or no number.' }),
    startedAt: instant.optional(),
    endedAt: instant.optional(),
    durationMs: z.number().optional(),
    disconnectionReason: z.string().optional().openapi({ description: "Retell's word; an open list." }),
    transferred: z.boolean(),
    analysis: Analysis.optional(),
    transcript: z.string().optional().openapi({ description: 'In lists only where `fields` names it.' }),
    recordingUrl: z.string().optional(),
    archived: z.boolean(),
    requestedAt: instant
      .optional()
      .openapi({ description: 'When the call was requested here; absent for calls placed elsewhere.' }),
    lastEventAt: instant,
    revision: z.int().openapi({ description: 'Grows with every fact of the session.' }),
  })
  .openapi('CallSession');
export type CallSession = z.infer<typeof CallSession>;

/** What lists read of a session: all but its transcript, of which a page would hold too many. */
const { transcript: _, ...listed } = columns.call_sessions;
const listedColumns = Object.keys(listed) as (keyof typeof listed)[];

export const callSessionOf = itemMaker('call_sessions', CallSession);

const CALL = 'call:';

/** The Retell call id in `call:<Retell call id>`, or the bare one. */
export const callIdIn = (id: string): string => (id.startsWith(CALL) ? id.slice(CALL.length) : id);

/**
 * The session with this id, or with the call of this Retell id, with or without `call:` before it; an id in use as such
 * comes first (docs/rules.md, "Session").
 */
export async function findCallSession(reads: TenantReads, id: string): Promise<CallSessionRow | undefined> {
  const named = await reads.callSessions().selectAll().where('id', '=', id).executeTakeFirst();
  if (named !== undefined) return named;
  return reads
    .callSessions()
    .selectAll()
    .where('id', '=', reads.callSessionCalls().select('session_id').where('call_id', '=', callIdIn(id)))
    .executeTakeFirst();
}

const Filter = listParameters({
  status: wordsParameter(outcomes, 'Sessions with this outcome.').optional(),
  direction: z.enum(directions).optional(),
  appointmentId: idParameter().optional(),
  contactId: idParameter().optional(),
  phone: phoneParameter.optional().openapi({ description: "Caller, called or the customer's number, in E.164." }),
  from: instantParameter('Started at this time or later; for a session that has not started: created.').optional(),
  to: instantParameter('Started before this time; for a session that has not started: created.').optional(),
  archived: z
    .enum(['true', 'false', 'all'])
    .default('false')
    .openapi({ description: '`true`: only archived sessions; `all`: both. Absent or `false`: without them.' }),
  fields: wordsParameter(['transcript'], 'What a list otherwise leaves out of its items.').optional(),
});
type Filter = z.infer<typeof Filter>;

/** Each filter has its index in `projections/call-sessions/`; `test/read-api/query-plans.test.ts` shows it used. */
const filtered = (reads: TenantReads, filter: Filter) =>
  reads
    .callSessions()
    .select(listedColumns)
    .$if(filter.fields !== undefined, (q) => q.select(filter.fields!))
    .$if(filter.status !== undefined, (q) => q.where('status', 'in', filter.status!))
    .$if(filter.direction !== undefined, (q) => q.where('direction', '=', filter.direction!))
    .$if(filter.appointmentId !== undefined, (q) => q.where('appointment_id', '=', filter.appointmentId!))
    .$if(filter.contactId !== undefined, (q) => q.where('contact_id', '=', filter.contactId!))
    .$if(filter.phone !== undefined, (q) =>
      q.where((is) =>
        is.or([
          is('from_number', '=', filter.phone!),
          is('to_number', '=', filter.phone!),
          // Where it is another than both, as its index says; so it stays small.
          is.and([
            is('customer_phone', '=', filter.phone!),
            is('customer_phone', 'is distinct from', is.ref('from_number')),
            is('customer_phone', 'is distinct from', is.ref('to_number')),
          ]),
        ]),
      ),
    )
    .$if(filter.from !== undefined, (q) => q.where(sql`coalesce(started_at, created_at)`, '>=', filter.from!))
    .$if(filter.to !== undefined, (q) => q.where(sql`coalesce(started_at, created_at)`, '<', filter.to!))
    .$if(filter.archived !== 'all', (q) => q.where('archived', '=', filter.archived === 'true'));

/** Later where calls are found by a backfill; sooner where one is tried again for days. Their indexes say the same. */
const USUALLY_KNOWN = { sooner: '24 hours', later: '3 hours' } as const;

export const listCallSessions = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/call-sessions',
      operationId: 'listCallSessions',
      tags: ['Call sessions'],
      summary: 'Call sessions, newest first',
      description:
        'By `createdAt` descending, then `id`. Filters are combined with "and". Without `transcript`, unless `fields` names it.',
      security: apiKey,
      middleware: asTenant,
      request: { query: Filter },
      responses: { 200: json(pageSchema(CallSession, 'CallSessionPage'), 'A page of sessions.'), ...refusals },
    }),
    async (c) => {
      const filter = c.req.valid('query');
      const large = [
        sizeOf('analysis_json'),
        sizeOf('retell_call_ids'),
        sizeOf('matched_by_phone_number'),
        ...(filter.fields ?? []).map(sizeOfText),
      ];
      const parts = partsOf('started_at', filter, USUALLY_KNOWN);
      const { rows, nextCursor } = await c.var.reads.page(filtered(c.var.reads, filter), filter, large, parts);
      return c.json({ items: rows.map(callSessionOf), nextCursor }, 200);
    },
  );

export const getCallSession = (app: QueryApp, asTenant: AsTenant, asOf: AsOf['callSession']) =>
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/call-sessions/{id}',
      operationId: 'getCallSession',
      tags: ['Call sessions'],
      summary: 'One call session',
      description:
        'By its id, or by the Retell call id of any of its calls, bare or as `call:<Retell call id>`. Encode the id: "/" is `%2F`.',
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
