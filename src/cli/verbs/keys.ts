import type { Command } from 'commander';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { readSecret } from '../secrets.ts';
import { examples, fields, wordsOf } from '../text.ts';

/** Who may ask, and whose webhooks verify. */
export const verb: Verb = (program, cli) => {
  const keys = program.command('keys').description('who may ask, and which webhooks verify');

  keys
    .command('issue <tenant>')
    .description('make an API key; it is shown once')
    .option('--scope <scopes>', 'read, write (with everything), call; a comma between them', 'read')
    .option('--name <name>', 'what it is for; a list shows it')
    .addHelpText('after', examples('keys issue acme --scope read,write --name "desk console"'))
    .action(async (tenant: string, { scope, name }: { scope: string; name?: string }) => {
      const scopes = wordsOf(scope);
      const issued = await cli.admin.call('POST /api/tenants/{id}/api-keys', {
        path: { id: tenant },
        body: { scopes, name },
      });
      cli.answer(issued, fields({ key: issued.key, keyId: issued.keyId, name, scopes: scopes.join(', ') }));
      cli.remark('Keep the key now: it is stored as a hash, and cannot be shown again.');
    });

  keys
    .command('list <tenant>')
    .description('the API keys of a tenant, and when each was last used')
    .addHelpText('after', examples('keys list acme'))
    .action(async (tenant: string) => {
      const { apiKeys } = await cli.admin.call('GET /api/tenants/{id}', { path: { id: tenant } });
      cli.list(
        { items: apiKeys, nextCursor: null },
        {
          NAME: 'name',
          SCOPES: ({ scopes }) => scopes.join(','),
          CREATED: 'createdAt',
          'LAST USED': 'lastUsedAt',
          'KEY ID': 'keyId',
        },
        `${tenant} has no API key: call-ledger keys issue ${tenant}`,
      );
    });

  keys
    .command('revoke <tenant> <keyId>')
    .description('an API key opens nothing any more')
    .addHelpText('after', examples('keys revoke acme 3k9f2m1x'))
    .action(async (tenant: string, keyId: string) => {
      await cli.admin.call('DELETE /api/tenants/{id}/api-keys/{keyId}', { path: { id: tenant, keyId } });
      cli.answer({ tenantId: tenant, keyId, revoked: true }, `${keyId} of ${tenant} is revoked.`);
    });

  keys
    .command('add-webhook <tenant>')
    .description('webhooks signed with this key verify from now on, beside those of the others; the key comes on stdin')
    .option('--key-file <file>', 'a file that holds it, instead of stdin')
    .addHelpText(
      'after',
      examples('keys add-webhook acme --key-file ./acme-webhook.key', 'keys add-webhook acme < ./acme-webhook.key'),
    )
    .allowExcessArguments() // a key among them must not come back in an error
    .action(async (tenant: string, { keyFile }: { keyFile?: string }, { args }: Command) => {
      if (args.length > 1)
        throw new Failure(2, 'A webhook key is not taken from the command line: others can read that.', {
          remedy: 'Pipe it in, or name a file that holds it: --key-file <file>',
        });
      const key = await readSecret('webhook key', { option: '--key-file', file: keyFile }, cli.terminal);
      const added = await cli.admin.call('POST /api/tenants/{id}/webhook-keys', {
        path: { id: tenant },
        body: { key },
      });
      cli.answer({ tenantId: tenant, ...added }, `${added.keyId} of ${tenant} is in force.`);
    });

  keys
    .command('retire-webhook <tenant> <keyId>')
    .description('webhooks signed with this key verify no more; what they told stays')
    .addHelpText('after', examples('keys retire-webhook acme wk_0123456789abcdef0123'))
    .action(async (tenant: string, keyId: string) => {
      await cli.admin.call('DELETE /api/tenants/{id}/webhook-keys/{keyId}', { path: { id: tenant, keyId } });
      cli.answer({ tenantId: tenant, keyId, retired: true }, `${keyId} of ${tenant} is retired.`);
    });

  keys
    .command('reseal')
    .description('seal every secret in the log under the present MASTER_KEY, in the place of MASTER_KEY_PREVIOUS')
    .addHelpText('after', examples('keys reseal'))
    .action(async () => {
      const done = await cli.admin.call('POST /api/secrets/reseal');
      if (done.closed.length > 0) cli.no();
      const closed = done.closed.map(({ tenantId, keyId }) => `\n${keyId} of ${tenantId} is opened by neither key`);
      cli.answer(done, `Secrets sealed anew: ${done.resealed}.${closed.join('')}`);
      if (done.closed.length === 0) cli.remark('MASTER_KEY_PREVIOUS can be taken out, once no process needs it.');
    });

  keys
    .command('forget-closed')
    .description('give up the secrets that no MASTER_KEY opens, because it is lost')
    .option('--yes', 'it is lost; without it nothing is done')
    .addHelpText('after', examples('keys forget-closed --yes'))
    .action(async ({ yes }: { yes?: true }) => {
      if (!yes)
        throw new Failure(2, 'Webhook keys and Retell API keys that this MASTER_KEY does not open would be given up.', {
          remedy: 'Start with the MASTER_KEY that sealed them, if there is any way. Else: keys forget-closed --yes',
        });
      const done = await cli.admin.call('POST /api/secrets/forget-closed');
      const lines = done.forgotten.map(({ tenantId, keyId }) => `${keyId} of ${tenantId} is forgotten: add it again.`);
      cli.answer(done, lines.length === 0 ? 'Every secret opens; nothing was forgotten.' : lines.join('\n'));
    });
};
