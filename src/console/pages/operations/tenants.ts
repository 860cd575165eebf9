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
import { action, details, type Html, issued, nothing, pager, table, time } from '../../parts.ts';
import { operationsPage } from './frame.ts';

type Tenant = z.infer<typeof ShownTenant>;
type AdminKey = z.infer<typeof AdminKeyAnswer>;

const ZONE = 'UTC';
const HERE = '/console/operations/tenants';
const address = (id: string) => path`/console/operations/tenants/${id}`;

async function list(c: ConsoleContext): Promise<Html> {
  const { items, nextCursor } = await adminOf(c).api.get<Page<Tenant>>('/api/tenants', {
    cursor: c.req.query('cursor'),
    limit: 50,
  });
  return html`${table(
    'Tenants by id',
    ['Tenant', 'Name', 'Time zone', 'Webhook keys', 'API keys', 'Retell API', 'Mails'],
    items.map((one) => [
      html`<a id="row-${one.id}" href="${address(one.id)}">${one.id}</a>`,
      ...[one.name, one.timeZone ?? 'UTC', one.webhookKeys.length, one.apiKeys.length],
      one.retellApiKeySet ? 'set' : 'not set',
      one.mail?.enabled ? `${one.mail.recipients.length} recipients` : 'off',
    ]),
  )}${pager(HERE, {}, nextCursor)}
<p class="faint">A tenant is registered with <code>call-ledger tenants put</code> or <code>PUT /api/tenants/{id}</code>.</p>`;
}

const scopeBoxes = (all: readonly string[], chosen: readonly string[]): Html =>
  html`<fieldset><legend>Scopes</legend>${all.map((scope) => html`<label><input type="checkbox" name="scopes" value="${scope}"${chosen.includes(scope) ? html` checked` : ''}> ${scope}</label> `)}</fieldset>`;

async function one(c: ConsoleContext, id: string, newKey?: string): Promise<Html> {
  const tenant = await adminOf(c).api.get<Tenant>(path`/api/tenants/${id}`);
  const { mail } = tenant;
  return html`<p><a href="${HERE}">Tenants</a></p>
${newKey === undefined ? nothing : issued('The new key', newKey)}
${details([
  ['Name', tenant.name],
  ['Time zone', tenant.timeZone ?? 'UTC'],
  ['Region of numbers', tenant.defaultRegion],
  ['Retell API key', tenant.retellApiKeySet ? 'set' : 'not set'],
  ['Mails', mail?.enabled ? mail.recipients.join(', ') : 'off'],
])}
<section aria-labelledby="settings"><h2 id="settings">Settings</h2>
<form method="post" action="${address(id)}" class="stack">
<label for="name">Name</label><input id="name" name="name" maxlength="200" value="${tenant.name ?? ''}">
<label for="timeZone">Time zone</label><input id="timeZone" name="timeZone" maxlength="64" placeholder="Europe/Berlin" value="${tenant.timeZone ?? ''}">
<label for="recipients">Mails of tickets go to, one address a line</label><textarea id="recipients" name="recipients" rows="3">${mail?.recipients.join('\n') ?? ''}</textarea>
<label><input type="checkbox" name="enabled" value="true"${mail?.enabled ? html` checked` : ''}> Send mails</label>
<button class="primary">Save</button></form></section>
<section aria-labelledby="api-keys"><h2 id="api-keys">API keys</h2>
${
  tenant.apiKeys.length === 0
    ? html`<p>None.</p>`
    : table(
        'API keys',
        ['Key', 'Name', 'Scopes', 'Made', 'Last used', 'Do'],
        tenant.apiKeys.map((key) => [
          key.keyId,
          key.name,
          key.scopes.join(', '),
          key.createdAt && time(key.createdAt, ZONE),
          key.lastUsedAt && time(key.lastUsedAt, ZONE),
          action(
            `${address(id)}/api-keys/${encodeURIComponent(key.keyId)}/revoke`,
            'Revoke',
            {},
            `revoke-${key.keyId}`,
          ),
        ]),
      )
}
<form method="post" action="${address(id)}/api-keys" class="stack">
<label for="keyName">Name of a new key</label><input id="keyName" name="name" maxlength="100">${scopeBoxes(scopes, ['read'])}<button>Issue an API key</button></form></section>
<section aria-labelledby="webhook-keys"><h2 id="webhook-keys">Webhook keys</h2>
${
  tenant.webhookKeys.length === 0
    ? html`<p>None: every webhook of this tenant is refused.</p>`
    : table(
        'Webhook keys',
        ['Key', 'From', 'Do'],
        tenant.webhookKeys.map((key) => [
          key.keyId,
          key.source === 'environment' ? 'RETELL_WEBHOOK_SECRET' : 'an administrator',
          key.source === 'environment'
            ? undefined
            : action(
                `${address(id)}/webhook-keys/${encodeURIComponent(key.keyId)}/retire`,
                'Retire',
                {},
                `retire-${key.keyId}`,
              ),
        ]),
      )
}
<form method="post" action="${address(id)}/webhook-keys" class="stack">
<label for="secret">A new webhook key, as Retell shows it</label><input id="secret" name="key" type="password" required minlength="8" maxlength="512" autocomplete="off"><button>Add it</button></form></section>`;
}

