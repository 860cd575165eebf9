import type { Context } from 'hono';
import { getPath } from 'hono/utils/url';
import { isTenantId } from '../../events/identity.ts';
import { DEFAULT_TENANT, type TenantDirectory } from '../../tenants/tenant.ts';

/**
 * Routes webhooks with doubled or trailing slashes to the path that was meant: people add them when they type or join
 * addresses.
 */
export function routedPath(request: Request): string {
  const path = getPath(request);
  if (!path.includes('//') && !path.endsWith('/')) return path;
  const meant = path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  return /^\/(api\/webhooks|t)\//.test(meant) ? meant : path;
}

/** A host without its port, in lower case, as DNS ignores case. */
const hostName = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();

type Selectors = {
  readonly path: string | undefined;
  readonly header: string | undefined;
  readonly host: string | undefined;
};

/**
 * The tenant to verify with, by path, `x-tenant-id` or subdomain of PUBLIC_HOST, in lower case; undefined: not named.
 * It proves nothing (A3), so it may be any text.
 */
export function namedTenant({ path, header, host }: Selectors, publicHost: string | undefined): string | undefined {
  if (path !== undefined) return path.toLowerCase();
  if (header !== undefined && header !== '') return header.toLowerCase();
  if (publicHost === undefined || host === undefined) return undefined;
  const suffix = `.${hostName(publicHost)}`;
  const name = hostName(host);
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : undefined;
}

/** The tenant that a webhook names, else `default`. */
export const tenantNamedBy = (c: Context, publicHost: string | undefined): string =>
  namedTenant(
    { path: c.req.param('tenant'), header: c.req.header('x-tenant-id'), host: c.req.header('host') },
    publicHost,
  ) ?? DEFAULT_TENANT;

/** An impossible tenant name counts as unknown. */
export const tenantIn = (tenants: TenantDirectory, name: string) => (isTenantId(name) ? tenants.get(name) : undefined);
