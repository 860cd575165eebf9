import type { Command } from 'commander';
import type { Tenant } from '../api.ts';
import { allTenants } from '../cli.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { type PutOptions, patchOf, retellApiKeyOf, wholeOf } from '../tenant-settings.ts';
import { examples, fields, wordsOf } from '../text.ts';

const mailOf = ({ mail }: Tenant): string =>
  mail === undefined ? '–' : `${mail.enabled ? 'on' : 'off'}${mail.recipients.map((r) => ` ${r}`).join(',')}`;

const apiKeyText = ({ keyId, name, scopes }: Tenant['apiKeys'][number]): string =>
  `${keyId} (${[name, ...scopes].filter(Boolean).join(', ')})`;

const listed = (settings: object | undefined): string | undefined =>
  Object.entries(settings ?? {})
    .map(([name, value]) => `${name} → ${value}`)
    .join(', ') || undefined;

const tenantText = (tenant: Tenant): string =>
  fields({
    id: tenant.id,
    name: tenant.name,
    timeZone: tenant.timeZone,
    defaultRegion: tenant.defaultRegion,
    mail: mailOf(tenant),
    'reconciled calls': listed(tenant.agentEndpoints),
    'field names': listed(tenant.fieldNames),
    qualification: listed(tenant.qualification),
    'placing calls': listed(tenant.calls),
    'bare signatures': tenant.acceptUntimestampedSignature ? 'accepted' : undefined,
    'Retell API key': tenant.retellApiKeySet ? 'set' : 'not set',
    'webhook keys': tenant.webhookKeys.map(({ keyId, source }) => `${keyId} (${source})`).join(', ') || 'none',
    'API keys': tenant.apiKeys.map(apiKeyText).join(', ') || 'none',
  });

const several = (value: string, before: readonly string[] = []) => [...before, ...wordsOf(value)];

/** Whose calls are taken, and how they are read. */
export const verb: Verb = (program, cli) => {
  const tenants = program.command('tenants').description('whose calls are taken, and how they are read');

  tenants
    .command('list')
    .description('all tenants')
    .addHelpText('after', examples('tenants list'))
    .action(async () =>
      cli.list(
        { items: await allTenants(cli), nextCursor: null },
        {
          ID: 'id',
          NAME: 'name',
          'TIME ZONE': 'timeZone',
          REGION: 'defaultRegion',
          MAIL: mailOf,
          'WEBHOOK KEYS': ({ webhookKeys }) => webhookKeys.length,
          'API KEYS': ({ apiKeys }) => apiKeys.length,
        },
      ),
    );

  tenants
    .command('show <id>')
    .description('one tenant, and the ids of its keys')
    .addHelpText('after', examples('tenants show acme'))
    .action(async (id: string) => {
      const tenant = await cli.admin.call('GET /api/tenants/{id}', { path: { id } });
      cli.answer(tenant, tenantText(tenant));
    });

  tenants
    .command('put <id>')
    .description('register a tenant, or change what is named of it')
    .option('--name <name>', 'what people call it')
    .option('--time-zone <zone>', 'how local times in calls are read, as Europe/Berlin')
    .option('--default-region <code>', 'how national phone numbers are read, as DE')
    .option('--mail-to <address>', 'who gets ticket mail; may be repeated', several)
    .option('--mail <on|off>', 'whether ticket mail is sent')
    .option(
      '--agent-endpoint <agent=endpoint>',
      'where an agent\'s reconciled calls belong; "none" takes it out; may be repeated',
      several,
    )
    .option(
      '--field-name <ours=theirs>',
      'the tenant\'s own names of an analysis field, "|" between several; "none" takes it out; may be repeated',
      several,
    )
    .option(
      '--qualification <when=status>',
      'what an inbound ticket becomes that nobody knows of: qualified, successful, conversation, unanswered; may be repeated',
      several,
    )
    .option(
      '--accept-untimestamped-signature <on|off>',
      'whether bare signatures count, which can be replayed for ever',
    )
    .option('--call-countries <codes>', 'those that may be called, as GB,IE; "none" lifts it', several)
    .option('--calls-per-day <n>', 'how many calls may be placed on a day; "none" lifts it')
    .option('--calls-need-scope <on|off>', 'whether a key needs the scope call to place one')
    .option(
      '--retell-api-key',
      "the tenant's key at Retell: from RETELL_API_KEY, else from stdin, never from the command line",
    )
    .option('--retell-api-key-file <file>', 'a file that holds it')
    .option('--no-retell-api-key', 'forget it')
    .option('--replace', 'unset what is not named, the Retell API key too')
    .addHelpText(
      'after',
      examples(
        'tenants put acme --name "Acme Dental" --time-zone Europe/Berlin --default-region DE',
        'tenants put acme --mail-to desk@acme.example --mail on',
        'tenants put acme --agent-endpoint agent_5f0c2b1e=retell-inbound-ticket',
        'tenants put acme --agent-endpoint agent_5f0c2b1e=none',
        'tenants put acme --retell-api-key < acme-retell.key',
        'tenants put acme --call-countries DE,AT --calls-per-day 500',
      ),
    )
    .allowExcessArguments() // a key among them must not come back in an error
    .action(async (id: string, { replace, ...options }: PutOptions & { replace?: true }, { args }: Command) => {
      if (args.length > 1)
        throw new Failure(
          2,
          'There is a word too many. A Retell API key is not taken from the command line: others can read that.',
          {
            remedy:
              'Pipe it in, put it into RETELL_API_KEY, or name a file that holds it: --retell-api-key-file <file>',
          },
        );
      const retellApiKey = await retellApiKeyOf(cli, options);
      const change = { ...patchOf(options), ...(retellApiKey !== undefined && { retellApiKey }) };
      const changed = replace ? undefined : await patch(id, change);
      const tenant =
        changed ?? (await cli.admin.call('PUT /api/tenants/{id}', { path: { id }, body: wholeOf(change) }));
      cli.answer(tenant, tenantText(tenant));
      if (options.mailTo && !tenant.mail?.enabled)
        cli.remark(`Ticket mail is off: call-ledger tenants put ${id} --mail on`);
      if (tenant.webhookKeys.length === 0)
        cli.remark(`No webhook can verify yet: call-ledger keys add-webhook ${id} --key-file <file>`);
    });

  /** Undefined: there is no such tenant yet. */
  async function patch(id: string, body: object): Promise<Tenant | undefined> {
    try {
      return await cli.admin.call('PATCH /api/tenants/{id}', { path: { id }, body });
    } catch (error) {
      if (error instanceof Failure && error.details.code === 'unknown_tenant') return undefined;
      throw error;
    }
  }
};
