import type { OpenTenantDirectory } from '../tenants/directory.ts';
import { DEFAULT_TENANT } from '../tenants/tenant.ts';
import { type RetellApi, retellApi } from './retell-api.ts';

/** RETELL_API_KEY, which is tenant `default`'s where its settings hold none, and RETELL_BASE_URL. */
export type RetellEnvironment = { readonly apiKey?: string | undefined; readonly baseUrl?: string | undefined };

/** Retell's API under a tenant's own key; undefined: it has none. */
export const retellOf =
  (directory: Pick<OpenTenantDirectory, 'retellApiKey'>, { apiKey, baseUrl }: RetellEnvironment) =>
  (tenantId: string): RetellApi | undefined => {
    const key = directory.retellApiKey(tenantId) ?? (tenantId === DEFAULT_TENANT ? apiKey : undefined);
    return key === undefined ? undefined : retellApi(key, baseUrl);
  };
