import { getPath } from 'hono/utils/url';

/**
 * The path by which a request is routed: at the webhooks one with a slash too many, at its end or doubled, is the path that
 * was meant. Whoever types an address into a vendor's console, or puts it together from two halves, adds them.
 */
export function routedPath(request: Request): string {
  const path = getPath(request);
  if (!path.includes('//') && !path.endsWith('/')) return path;
  const meant = path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  return /^\/(api\/webhooks|t)\//.test(meant) ? meant : path;
}

/** A name without its port, in lower case; DNS does not know case. */
const hostName = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();

export type Selectors = {
  readonly path: string | undefined;
  readonly header: string | undefined;
  readonly host: string | undefined;
};

/**
 * Which tenant's keys are to be tried: named by the path, else the header `x-tenant-id`, else the subdomain of
 * PUBLIC_HOST, in lower case as ids are; undefined: none is named. It selects and proves nothing (A3), so it may be any text.
 */
export function namedTenant({ path, header, host }: Selectors, publicHost: string | undefined): string | undefined {
  if (path !== undefined) return path.toLowerCase();
  if (header !== undefined && header !== '') return header.toLowerCase();
  if (publicHost === undefined || host === undefined) return undefined;
  const suffix = `.${hostName(publicHost)}`;
  const name = hostName(host);
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : undefined;
}
