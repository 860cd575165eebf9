import { createRoute, z } from '@hono/zod-openapi';
import { sql } from 'kysely';
import { idParameter, instantParameter, only, phoneParameter, wordsParameter } from '../../http/parameters.ts';
import { apiKey, json, refusals } from '../answers.ts';
import { CallSession, callSessionOf, directions, listedColumns, outcomes } from '../call-sessions.ts';
import { pageSchema, paging, sizeOf, sizeOfText } from '../keyset.ts';
import { partsOf } from '../period.ts';
import type { AsTenant, QueryApp, TenantReads } from '../tenant-reads.ts';

const Filter = only({
  status: wordsParameter(outcomes, 'Sessions with this outcome.').optional(),
  direction: z.enum(directions).optional(),
  appointmentId: idParameter().optional(),
  phone: phoneParameter.optional().openapi({ description: "Caller, called or the customer's number, in E.164." }),
  from: instantParameter('Started at this time or later; for a session that has not started: created.').optional(),
  to: instantParameter('Started before this time; for a session that has not started: created.').optional(),
  archived: z
    .enum(['true', 'false', 'all'])
    .default('false')
    .openapi({ description: '`true`: only archived sessions; `all`: both. Absent or `false`: without them (B12).' }),
  fields: wordsParameter(['transcript'], 'What a list otherwise leaves out of its items.').optional(),
  ...paging,
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
