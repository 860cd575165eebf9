import type { Verb } from '../program.ts';
import { examples, fields, instantOf, wordsOf } from '../text.ts';

/** Who may administer, and what was done. */
export const verb: Verb = (program, cli) => {
  const keys = program.command('admin-keys').description('named keys of administrators; with ADMIN_KEY alone');

  type Order = { scope: string; expires?: string };
  keys
    .command('issue <name>')
    .description('make an admin key for a person or a program; it is shown once')
    .requiredOption('--scope <scopes>', 'tenants, operations, personal, audit; a comma between them')
    .option('--expires <time>', 'it opens nothing from then on; as 2027-01-31, or 90d')
    .addHelpText('after', examples('admin-keys issue on-call --scope operations --expires 90d'))
    .action(async (name: string, { scope, expires }: Order) => {
      const scopes = wordsOf(scope);
      const expiresAt = instantAhead(expires);
      const body = { name, scopes, expiresAt };
      const issued = await cli.admin.call('POST /api/admin-keys', { body });
      cli.answer(issued, fields({ key: issued.key, keyId: issued.keyId, scopes: scopes.join(', '), expiresAt }));
      cli.remark('Keep the key now: it is stored as a hash, and cannot be shown again.');
    });

  keys
    .command('list')
    .description('the named admin keys')
    .addHelpText('after', examples('admin-keys list'))
    .action(async () =>
      cli.list(
        await cli.admin.call('GET /api/admin-keys'),
        {
          NAME: 'name',
          SCOPES: ({ scopes }) => scopes.join(','),
          CREATED: 'createdAt',
          EXPIRES: 'expiresAt',
          'LAST USED': 'lastUsedAt',
          'KEY ID': 'keyId',
        },
        'There is ADMIN_KEY alone.',
      ),
    );

  keys
    .command('revoke <keyId>')
    .description('an admin key opens nothing any more')
    .addHelpText('after', examples('admin-keys revoke 8c67714e6e547e44'))
    .action(async (keyId: string) => {
      await cli.admin.call('DELETE /api/admin-keys/{keyId}', { path: { keyId } });
      cli.answer({ keyId, revoked: true }, `${keyId} is revoked.`);
    });

  program
    .command('audit')
    .description('what administrators did, the newest first: every change, every read of personal data')
    .option('--limit <n>', 'at most so many: 1 to 200 (50)')
    .option('--cursor <cursor>', 'the page after another')
    .addHelpText('after', examples('audit --limit 20'))
    .action(async (query: { limit?: string; cursor?: string }) =>
      cli.list(
        await cli.admin.call('GET /api/audit', { query }),
        { AT: 'at', KEY: 'keyName', STATUS: 'status', METHOD: 'method', PATH: 'path', REQUEST: 'requestId' },
        'Nothing was done yet.',
      ),
    );
};

/** `90d` from now, else a time as a person writes it. */
function instantAhead(text: string | undefined): string | undefined {
  const days = /^(\d{1,4})d$/.exec(text ?? '')?.[1];
  return days === undefined
    ? instantOf(text, '--expires')
    : new Date(Date.now() + Number(days) * 86_400_000).toISOString();
}