async function adminKeys(c: ConsoleContext, newKey?: string): Promise<Html> {
  const { items } = await adminOf(c).api.get<{ items: readonly AdminKey[] }>('/api/admin-keys');
  return html`${newKey === undefined ? nothing : issued('The new key', newKey)}
${
  items.length === 0
    ? html`<p>There are none but ADMIN_KEY.</p>`
    : table(
        'Named admin keys',
        ['Name', 'Key', 'Scopes', 'Made', 'Last used', 'Ends', 'Do'],
        items.map((key) => [
          key.name,
          key.keyId,
          key.scopes.join(', '),
          time(key.createdAt, ZONE),
          key.lastUsedAt && time(key.lastUsedAt, ZONE),
          key.expiresAt ? time(key.expiresAt, ZONE) : 'never',
          action(path`/console/operations/admin-keys/${key.keyId}/revoke`, 'Revoke', {}, `revoke-${key.keyId}`),
        ]),
      )
}
<form method="post" action="/console/operations/admin-keys" class="stack"><label for="name">Whose it is, or what for</label><input id="name" name="name" required maxlength="100">
${scopeBoxes(adminScopes, ['operations'])}<button>Issue an admin key</button></form>`;
}

/** Tenants and keys. What is issued is on the answer to the form, and never in an address. */
export function tenantPages(app: Hono<ConsoleEnv>): void {
  app.get(HERE, async (c) => c.html(operationsPage(c, 'Tenants', await list(c))));
  app.get('/console/operations/tenants/:id', async (c) => {
    const id = c.req.param('id');
    return c.html(operationsPage(c, `Tenant ${id}`, await one(c, id)));
  });
  app.post('/console/operations/tenants/:id', async (c) => {
    const id = c.req.param('id');
    const form = await c.req.parseBody();
    const recipients = (typed(form.recipients) ?? '').split(/\s*\n\s*/).filter(Boolean);
    const mail = { enabled: form.enabled === 'true', recipients };
    const settings = { name: typed(form.name) ?? null, timeZone: typed(form.timeZone) ?? null, mail };
    await adminOf(c).api.send('PATCH', path`/api/tenants/${id}`, settings);
    return c.redirect(`${address(id)}?done=settings`, 303);
  });
  app.post('/console/operations/tenants/:id/api-keys', async (c) => {
    const id = c.req.param('id');
    const form = await c.req.parseBody({ all: true });
    const name = typed(form.name);
    const order = { scopes: every(form.scopes), ...(name && { name }) };
    const { key } = await adminOf(c).api.send<{ key: string }>('POST', path`/api/tenants/${id}/api-keys`, order);
    return c.html(operationsPage(c, `Tenant ${id}`, await one(c, id, key)));
  });
  app.post('/console/operations/tenants/:id/webhook-keys', async (c) => {
    const id = c.req.param('id');
    const { key } = await c.req.parseBody();
    await adminOf(c).api.send('POST', path`/api/tenants/${id}/webhook-keys`, { key: typed(key) });
    return c.redirect(`${address(id)}?done=settings`, 303);
  });
  for (const [kind, word, done] of [
    ['api-keys', 'revoke', 'revoked'],
    ['webhook-keys', 'retire', 'retired'],
  ] as const)
    app.post(`/console/operations/tenants/:id/${kind}/:keyId/${word}`, async (c) => {
      const { id, keyId } = c.req.param();
      await adminOf(c).api.send('DELETE', `${path`/api/tenants/${id!}`}/${kind}/${encodeURIComponent(keyId!)}`);
      return c.redirect(`${address(id!)}?done=${done}`, 303);
    });

  app.get('/console/operations/admin-keys', async (c) => c.html(operationsPage(c, 'Admin keys', await adminKeys(c))));
  app.post('/console/operations/admin-keys', async (c) => {
    const form = await c.req.parseBody({ all: true });
    const order = { name: typed(form.name), scopes: every(form.scopes) };
    const { key } = await adminOf(c).api.send<{ key: string }>('POST', '/api/admin-keys', order);
    return c.html(operationsPage(c, 'Admin keys', await adminKeys(c, key)));
  });
  app.post('/console/operations/admin-keys/:keyId/revoke', async (c) => {
    await adminOf(c).api.send('DELETE', path`/api/admin-keys/${c.req.param('keyId')}`);
    return c.redirect('/console/operations/admin-keys?done=revoked', 303);
  });
}
