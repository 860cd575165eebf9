/** A name without its port, in lower case; DNS does not know case. */
const hostName = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();

export type Selectors = {
  readonly path: string | undefined;
  readonly header: string | undefined;
  readonly host: string | undefined;
};

/**
 * Which tenant's keys are to be tried: named by the path, else the header `x-tenant-id`, else the subdomain of
 * PUBLIC_HOST; undefined: none is named. It selects and proves nothing (A3), so it may be any text.
 */
export function namedTenant({ path, header, host }: Selectors, publicHost: string | undefined): string | undefined {
  if (path !== undefined) return path;
  if (header !== undefined && header !== '') return header;
  if (publicHost === undefined || host === undefined) return undefined;
  const suffix = `.${hostName(publicHost)}`;
  const name = hostName(host);
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : undefined;
}
