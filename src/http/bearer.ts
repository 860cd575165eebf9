import { timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import type { AdminScope } from '../events/administration-facts.ts';
import { sha256 } from '../events/identity.ts';
import type { Scope } from '../events/tenant-facts.ts';
import { problem } from './problem.ts';
import { rateLimit } from './rate-limit.ts';

/** Who calls: an API key acts for one tenant and sees nothing of any other. */
export type Caller = { readonly tenantId: string; readonly keyId: string; readonly scopes: readonly Scope[] };

/** The caller that a presented API key belongs to; undefined for an unknown or revoked one. */
export type Authenticate = (apiKey: string) => Caller | undefined;

export type CallerEnv = { Variables: { caller: Caller } };

/** The key that a request presents; undefined: none, or one that no key looks like. */
export const bearerOf = (c: Context): string | undefined =>
  /^Bearer ([\x21-\x7e]{1,512})$/i.exec(c.req.header('authorization') ?? '')?.[1];

export const unauthorized = (c: Context, detail: string) =>
  problem(c, 401, 'unauthorized', { detail, headers: { 'www-authenticate': 'Bearer' } });

/** Whether a key is of the other kind, so that the answer can say so. */
type OtherKeys = { isAdminKey(key: string): boolean; isApiKey(key: string): boolean };

const OTHER_KEYS = 'otherKeys';

/** For the root application, before the routes: their 401 then says of a key of the other kind what it is. */
export const knowsOtherKeys =
  (keys: OtherKeys): MiddlewareHandler =>
  (c, next) => {
    c.set(OTHER_KEYS, keys);
    return next();
  };
const otherKeys = (c: Context): OtherKeys | undefined => c.get(OTHER_KEYS);

/** Lets a request through if its API key has the scope; write includes the others (docs/rules.md, "API shapes"). */
export const requireScope =
  (authenticate: Authenticate, scope: Scope): MiddlewareHandler<CallerEnv> =>
  async (c, next) => {
    const key = bearerOf(c);
    if (key === undefined) return unauthorized(c, 'Send an API key: Authorization: Bearer <api key>.');
    const caller = authenticate(key);
    if (caller === undefined)
      return unauthorized(
        c,
        otherKeys(c as Context)?.isAdminKey(key)
          ? 'This is an admin key. Send an API key of the tenant: `call-ledger keys issue <tenant>` makes one.'
          : 'This API key is unknown or has been revoked.',
      );
    if (!(caller.scopes.includes(scope) || caller.scopes.includes('write')))
      return problem(c, 403, 'missing_scope', { detail: `This API key lacks the scope "${scope}".` });
    c.set('caller', caller);
    return next();
  };

/** Who administers: ADMIN_KEY itself, or a named key with some of its rights. */
export type Administrator = { readonly keyId: string; readonly name: string; readonly scopes: readonly AdminScope[] };

const ADMINISTRATOR = 'administrator';
/** Whose request it is, in a handler behind `adminRoute`. */
export const administratorOf = (c: Context): Administrator => c.get(ADMINISTRATOR);

/** Lets a request of an administrator with this scope through, and keeps the trail of it. */
export type AdminAccess = (scope: AdminScope, readsPersonal: boolean) => MiddlewareHandler;

/** What every route for administrators has in common; a read of personal data is part of the trail. */
export const adminRoute = (
  access: AdminAccess,
  tag: string,
  scope: AdminScope,
  readsPersonal = scope === 'personal',
) => ({
  tags: [tag],
  security: [{ adminKey: [scope] as string[] }],
  middleware: access(scope, readsPersonal),
});

/**
 * Makes `AdminAccess` of a way to know administrators. `onAnswered` runs after the handler; what it throws is the
 * answer.
 */
export const adminAccess =
  (
    authenticate: (key: string) => Administrator | undefined,
    onAnswered: (c: Context, administrator: Administrator, readsPersonal: boolean) => Promise<void> = async () => {},
  ): AdminAccess =>
  (scope, readsPersonal) =>
  async (c, next) => {
    const key = bearerOf(c);
    const administrator = key === undefined ? undefined : authenticate(key);
    if (administrator === undefined) {
      const what = key !== undefined && otherKeys(c)?.isApiKey(key) ? 'This is an API key of a tenant. ' : '';
      return unauthorized(c, `${what}Send an admin key: Authorization: Bearer <ADMIN_KEY, or a named admin key>.`);
    }
    if (!administrator.scopes.includes(scope))
      return problem(c, 403, 'missing_scope', { detail: `This admin key lacks the scope "${scope}".` });
    c.set(ADMINISTRATOR, administrator);
    await next();
    await onAnswered(c, administrator, readsPersonal);
  };

/** Whether a presented key is the one with this digest, in a time that does not depend on where they differ. */
export function isKeyOf(digest: string, key: string): boolean {
  const [presented, expected] = [Buffer.from(sha256(key), 'hex'), Buffer.from(digest, 'hex')];
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}

/** Whether a presented key is ADMIN_KEY. */
export function isAdminKey(adminKey: string): (key: string) => boolean {
  const digest = sha256(adminKey);
  return (key) => isKeyOf(digest, key);
}

/** Unknown keys of one address in a minute, before each further one has to wait. */
const GUESSES_PER_MINUTE = 60;
const WAIT_MS = 1000;

/**
 * Slows guesses at keys, and logs them once a minute. A key that opens is never slowed, so that nobody is
 * locked out by another behind the same address. For the root application.
 */
export function slowGuesses(
  ipOf: (c: Context) => string,
  logger: Pick<Logger, 'warn'>,
  waitMs = WAIT_MS,
): MiddlewareHandler {
  const limit = rateLimit(GUESSES_PER_MINUTE);
  return async (c, next) => {
    await next();
    const isGuess = c.res.headers.get('www-authenticate') === 'Bearer' && bearerOf(c) !== undefined;
    if (!isGuess) return;
    const address = ipOf(c);
    const decision = limit.consume({ ip: address, tenantName: '' });
    if (decision.allowed) return;
    if (decision.first) logger.warn({ reason: 'keys_guessed', address }, 'many unknown keys');
    await sleep(waitMs);
    c.header('retry-after', String(decision.retryAfterSeconds));
  };
}
