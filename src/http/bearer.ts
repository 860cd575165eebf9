import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import type { Scope } from '../events/tenant-facts.ts';
import { problem } from './problem.ts';

/** Who calls: an API key acts for one tenant and sees nothing of any other. */
export type Caller = { readonly tenantId: string; readonly keyId: string; readonly scopes: readonly Scope[] };

/** The caller that a presented API key belongs to; undefined for an unknown or revoked one. */
export type Authenticate = (apiKey: string) => Caller | undefined;

export type CallerEnv = { Variables: { caller: Caller } };

const bearerOf = (c: Context): string | undefined =>
  /^Bearer ([\x21-\x7e]{1,512})$/i.exec(c.req.header('authorization') ?? '')?.[1];

const unauthorized = (c: Context, detail: string) =>
  problem(c, 401, 'unauthorized', { detail, headers: { 'www-authenticate': 'Bearer' } });

/** Lets a request through if its API key has the scope; write includes read (docs/rules.md, "API shapes"). */
export const requireScope =
  (authenticate: Authenticate, scope: Scope): MiddlewareHandler<CallerEnv> =>
  async (c, next) => {
    const key = bearerOf(c);
    if (key === undefined) return unauthorized(c, 'Send an API key: Authorization: Bearer <api key>.');
    const caller = authenticate(key);
    if (caller === undefined) return unauthorized(c, 'This API key is unknown or has been revoked.');
    if (!(caller.scopes.includes(scope) || (scope === 'read' && caller.scopes.includes('write'))))
      return problem(c, 403, 'missing_scope', { detail: `This API key lacks the scope "${scope}".` });
    c.set('caller', caller);
    return next();
  };

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** What every route for administrators has in common. */
export const adminRoute = (adminKey: string) => ({
  tags: ['Administration'],
  security: [{ adminKey: [] }],
  middleware: requireAdmin(adminKey),
});

/** Lets a request with ADMIN_KEY through. */
export const requireAdmin = (adminKey: string): MiddlewareHandler => {
  const expected = sha256(adminKey);
  return async (c, next) => {
    const key = bearerOf(c);
    if (key === undefined || !timingSafeEqual(sha256(key), expected))
      return unauthorized(c, 'Send the admin key: Authorization: Bearer <ADMIN_KEY>.');
    return next();
  };
};
