import type { OpenTenantDirectory } from '../../tenants/directory.ts';
import { DEFAULT_TENANT } from '../tenants/tenant.ts';
import { type RetellApi, retellApi } from './retell-api.ts';

/** RETELL_API_KEY, which is tenant `default`'s where its settings hold none, and RETELL_BASE_URL. */
export type RetellEnvironment = { readonly apiKey?: string | undefined; readonly baseUrl?: string | undefined };

type Keys = Pick<OpenTenantDirectory, 'retellApiKey'>;

/** A tenant's own key of Retell's API; undefined: it has none. */
export const retellApiKeyOf =
  (directory: Keys, { apiKey }: RetellEnvironment) =>
  (tenantId: string): string | undefined =>
    directory.retellApiKey(tenantId) ?? (tenantId === DEFAULT_TENANT ? apiKey : undefined);

/** Retell's API under a tenant's own key; undefined: it has none. */
export const retellOf = (directory: Keys, environment: RetellEnvironment) => {
  const keyOf = retellApiKeyOf(directory, environment);
  return (tenantId: string): RetellApi | undefined => {
    const key = keyOf(tenantId);
    return key === undefined ? undefined : retellApi(key, environment.baseUrl);
  };
};
