import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { z } from 'zod';
import type { AdminKey as AdminKeyAnswer } from '../../../administration/access-routes.ts';
import type { ShownTenant } from '../../../administration/tenant-routes.ts';
import { adminScopes } from '../../../events/administration-facts.ts';
import { scopes } from '../../../events/tenant-facts.ts';
import { type Page, path } from '../../api.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv } from '../../console-env.ts';
import { every, typed } from '../../forms.ts';
import { act } from '../../layout.ts';
import { action, checkboxes, details, type Html, issued, pager, rowLink, section, table, utc } from '../../parts.ts';
import { operationsPage, showOperations } from './frame.ts';

type Tenant = z.infer<typeof ShownTenant>;
type AdminKey = z.infer<typeof AdminKeyAnswer>;

const HERE = '/console/operations/tenants';
const address = (id: string) => path`/console/operations/tenants/${id}`;

async function list(c: ConsoleContext): Promise<Html> {
  const { items, nextCursor } = await adminOf(c).api.get<Page<Tenant>>('/api/tenants', {
    cursor: c.req.query('cursor'),
    limit: 50,
  });
  return html`${table('Tenants by id', items, {
    Tenant: ({ id }) => rowLink(id, address(id), id),
    Name: ({ name }) => name,
    'Time zone': ({ timeZone }) => timeZone ?? 'UTC',
    'Webhook keys': ({ webhookKeys }) => webhookKeys.length,
    'API keys': ({ apiKeys }) => apiKeys.length,
    'Retell API': ({ retellApiKeySet }) => (retellApiKeySet ? 'set' : 'not set'),
    Mails: ({ mail }) => (mail?.enabled ? `${mail.recipients.length} recipients` : 'off'),
  })}${pager(HERE, {}, nextCursor)}
<p class="faint">A tenant is registered with <code>call-ledger tenants put</code> or <code>PUT /api/tenants/{id}</code>.</p>`;
}

const settings = ({ id, name, timeZone, mail }: Tenant): Html => html`
<form method="post" action="${address(id)}" class="stack">
<label for="name">Name</label><input id="name" name="name" maxlength="200" value="${name ?? ''}">
<label for="timeZone">Time zone</label><input id="timeZone" name="timeZone" maxlength="64" placeholder="Europe/Berlin" value="${timeZone ?? ''}">
<label for="recipients">Mails of tickets go to, one address a line</label><textarea id="recipients" name="recipients" rows="3">${mail?.recipients.join('\n') ?? ''}</textarea>
<label><input type="checkbox" name="enabled" value="true"${mail?.enabled ? html` checked` : ''}> Send mails</label>
<button class="primary">Save</button></form>`;

const apiKeys = ({ id, apiKeys: keys }: Tenant): Html => html`
${table(
  'API keys',
  keys,
  {
    Key: ({ keyId }) => keyId,
    Name: ({ name }) => name,
    Scopes: ({ scopes }) => scopes.join(', '),
    Made: ({ createdAt }) => utc(createdAt),
    'Last used': ({ lastUsedAt }) => utc(lastUsedAt),
    Do: ({ keyId }) =>
      action(path`/console/operations/tenants/${id}/api-keys/${keyId}/revoke`, 'Revoke', {}, `revoke-${keyId}`),
  },
  'None.',
)}
<form method="post" action="${address(id)}/api-keys" class="stack">
<label for="keyName">Name of a new key</label><input id="keyName" name="name" maxlength="100">${checkboxes('Scopes', 'scopes', scopes, ['read'])}<button>Issue an API key</button></form>`;

const webhookKeys = ({ id, webhookKeys: keys }: Tenant): Html => html`
${table(
  'Webhook keys',
  keys,
  {
    Key: ({ keyId }) => keyId,
    From: ({ source }) => (source === 'environment' ? 'RETELL_WEBHOOK_SECRET' : 'an administrator'),
    Do: ({ keyId, source }) =>
      source === 'environment'
        ? undefined
        : action(path`/console/operations/tenants/${id}/webhook-keys/${keyId}/retire`, 'Retire', {}, `retire-${keyId}`),
  },
  'None: every webhook of this tenant is refused.',
)}
<form method="post" action="${address(id)}/webhook-keys" class="stack">
<label for="secret">A new webhook key, as Retell shows it</label><input id="secret" name="key" type="password" required minlength="8" maxlength="512" autocomplete="off"><button>Add it</button></form>`;

