import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { isTenantId } from '../events/identity.ts';
import { pathId } from '../http/parameters.ts';
import { problem, problemResponse } from '../http/problem.ts';

export const TenantIdParam = z.object({
  id: z
    .string()
    .refine(isTenantId, 'must be 1–63 of a–z, 0–9, _ and -, and begin with a letter or digit')
    .openapi({ param: { name: 'id', in: 'path' }, example: 'acme' }),
});

/** Of a tenant that must be there: an id that no tenant can have is answered like one that none has. */
export const KnownTenantParam = z.object({
  id: pathId('id', (value) => (isTenantId(value) ? value : undefined)),
});

export const body = <S extends z.ZodType>(schema: S) => ({
  body: { content: { 'application/json': { schema } }, required: true },
});
export const unknown = { 404: problemResponse('No such tenant or key') };

export const refusals = {
  400: problemResponse('Not as documented'),
  401: problemResponse('Not the admin key'),
  413: problemResponse('Body over 64 KiB'),
  415: problemResponse('Not JSON'),
  503: problemResponse('`event_store_unavailable`: it did not confirm; repeat the request'),
};

export const unknownTenant = (c: Context, id: string) =>
  problem(c, 404, 'unknown_tenant', {
    detail:
      id === '' ? 'No tenant can have this id.' : `No tenant "${id}" is registered: PUT /api/tenants/${id} first.`,
  });
