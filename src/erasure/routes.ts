import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import stableStringify from 'fast-json-stable-stringify';
import type { Context } from 'hono';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { erasers } from '../events/erasure-facts.ts';
import type { EventLog } from '../events/event-log.ts';
import { type AdminAccess, adminRoute } from '../http/bearer.ts';
import { eventStoreUnavailable, problemRoutes } from '../http/failures.ts';
import { IdempotencyKey, idPath, limitParameter, ofTenant, only, tenantParameter } from '../http/parameters.ts';
import { bodyRefusals, json, jsonBody, problem, problemResponse, uncached } from '../http/problem.ts';
import { limitedBody } from '../http/request-body.ts';
import { normalId, normalSessionId } from '../model/ids.ts';
import { phoneOf } from '../model/phone.ts';
import type { ReadModel } from '../projections/tables.ts';
import type { Sealing } from '../tenants/sealing.ts';
import { oneLine } from '../tenants/settings.ts';
import type { TenantDirectory } from '../tenants/tenant.ts';
import { type ErasureState, erasureStates, pendingAtRetell, physicalStates } from './erasure.ts';
import type { Erasures, Removal } from './erasures.ts';
import { subjectOf } from './subject.ts';

export type ErasureRoutesDeps = {
  readonly log: Pick<EventLog, 'read'>;
  readonly db: Kysely<ReadModel>;
  readonly tenants: TenantDirectory;
  readonly sealing: Pick<Sealing, 'nameless'>;
  readonly erasures: Pick<Erasures, 'request' | 'get' | 'list' | 'ready' | 'removal'>;
  readonly access: AdminAccess;
  readonly logger: Logger;
};

const id = (normal: (value: unknown) => string | undefined) =>
  z
    .string()
    .transform((text, context) => {
      const found = normal(text);
      if (found === undefined) context.addIssue({ code: 'custom', message: 'must be an id' });
      return found ?? z.NEVER;
    })
    .openapi({ type: 'string' });

const ways = ['phone', 'customerId', 'callId', 'callSessionId'] as const;
const Wish = z
  .strictObject({
    tenantId: tenantParameter,
    phone: z.string().min(1).max(64).optional().openapi({
      example: '+4930123456',
      description: "Every call from or to it. In E.164, or national in the tenant's default region.",
    }),
    customerId: id(normalId).optional(),
    callId: id(normalId).optional().openapi({ description: "Retell's id: this call alone." }),
    callSessionId: id(normalSessionId).optional().openapi({ description: 'This session alone.' }),
    reason: oneLine(200).optional().openapi({
      example: 'request of 12 May, case 4711',
      description: 'Kept for good: name nobody.',
    }),
    deleteAtRetell: z.boolean().optional().openapi({ description: 'Has Retell delete its calls as well.' }),
  })
  .refine((wish) => ways.filter((way) => wish[way] !== undefined).length === 1, {
    error: `exactly one of ${ways.join(', ')}`,
    path: [ways[0]],
  });

export const ErasureShown = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    state: z.enum(erasureStates),
    by: z.enum(erasers),
    reason: z.string().optional(),
    requestedAt: z.iso.datetime(),
    doneAt: z.iso.datetime().optional(),
    calls: z.int().openapi({ description: 'Found, as far as it has been looked.' }),
    erased: z.int().openapi({ description: 'Of the calls.' }),
    quarantined: z.int().openapi({ description: 'Bodies in quarantine that were erased.' }),
    deletedAtRetell: z.int().optional(),
    notDeletedAtRetell: z
      .record(z.string(), z.int())
      .optional()
      .openapi({
        example: { unknown: 1, pending: 2 },
        description:
          'Calls by why not: `unknown`: Retell has none with this id; `no_key`: the tenant has no key of Retell; `pending`: it ' +
          'has given no answer yet, and is asked for a day; else its refusal.',
      }),
    failed: z.string().optional().openapi({ description: 'Why it failed, as a code.' }),
    physical: z.enum(physicalStates).openapi({
      description:
        "`done`: no byte of it is left in the stores' files. `pending`: hidden, and still to be removed. `unknown`: the role in " +
        'Postgres may not remove all of it.',
    }),
    physicalDetail: z.string().optional().openapi({
      description: 'What somebody has to do, where it does not go on by itself.',
    }),
  })
  .openapi('Erasure');

const refusals = {
  400: problemResponse('`invalid_request`: not as documented; `errors[]` names each fault.'),
  401: problemResponse('Not an admin key.'),
  403: problemResponse('`missing_scope`: the admin key lacks the scope `erasure`.'),
  503: problemResponse('`event_store_unavailable` or `database_unavailable`: repeat the request.'),
};

