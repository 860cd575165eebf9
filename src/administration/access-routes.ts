import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import { adminScopes } from '../events/administration-facts.ts';
import { adminRoute } from '../http/bearer.ts';
import { problemRoutes } from '../http/failures.ts';
import { limitParameter, pathId } from '../http/parameters.ts';
import { bodyRefusals, json, jsonBody, problem, problemResponse, uncached } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import { oneLine } from '../tenants/settings.ts';
import type { Administrators } from './access.ts';
import { refusals as keyRefusals, lastUsedAt } from './key-routes.ts';

const Scopes = z.array(z.enum(adminScopes)).min(1).max(adminScopes.length);
const Order = z.strictObject({
  name: oneLine(100).openapi({
    example: 'on-call',
    description: 'Whose it is, or what for; the audit trail shows it.',
  }),
  scopes: Scopes.openapi({
    description:
      '`tenants`: settings and keys of tenants; `operations`: projections, parked streams, quarantine, reconciliation, mails; ' +
      '`personal`: exports, bodies in quarantine, previews of mails, all of a person; `audit`: who did what; `erasure`: ' +
      'erasing people.',
  }),
  expiresAt: z.iso.datetime().optional().openapi({ description: 'It opens nothing from then on.' }),
});
const IssuedKey = Order.extend({ keyId: z.string(), key: z.string() }).openapi('IssuedAdminKey');
export const AdminKey = z
  .object({
    ...{ keyId: z.string(), name: z.string(), scopes: z.array(z.string()) },
    expiresAt: z.iso.datetime().optional(),
    createdAt: z.iso.datetime(),
    lastUsedAt,
  })
  .openapi('AdminKey');
export const AuditItem = z
  .object({
    at: z.iso.datetime(),
    keyId: z.string().openapi({ description: '`ADMIN_KEY`, or the id of a named key.' }),
    keyName: z.string(),
    ...{ method: z.string(), path: z.string(), status: z.int() },
    requestId: z.string().optional().openapi({ description: 'The `x-request-id` of the answer, and in the log.' }),
  })
  .openapi('AuditItem');

const refusals = {
  401: problemResponse('Not an admin key'),
  503: problemResponse('`event_store_unavailable`: it did not confirm; repeat the request.'),
};
const Cursor = z
  .string()
  .regex(/^\d{1,19}$/, 'must be a `nextCursor`')
  .optional()
  .openapi({ description: 'The `nextCursor` of the page before.' });

/** Named admin keys, which ADMIN_KEY alone makes, and the trail of what was done with all of them. */
export function accessRoutes(administrators: Administrators, logger: Logger): OpenAPIHono {
  const routes = problemRoutes(logger);
  const byRoot = {
    ...adminRoute(administrators.rootAccess, 'Admin keys and audit', 'tenants'),
    security: [{ adminKey: [] }], // no scope is enough
  };

  routes.openapi(
    createRoute({
      ...byRoot,
      method: 'post',
      path: '/api/admin-keys',
      operationId: 'issueAdminKey',
      summary: 'Issue a named admin key',
      description: 'With ADMIN_KEY alone. The key is in this answer and nowhere else.',
      middleware: [byRoot.middleware, limitedBody],
      request: jsonBody(Order, { name: 'on-call', scopes: ['operations'] }),
      responses: { 201: json(IssuedKey, 'The key, once'), 400: keyRefusals[400], ...bodyRefusals, ...refusals },
    }),
    async (c) => {
      const order = c.req.valid('json');
      const wanted = { ...order, scopes: [...new Set(order.scopes)] };
      return c.json({ ...wanted, ...(await administrators.issue(wanted)) }, 201);
    },
  );

  routes.openapi(
    createRoute({
      ...byRoot,
      method: 'get',
      path: '/api/admin-keys',
      operationId: 'listAdminKeys',
      summary: 'The named admin keys',
      responses: { 200: json(z.object({ items: z.array(AdminKey) }), 'Those that were not revoked'), ...refusals },
    }),
    async (c) => c.json({ items: [...(await administrators.keys())] }, 200, uncached),
  );

  routes.openapi(
    createRoute({
      ...byRoot,
      method: 'delete',
      path: '/api/admin-keys/{keyId}',
      operationId: 'revokeAdminKey',
      summary: 'Revoke a named admin key',
      request: { params: z.object({ keyId: pathId('keyId') }) },
      responses: {
        204: { description: 'It opens nothing any more' },
        404: problemResponse('`unknown_key`'),
        ...refusals,
      },
    }),
    async (c) => {
      const outcome = await administrators.revoke(c.req.valid('param').keyId);
      if (outcome === 'unknown_key') return problem(c, 404, 'unknown_key', { detail: 'There is no such admin key.' });
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      ...adminRoute(administrators.access, 'Admin keys and audit', 'audit'),
      method: 'get',
      path: '/api/audit',
      operationId: 'listAudit',
      summary: 'What administrators did, the newest first',
      description:
        'Every change, and every read of personal data: an export, a body in quarantine, the preview of a mail. The same ' +
        'read within ten minutes is one entry.',
      request: { query: z.strictObject({ limit: limitParameter, cursor: Cursor }) },
      responses: {
        200: json(z.object({ items: z.array(AuditItem), nextCursor: z.string().nullable() }), 'A page of them'),
        400: problemResponse('`invalid_request`'),
        403: problemResponse('`missing_scope`'),
        ...refusals,
      },
    }),
    async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const { items, next } = await administrators.requests(limit, cursor === undefined ? undefined : BigInt(cursor));
      return c.json(
        {
          items: items.map(({ data, recordedAt }) => ({ at: recordedAt, ...data })),
          nextCursor: next?.toString() ?? null,
        },
        200,
        uncached,
      );
    },
  );

  return routes;
}
