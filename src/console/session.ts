import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { Sealing } from '../tenants/sealing.ts';

/** The keys that somebody has signed in with: one of a tenant, one of an administrator, or both. */
const Session = z.object({
  apiKey: z.string().optional(),
  adminKey: z.string().optional(),
  expiresAt: z.number(),
});
export type Session = z.infer<typeof Session>;
export type SessionKeys = Omit<Session, 'expiresAt'>;

const COOKIE = 'call_ledger_console';
const PATH = '/console';
const HOURS = 12;

/** No tenant has this id: its secrets never open as a session, nor a session as a secret. */
const SEALED_AS = { tenantId: '', keyId: 'console session' };

export type Sessions = {
  /** Undefined: none, ended, or sealed by another MASTER_KEY. */
  read(c: Context): Session | undefined;
  /** Whether there is a cookie, in force or not. */
  had(c: Context): boolean;
  /** Begins a session, or adds keys to the one there is without prolonging it. */
  write(c: Context, keys: SessionKeys, isSecure: boolean): void;
  end(c: Context): void;
};

/**
 * Sessions live in their cookie alone, sealed under MASTER_KEY: every process with this key opens them, and a
 * restart ends none.
 */
export function sessionsUnder(sealing: Pick<Sealing, 'seal' | 'open'>, now: () => number = Date.now): Sessions {
  const read = (c: Context): Session | undefined => {
    const sealed = getCookie(c, COOKIE);
    if (sealed === undefined) return undefined;
    try {
      const session = Session.parse(JSON.parse(sealing.open(sealed, SEALED_AS)));
      return session.expiresAt > now() ? session : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    read,
    had: (c) => getCookie(c, COOKIE) !== undefined,
    write(c, keys, isSecure) {
      const expiresAt = read(c)?.expiresAt ?? now() + HOURS * 3_600_000;
      const sealed = sealing.seal(JSON.stringify({ ...keys, expiresAt } satisfies Session), SEALED_AS);
      const maxAge = Math.max(0, Math.floor((expiresAt - now()) / 1000));
      setCookie(c, COOKIE, sealed, { path: PATH, httpOnly: true, sameSite: 'Strict', secure: isSecure, maxAge });
    },
    end: (c) => void deleteCookie(c, COOKIE, { path: PATH }),
  };
}
