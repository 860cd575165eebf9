import { createRoute, z } from '@hono/zod-openapi';
import { sql } from 'kysely';
import { directions } from '../events/call-facts.ts';
import { idParameter, instantParameter, phoneParameter, wordsParameter } from '../http/parameters.ts';
import { CallSession, outcomes } from '../http/resources.ts';
import { columns } from '../projections/tables.ts';
import { json, queryRoute, refusals } from './answers.ts';
import { callSessionOf } from './call-session.ts';
import { given, within } from './filters.ts';
import { listParameters, pageSchema, partsOf, sizeOf, sizeOfText } from './keyset.ts';
import type { AsTenant, QueryApp, TenantReads } from './tenant-reads.ts';

/** What lists read of a session: all but its transcript, of which a page would hold too many. */
const { transcript: _, ...listed } = columns.call_sessions;
const listedColumns = Object.keys(listed) as (keyof typeof listed)[];

const Filter = listParameters({
  status: wordsParameter(outcomes, 'Sessions with this outcome.').optional(),
  direction: z.enum(directions).optional().openapi({ description: 'Of calls in this direction.' }),
  appointmentId: idParameter().optional().openapi({ description: 'Of calls about this appointment.' }),
  contactId: idParameter().optional().openapi({ description: 'Of calls that named this contact.' }),
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

/** Each filter has its index in `projections/views/`; `test/read-api/query-plans.test.ts` shows it used. */
const filtered = (reads: TenantReads, filter: Filter) =>
  reads
    .callSessions()
    .select(listedColumns)
    .$if(filter.fields !== undefined, (q) => q.select(filter.fields!))
    .where(
      given({
        status: filter.status,
        direction: filter.direction,
        appointment_id: filter.appointmentId,
        contact_id: filter.contactId,
        archived: filter.archived === 'all' ? undefined : filter.archived === 'true',
      }),
    )
    .where(within(sql`coalesce(started_at, created_at)`, filter))
    .$if(filter.phone !== undefined, (q) =>
      q.where((is) =>
        is.or([
          is('from_number', '=', filter.phone!),
          is('to_number', '=', filter.phone!),
          // Only where it differs from both, like its index, which so stays small.
          is.and([
            is('customer_phone', '=', filter.phone!),
            is('customer_phone', 'is distinct from', is.ref('from_number')),
            is('customer_phone', 'is distinct from', is.ref('to_number')),
          ]),
        ]),
      ),
    );

/**
 * A backfill finds calls later, and one that is tried again for days is known sooner. The indexes have the same
 * bounds.
 */
const USUALLY_KNOWN = { sooner: '24 hours', later: '3 hours' } as const;

export const listCallSessions = (app: QueryApp, asTenant: AsTenant) =>
  app.openapi(
    createRoute({
      ...queryRoute(asTenant, 'Call sessions'),
      path: '/api/call-sessions',
      operationId: 'listCallSessions',
      summary: 'Call sessions, newest first',
      description:
        'By `createdAt` descending, then `id`. Filters are combined with "and". Without `transcript`, unless `fields` names it.',
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
