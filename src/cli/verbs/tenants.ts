import type { Tenant } from '../api.ts';
import { allTenants } from '../cli.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { examples, fields } from '../text.ts';

const mailOf = ({ mail }: Tenant): string =>
  mail === undefined ? '–' : `${mail.enabled ? 'on' : 'off'}${mail.recipients.map((r) => ` ${r}`).join(',')}`;

const agentsOf = ({ agentEndpoints = {} }: Tenant): string | undefined =>
  Object.entries(agentEndpoints)
    .map(([agent, endpoint]) => `${agent} → ${endpoint}`)
    .join(', ') || undefined;

const apiKeyText = ({ keyId, name, scopes }: Tenant['apiKeys'][number]): string =>
  `${keyId} (${[name, ...scopes].filter(Boolean).join(', ')})`;

const tenantText = (tenant: Tenant): string =>
  fields({
    id: tenant.id,
    name: tenant.name,
    timeZone: tenant.timeZone,
    defaultRegion: tenant.defaultRegion,
    mail: mailOf(tenant),
    'reconciled calls': agentsOf(tenant),
    'bare signatures': tenant.acceptUntimestampedSignature ? 'accepted' : undefined,
    'Retell API key': tenant.retellApiKeySet ? 'set' : 'not set',
    'webhook keys': tenant.webhookKeys.map(({ keyId, source }) => `${keyId} (${source})`).join(', ') || 'none',
    'API keys': tenant.apiKeys.map(apiKeyText).join(', ') || 'none',
  });

const several = (value: string, before: readonly string[] = []) => [
  ...before,
  ...value.split(',').map((s) => s.trim()),
];

type PutOptions = {
  name?: string;
  timeZone?: string;
  defaultRegion?: string;
  mail?: string;
  mailTo?: string[];
  agentEndpoint?: string[];
  replace?: true;
};

/** The word of the command line that takes an agent out. */
const NO_ENDPOINT = 'none';

/** From `agent=endpoint`, one or more; null takes an agent out. */
const endpointsOf = (id: string, pairs: readonly string[]): readonly (readonly [string, string | null])[] =>
  pairs.map((pair) => {
    const at = pair.lastIndexOf('=');
    if (at < 1)
      throw new Failure(2, `--agent-endpoint is an agent and an endpoint, not "${pair}".`, {
        remedy: `call-ledger tenants put ${id} --agent-endpoint agent_5f0c2b1e=retell-inbound-ticket`,
      });
    const endpoint = pair.slice(at + 1);
    return [pair.slice(0, at), endpoint === NO_ENDPOINT ? null : endpoint];
  });

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
    .option('--replace', 'unset what is not named')
    .addHelpText(
      'after',
      examples(
        'tenants put acme --name "Acme Dental" --time-zone Europe/Berlin --default-region DE',
        'tenants put acme --mail-to desk@acme.example --mail on',
        'tenants put acme --agent-endpoint agent_5f0c2b1e=retell-inbound-ticket',
        'tenants put acme --agent-endpoint agent_5f0c2b1e=none',
      ),
    )
    .action(async (id: string, { mail, mailTo, agentEndpoint, replace, ...named }: PutOptions) => {
      if (mail !== undefined && mail !== 'on' && mail !== 'off')
        throw new Failure(2, `--mail is on or off, not "${mail}".`, {
          remedy: `call-ledger tenants put ${id} --mail on`,
        });
      const agents = agentEndpoint && endpointsOf(id, agentEndpoint);
      const mailChange = {
        ...(mail !== undefined && { enabled: mail === 'on' }),
        ...(mailTo !== undefined && { recipients: mailTo }),
      };
      const hasMail = Object.keys(mailChange).length > 0;
      const change = {
        ...named,
        ...(agents && { agentEndpoints: Object.fromEntries(agents) }),
        ...(hasMail && { mail: mailChange }),
      };
      const whole = {
        ...named,
        ...(agents && { agentEndpoints: Object.fromEntries(agents.filter(([, endpoint]) => endpoint !== null)) }),
        ...(hasMail && { mail: { enabled: false, recipients: [], ...mailChange } }),
      };
      const changed = replace ? undefined : await patch(id, change);
      const tenant = changed ?? (await cli.admin.call('PUT /api/tenants/{id}', { path: { id }, body: whole }));
      cli.answer(tenant, tenantText(tenant));
      if (mailTo && !tenant.mail?.enabled) cli.remark(`Ticket mail is off: call-ledger tenants put ${id} --mail on`);
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