/** Erasing people, for administrators with the scope; in a process of the role `react`. */
export function erasureRoutes(deps: ErasureRoutesDeps): OpenAPIHono {
  const { erasures, tenants, access, logger, sealing } = deps;
  const routes = problemRoutes(logger);
  const common = adminRoute(access, 'Erasure', 'erasure');
  const shown = (erasure: ErasureState): z.infer<typeof ErasureShown> => shownOf(erasure, erasures.removal());

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/erasures',
      operationId: 'erasePerson',
      summary: 'Erase a person',
      description:
        'Outcomes, times and ids stay; numbers, names, words, recordings and signed bytes go, everywhere and for good. It ' +
        'goes on by itself, whatever restarts.',
      middleware: [common.middleware, limitedBody],
      request: {
        headers: z.object({ 'idempotency-key': IdempotencyKey }),
        ...jsonBody(Wish, { tenantId: 'acme', phone: '+4930123456', reason: 'request of 12 May, case 4711' }),
      },
      responses: {
        202: json(ErasureShown, 'It is recorded, and begins.'),
        404: problemResponse('`unknown_tenant`, or `not_found`: there is none with this id.'),
        409: problemResponse('`idempotency_key_reused`: the key came before with another body.'),
        ...bodyRefusals,
        ...refusals,
      },
    }),
    async (c) => {
      const wish = c.req.valid('json');
      const tenant = tenants.get(wish.tenantId);
      if (!tenant) return problem(c, 404, 'unknown_tenant', { detail: 'There is no such tenant.' });
      const region = tenant.settings.defaultRegion;
      const phone = wish.phone === undefined ? undefined : phoneOf(wish.phone, region);
      if (wish.phone !== undefined && phone === undefined)
        return invalid(c, 'phone', 'must be a possible phone number, as +4930123456');
      if (wish.reason !== undefined && phone !== undefined && wish.reason.replace(/\D/g, '').includes(phone.slice(-7)))
        return invalid(c, 'reason', 'must not hold the number: it is kept for good');
      const subject = await subjectOf(deps, wish, phone);
      if (!subject) return problem(c, 404, 'not_found', { detail: 'There is none with this id.' });
      const asked = await erasures.request({
        ...{ tenantId: wish.tenantId, subject, by: 'admin', reason: wish.reason },
        deleteAtRetell: wish.deleteAtRetell,
        idempotencyKey: c.req.valid('header')['idempotency-key'],
        requestDigest: sealing.nameless(wish.tenantId, stableStringify({ ...wish, phone })),
      });
      if (asked === 'idempotency_key_reused')
        return problem(c, 409, asked, { detail: 'This Idempotency-Key came with another body before.' });
      if (!('erasure' in asked)) return eventStoreUnavailable(c);
      return c.json(shown(asked), 202, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/erasures',
      operationId: 'listErasures',
      summary: 'Erasures, the newest first; those by retention too',
      request: {
        query: only({
          tenantId: ofTenant,
          limit: limitParameter,
          cursor: z.string().max(100).optional().openapi({ description: 'The `nextCursor` of the page before.' }),
        }),
      },
      responses: {
        200: json(z.object({ items: z.array(ErasureShown), nextCursor: z.string().nullable() }), 'A page of them.'),
        ...refusals,
      },
    }),
    (c) => {
      const { tenantId, limit, cursor } = c.req.valid('query');
      if (!erasures.ready()) return eventStoreUnavailable(c);
      const all = erasures.list().filter((one) => tenantId === undefined || one.tenantId === tenantId);
      const from = cursor === undefined ? 0 : all.findIndex(({ erasure }) => erasure.id === cursor) + 1;
      const page = all.slice(from, from + limit);
      const last = page.at(-1);
      const nextCursor = last && from + limit < all.length ? last.erasure.id : null;
      return c.json({ items: page.map(shown), nextCursor }, 200, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/erasures/{id}',
      operationId: 'getErasure',
      summary: 'How far an erasure is',
      request: { params: idPath },
      responses: { 200: json(ErasureShown, 'The erasure.'), 404: problemResponse('`not_found`'), ...refusals },
    }),
    (c) => {
      const erasure = erasures.get(c.req.valid('param').id);
      if (!erasure && !erasures.ready()) return eventStoreUnavailable(c);
      if (!erasure) return problem(c, 404, 'not_found', { detail: 'There is no such erasure.' });
      return c.json(shown(erasure), 200, uncached);
    },
  );
  return routes;
}

const invalid = (c: Context, path: string, message: string) =>
  problem(c, 400, 'invalid_request', { detail: message, errors: [{ path, message }] });

function shownOf(state: ErasureState, removal: Removal): z.infer<typeof ErasureShown> {
  const { tenantId, erasure, doneAt, failed, calls, erased, quarantined, isRemoved } = state;
  const { deleted = 0, ...not } = state.atRetell;
  const pending = pendingAtRetell(state);
  const notDeleted = { ...not, ...(pending > 0 && { pending }) };
  return {
    ...{ ...erasure, tenantId, state: state.state },
    ...(doneAt !== undefined && { doneAt }),
    ...{ calls, erased, quarantined },
    ...(state.deleteAtRetell && { deletedAtRetell: deleted }),
    ...(Object.keys(notDeleted).length > 0 && { notDeletedAtRetell: notDeleted }),
    ...(failed !== undefined && { failed }),
    physical: isRemoved ? 'done' : removal.physical,
    ...(!isRemoved && removal.detail !== undefined && { physicalDetail: removal.detail }),
  };
}
