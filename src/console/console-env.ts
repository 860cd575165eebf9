import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Me } from '../read-api/me.ts';
import type { Api } from './api.ts';

/** A key that is in force, and the API as it sees it. */
type Signed<Kind extends Me['kind']> = { readonly me: Extract<Me, { kind: Kind }>; readonly api: Api };

export type ConsoleEnv = {
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId?: string;
    tenant?: Signed<'tenant'>;
    admin?: Signed<'administrator'>;
    /** `x-read-model-lag` of the last answer. */
    lag?: string;
  };
};
export type ConsoleContext = Context<ConsoleEnv>;

/** Somebody asks for what the keys of the session do not open. */
export class KeyMissing extends Error {
  override readonly name = 'KeyMissing';
  readonly kind: Me['kind'];
  constructor(kind: Me['kind']) {
    super(kind);
    this.kind = kind;
  }
}

/** The tenant that is signed in. */
export function tenantOf(c: ConsoleContext): Signed<'tenant'> {
  const { tenant } = c.var;
  if (tenant === undefined) throw new KeyMissing('tenant');
  return tenant;
}

/** The administrator that is signed in. */
export function adminOf(c: ConsoleContext): Signed<'administrator'> {
  const { admin } = c.var;
  if (admin === undefined) throw new KeyMissing('administrator');
  return admin;
}

/** Whether the tenant's key may change something. */
export const mayWrite = (c: ConsoleContext): boolean => c.var.tenant?.me.scopes.includes('write') ?? false;
