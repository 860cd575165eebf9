import type { Tenant, TenantDirectory } from '../../src/tenants/tenant.ts';

export const TENANT = 'acme';
export const RECIPIENTS = ['desk@acme.example', 'boss@acme.example'];

/** Who wants mails, changed at will; the real directory is tested where it lives. */
export function tenantsWith(mail: Tenant['settings']['mail'] = { enabled: true, recipients: RECIPIENTS }) {
  const settings: { mail?: Tenant['settings']['mail'] } = { mail };
  const tenant = (id: string): Tenant => ({
    id,
    settings: { name: 'Acme Dental', timeZone: 'Europe/Berlin', ...settings } as Tenant['settings'],
    webhookKeys: [],
    formerWebhookKeys: [],
    apiKeys: [],
  });
  const directory: TenantDirectory = {
    get: tenant,
    list: () => [tenant(TENANT)],
    holding: () => [],
    ready: () => true,
  };
  return { directory, settings };
}
