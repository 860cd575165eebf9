import type { Command } from 'commander';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { readSecret } from '../secret-input.ts';
import { examples, fields } from '../text.ts';

const at = (tenant: string, kind: 'api-keys' | 'webhook-keys', keyId?: string) =>
  `/api/tenants/${encodeURIComponent(tenant)}/${kind}${keyId === undefined ? '' : `/${encodeURIComponent(keyId)}`}`;

/** Who may ask, and whose webhooks verify. */
export const verb: Verb = (program, cli) => {
  const keys = program.command('keys').description('who may ask, and which webhooks verify');

  keys
    .command('issue <tenant>')
    .description('make an API key; it is shown once')
    .option('--scope <scopes>', 'read, or read,write', 'read')
    .addHelpText('after', examples('keys issue acme --scope read,write'))
    .action(async (tenant: string, { scope }: { scope: string }) => {
      const scopes = scope.split(',').map((word) => word.trim());
      const issued = await cli.admin.send('POST', at(tenant, 'api-keys'), { scopes });
      cli.answer(issued, fields({ key: issued.key, keyId: issued.keyId, scopes: scopes.join(', ') }));
      cli.remark('Keep the key now: it is stored as a hash, and cannot be shown again.');
    });

  keys
    .command('revoke <tenant> <keyId>')
    .description('an API key opens nothing any more')
    .addHelpText('after', examples('keys revoke acme 3k9f2m1x'))
    .action(async (tenant: string, keyId: string) => {
      await cli.admin.send('DELETE', at(tenant, 'api-keys', keyId));
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
      const key = await readSecret('webhook key', keyFile);
      const added = await cli.admin.send('POST', at(tenant, 'webhook-keys'), { key });
      cli.answer({ tenantId: tenant, ...added }, `${added.keyId} of ${tenant} is in force.`);
    });

  keys
    .command('retire-webhook <tenant> <keyId>')
    .description('webhooks signed with this key verify no more; what they told stays')
    .addHelpText('after', examples('keys retire-webhook acme wk_0123456789abcdef0123'))
    .action(async (tenant: string, keyId: string) => {
      await cli.admin.send('DELETE', at(tenant, 'webhook-keys', keyId));
      cli.answer({ tenantId: tenant, keyId, retired: true }, `${keyId} of ${tenant} is retired.`);
    });
};
