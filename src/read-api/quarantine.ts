import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { quarantineReasons } from '../events/raw-delivery.ts';
import { type AdminAccess, adminRoute } from '../http/bearer.ts';
import { idPath, ofTenant, only, wordsParameter } from '../http/parameters.ts';
import { badRequest, json, problem, problemResponse, uncached } from '../http/problem.ts';
import { erased } from '../http/resources.ts';
import type { ReadModel } from '../projections/tables.ts';
import { itemMaker } from './answers.ts';
import { given } from './filters.ts';
import { listParameters, pageOf, pageSchema } from './keyset.ts';
import { unavailable } from './query-routes.ts';

const instant = z.iso.datetime();

/** docs/rules.md, "API shapes", Quarantine item. */
const Quarantined = z.object({
  id: z.string().openapi({ example: 'default.9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' }),
  tenantId: z.string(),
  endpoint: z.string(),
  reason: z.enum(quarantineReasons),
  receivedAt: instant,
  size: z.int().openapi({ description: 'Bytes of the body.' }),
});
const QuarantineItem = Quarantined.extend({
  released: z.object({ at: instant, callId: z.string(), factId: z.string() }).optional().openapi({
    description: 'When a retry found it to be a fact of a call, and which.',
  }),
  erased,
}).openapi('QuarantineItem');
export type QuarantineItem = z.infer<typeof QuarantineItem>;

const QuarantineReview = QuarantineItem.extend({
  evidence: z.enum(['verified', 'failed', 'expired', 'erased']).openapi({
    description: 'Whether the stored bytes still are what the webhook key signed.',
  }),
  keyId: z.string().optional().openapi({ description: 'Of the webhook key that signed it.' }),
  sha256: z.string().optional(),
  body: z
    .object({
      encoding: z.enum(['text', 'base64']).openapi({ description: '`text` where the whole body is UTF-8.' }),
      content: z.string(),
      truncated: z.boolean(),
    })
    .optional()
    .openapi({ description: 'What was sent. Personal data. Absent where it has expired.' }),
}).openapi('QuarantineReview');
export type QuarantineReview = z.infer<typeof QuarantineReview>;

const itemOf = itemMaker('quarantine', Quarantined);

function quarantineItemOf(row: ReadModel['quarantine']): QuarantineItem {
  const { released_at: at, released_call_id: callId, released_fact_id: factId } = row;
  return {
    ...itemOf(row),
    ...(at && callId && factId && { released: { at: at.toISOString(), callId, factId } }),
    ...(row.erased_at && { erased: true as const }),
  };
}

type QuarantineReadDependencies = {
  /** Over a pool of `createReadPool`. */
  readonly db: Kysely<ReadModel>;
  readonly access: AdminAccess;
  /** Undefined: nothing is in quarantine under this id. */
  readonly review: (id: string, maxBytes: number) => Promise<QuarantineReview | undefined>;
};

const Filter = listParameters({
  tenantId: ofTenant,
  reason: wordsParameter(quarantineReasons, 'Why it could not be understood.').optional(),
  released: z
    .enum(['true', 'false', 'all'])
    .default('false')
    .openapi({ description: '`true`: only those that a retry has released; `all`: both, and those that were erased.' }),
});

const MAX_BYTES = 1024 * 1024;
const Excerpt = only({
  maxBytes: z
    .string()
    .regex(/^\d{1,7}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().max(MAX_BYTES))
    .default(64 * 1024)
    .openapi({ type: 'integer', maximum: MAX_BYTES, default: 65_536, description: 'Of the body, at most.' }),
});

const refusals = {
  400: problemResponse('`invalid_request`: a malformed or unknown parameter; `errors[]` names each.'),
  401: problemResponse('Not the admin key'),
  503: problemResponse('`database_unavailable` or `event_store_unavailable`: try again after `Retry-After` seconds.'),
};

/** `GET /api/quarantine` and `/{id}`, with ADMIN_KEY: what was signed, and could not be understood. */
export function quarantineReadRoutes({ db, access, review }: QuarantineReadDependencies): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: badRequest });
  app.onError(unavailable);
  const common = adminRoute(access, 'Quarantine', 'operations');

  app.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/quarantine',
      operationId: 'listQuarantine',
      summary: 'Deliveries that could not be understood, newest first',
      description: 'Authentic webhooks, answered 204 and kept. Those that a retry has released are left out.',
      request: { query: Filter },
      responses: { 200: json(pageSchema(QuarantineItem, 'QuarantinePage'), 'A page of them.'), ...refusals },
    }),
    async (c) => {
      const filter = c.req.valid('query');
      const query = db
        .selectFrom('quarantine')
        .selectAll()
        .where(given({ tenant_id: filter.tenantId, reason: filter.reason }))
        .$if(filter.released !== 'all', (q) =>
          q.where('released_at', filter.released === 'true' ? 'is not' : 'is', null).where('erased_at', 'is', null),
        );
      const { rows, nextCursor } = await pageOf(db, query, filter);
      return c.json({ items: rows.map(quarantineItemOf), nextCursor }, 200, uncached);
    },
  );

  app.openapi(
    createRoute({
      ...adminRoute(access, 'Quarantine', 'personal'),
      method: 'get',
      path: '/api/quarantine/{id}',
      operationId: 'getQuarantined',
      summary: 'One delivery in quarantine, with what was sent',
      description: 'Straight from the log, so it is there before the list shows it.',
      request: { params: idPath, query: Excerpt },
      responses: {
        200: json(QuarantineReview, 'The delivery.'),
        404: problemResponse('`not_found`: nothing is in quarantine under this id'),
        ...refusals,
      },
    }),
    async (c) => {
      const found = await review(c.req.valid('param').id, c.req.valid('query').maxBytes);
      if (found) return c.json(found, 200, uncached);
      return problem(c, 404, 'not_found', { detail: 'Nothing is in quarantine under this id.' });
    },
  );

  return app;
}