async function one(c: ConsoleContext, id: string, newKey?: string): Promise<Html> {
  const tenant = await adminOf(c).api.get<Tenant>(path`/api/tenants/${id}`);
  const { name, timeZone, defaultRegion, retellApiKeySet, mail } = tenant;
  const content = html`<p><a href="${HERE}">Tenants</a></p>
${issued('The new key', newKey)}
${details({
  Name: name,
  'Time zone': timeZone ?? 'UTC',
  'Region of numbers': defaultRegion,
  'Retell API key': retellApiKeySet ? 'set' : 'not set',
  Mails: mail?.enabled ? mail.recipients.join(', ') : 'off',
})}
${section('settings', 'Settings', settings(tenant))}
${section('api-keys', 'API keys', apiKeys(tenant))}
${section('webhook-keys', 'Webhook keys', webhookKeys(tenant))}`;
  return operationsPage(c, `Tenant ${id}`, content);
}

async function adminKeys(c: ConsoleContext, newKey?: string): Promise<Html> {
  const { items } = await adminOf(c).api.get<{ items: readonly AdminKey[] }>('/api/admin-keys');
  return html`${issued('The new key', newKey)}
${table(
  'Named admin keys',
  items,
  {
    Name: ({ name }) => name,
    Key: ({ keyId }) => keyId,
    Scopes: ({ scopes }) => scopes.join(', '),
    Made: ({ createdAt }) => utc(createdAt),
    'Last used': ({ lastUsedAt }) => utc(lastUsedAt),
    Ends: ({ expiresAt }) => (expiresAt ? utc(expiresAt) : 'never'),
    Do: ({ keyId }) => action(path`/console/operations/admin-keys/${keyId}/revoke`, 'Revoke', {}, `revoke-${keyId}`),
  },
  'There are none but ADMIN_KEY.',
)}
<form method="post" action="/console/operations/admin-keys" class="stack"><label for="name">Whose it is, or what for</label><input id="name" name="name" required maxlength="100">
${checkboxes('Scopes', 'scopes', adminScopes, ['operations'])}<button>Issue an admin key</button></form>`;
}

/** Tenants and keys. What is issued is on the answer to the form, and never in an address. */
export function tenantPages(app: Hono<ConsoleEnv>): void {
  showOperations(app, HERE, 'Tenants', list);
  app.get('/console/operations/tenants/:id', async (c) => c.html(await one(c, c.req.param('id'))));
  act(app, '/console/operations/tenants/:id', async (c, form) => {
    const id = c.req.param('id');
    const recipients = (typed(form.recipients) ?? '').split(/\s*\n\s*/).filter(Boolean);
    const mail = { enabled: form.enabled === 'true', recipients };
    const settings = { name: typed(form.name) ?? null, timeZone: typed(form.timeZone) ?? null, mail };
    await adminOf(c).api.send('PATCH', path`/api/tenants/${id}`, settings);
    return `${address(id)}?done=settings`;
  });
  app.post('/console/operations/tenants/:id/api-keys', async (c) => {
    const id = c.req.param('id');
    const form = await c.req.parseBody({ all: true });
    const name = typed(form.name);
    const order = { scopes: every(form.scopes), ...(name && { name }) };
    const { key } = await adminOf(c).api.send<{ key: string }>('POST', path`/api/tenants/${id}/api-keys`, order);
    return c.html(await one(c, id, key));
  });
  act(app, '/console/operations/tenants/:id/webhook-keys', async (c, { key }) => {
    const id = c.req.param('id');
    await adminOf(c).api.send('POST', path`/api/tenants/${id}/webhook-keys`, { key: typed(key) });
    return `${address(id)}?done=settings`;
  });
  act(app, '/console/operations/tenants/:id/api-keys/:keyId/revoke', async (c) => {
    const { id, keyId } = c.req.param();
    await adminOf(c).api.send('DELETE', path`/api/tenants/${id}/api-keys/${keyId}`);
    return `${address(id)}?done=revoked`;
  });
  act(app, '/console/operations/tenants/:id/webhook-keys/:keyId/retire', async (c) => {
    const { id, keyId } = c.req.param();
    await adminOf(c).api.send('DELETE', path`/api/tenants/${id}/webhook-keys/${keyId}`);
    return `${address(id)}?done=retired`;
  });

  showOperations(app, '/console/operations/admin-keys', 'Admin keys', (c) => adminKeys(c));
  app.post('/console/operations/admin-keys', async (c) => {
    const form = await c.req.parseBody({ all: true });
    const order = { name: typed(form.name), scopes: every(form.scopes) };
    const { key } = await adminOf(c).api.send<{ key: string }>('POST', '/api/admin-keys', order);
    return c.html(operationsPage(c, 'Admin keys', await adminKeys(c, key)));
  });
  act(app, '/console/operations/admin-keys/:keyId/revoke', async (c) => {
    await adminOf(c).api.send('DELETE', path`/api/admin-keys/${c.req.param('keyId')}`);
    return '/console/operations/admin-keys?done=revoked';
  });
}
