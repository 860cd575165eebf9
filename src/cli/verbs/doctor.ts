import { isJsonObject } from '../../events/json.ts';
import { sealingUnder } from '../../tenants/sealing.ts';
import { DEFAULT_TENANT } from '../../tenants/tenant.ts';
import type { Answers } from '../api.ts';
import { allTenants, type Cli, version as ours } from '../cli.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { type Finding, type Found, fail, ok, readiness, skip } from '../readiness.ts';
import type { Answer } from '../service.ts';
import { examples } from '../text.ts';

/** What an earlier check has seen and a later one needs. */
type Seen = {
  live?: Answer;
  askedAt: number;
  answeredAt: number;
  /** Of the default tenant. */
  webhookKeys?: readonly { readonly keyId: string; readonly source: 'admin' | 'environment' }[];
};
type Check = { readonly name: string; readonly run: (cli: Cli, seen: Seen) => Promise<Found | readonly Finding[]> };

/** In order: what comes later rests on what comes before. None of them leaves a trace. */
const checks: readonly Check[] = [
  { name: 'service', run: reachable },
  { name: 'ready', run: readiness },
  { name: 'clock', run: clock },
  { name: 'version', run: version },
  { name: 'admin key', run: adminKey },
  { name: 'API key', run: apiKey },
  { name: 'webhook door', run: webhooks },
  { name: 'webhook secret', run: webhookSecret },
  { name: 'Retell, mail server', run: outside },
  { name: 'webhook endpoints', run: webhookEndpoints },
];

async function examine(cli: Cli): Promise<readonly Finding[]> {
  const seen: Seen = { askedAt: 0, answeredAt: 0 };
  const findings: Finding[] = [];
  for (const { name, run } of checks) {
    const found =
      findings[0]?.status === 'fail' ? skip('the service does not answer') : await run(cli, seen).catch(failed);
    findings.push(...('status' in found ? [{ name, ...found }] : found));
  }
  return findings;
}

function failed(error: unknown): Found {
  if (!(error instanceof Failure)) throw error;
  return fail(error.message, error.details.remedy);
}

async function reachable({ anyone, url }: Cli, seen: Seen): Promise<Found> {
  seen.askedAt = Date.now();
  seen.live = await anyone.ask('GET /health/live');
  seen.answeredAt = Date.now();
  const { status, body } = seen.live;
  return status === 200 && isJsonObject(body) && body.status === 'ok'
    ? ok(`${url} answers in ${seen.answeredAt - seen.askedAt} ms`)
    : fail(`What answers at ${url} is no Call Ledger (${status}).`, 'Check --url.');
}

/** The header tells whole seconds. Signatures are taken within 300 s of the service's clock (docs/webhooks.md). */
const SKEW_MS = 30_000;
const API_VERSION = '1';

async function clock(_: Cli, { live, askedAt, answeredAt }: Seen): Promise<Found> {
  const date = Date.parse(live?.headers.get('date') ?? '');
  if (Number.isNaN(date)) return skip('the service tells no time (no Date header)');
  const skew = date + 500 - (askedAt + answeredAt) / 2;
  const seconds = Math.abs(Math.round(skew / 1000));
  if (Math.abs(skew) <= SKEW_MS) return ok(seconds <= 1 ? 'as here' : `within ${seconds} s of here`);
  return fail(
    `the service is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} this machine; it refuses webhooks signed more than 300 s from its own time (sig_stale)`,
    'Set the clocks by NTP: first that of the service, then the one here.',
  );
}

async function version({ anyone }: Cli): Promise<Found> {
  const { status, body } = await anyone.ask('GET /openapi.json');
  const info = isJsonObject(body) && isJsonObject(body.info) ? body.info : undefined;
  if (info === undefined) return fail(`/openapi.json answers ${status}, and is no OpenAPI document.`, 'Check --url.');
  return info.version === API_VERSION
    ? ok(`API ${info.version}, /openapi.json is served; these commands are of call-ledger ${ours}`)
    : fail(`the service speaks API ${info.version}, these commands ${API_VERSION}`, 'Run the commands of its release.');
}

/** Of the tenants that lack something, so many are named. */
const NAMED = 10;

async function adminKey(cli: Cli, seen: Seen): Promise<Found> {
  const tenants = await allTenants(cli);
  seen.webhookKeys = tenants.find(({ id }) => id === DEFAULT_TENANT)?.webhookKeys ?? [];
  const mute = tenants.filter(({ webhookKeys }) => webhookKeys.length === 0).map(({ id }) => id);
  const { from } = await cli.keys.admin();
  if (mute.length === tenants.length)
    return fail('it works, but no tenant has a webhook key', 'call-ledger keys add-webhook default --key-file <file>');
  const more = mute.length > NAMED ? ` and ${mute.length - NAMED} more` : '';
  const without = mute.length > 0 ? `; without a webhook key: ${mute.slice(0, NAMED).join(', ')}${more}` : '';
  return ok(`${from} works; ${tenants.length === 1 ? '1 tenant' : `${tenants.length} tenants`}${without}`);
}

async function apiKey(cli: Cli): Promise<Found> {
  await cli.as(undefined).call('GET /api/call-sessions', { query: { limit: '1' } });
  return ok(`${(await cli.keys.api(undefined)).from} works`);
}

/** Unsigned on purpose: it is refused before anything is kept of it. */
async function webhooks({ anyone }: Cli): Promise<Found> {
  const { status, body } = await anyone.ask('POST /api/webhooks/retell', { body: {} });
  const code = isJsonObject(body) ? body.code : undefined;
  if (status === 401 && code === 'sig_missing') return ok('open, and refuses what is not signed');
  if (status === 429) return skip('too many unverified requests came from here; ask again in a minute');
  if (status === 404)
    return fail(
      'this process takes no webhooks',
      'Give it the role ingest (ROLES), or point --url at one that has it.',
    );
  return fail(
    `an unsigned webhook is answered ${status} ${code ?? ''} and not 401 sig_missing`,
    'See what stands between here and the service: --url must lead to it directly.',
  );
}

/** By the ids of the keys, which follow from MASTER_KEY: nothing is sent that could be taken for a webhook. */
async function webhookSecret({ keys }: Cli, { webhookKeys }: Seen): Promise<Found> {
  const secret = await keys.find('RETELL_WEBHOOK_SECRET');
  const masters = [await keys.find('MASTER_KEY'), await keys.find('MASTER_KEY_PREVIOUS')].filter((key) => !!key);
  if (webhookKeys === undefined) return skip('needs the admin key');
  if (!secret || masters.length === 0) return skip('needs RETELL_WEBHOOK_SECRET and MASTER_KEY here, to compare');
  const inForce = secret.key.split(',').map((key) => {
    const ids = masters.map((master) => sealingUnder(master.key).webhookKeyId(DEFAULT_TENANT, key.trim()));
    return webhookKeys.find(({ keyId }) => ids.includes(keyId))?.keyId;
  });
  if (!inForce.includes(undefined)) return ok(`${secret.from} is in force: ${inForce.join(', ')}`);
  const others = webhookKeys.filter(({ keyId, source }) => source === 'admin' && !inForce.includes(keyId));
  if (others.length > 0)
    return skip(
      `cannot be told of ${secret.from}: it may be ${others.map(({ keyId }) => keyId).join(' or ')}, which was added under an earlier MASTER_KEY, or not be in force`,
    );
  return fail(
    `${secret.from} is not in force for tenant ${DEFAULT_TENANT} (or MASTER_KEY here is not the service's)`,
    'Restart the service with it, or correct it here.',
  );
}

/** The service asks: its keys and its way out count, not those of this machine. */
async function outside({ admin }: Cli, { webhookKeys }: Seen): Promise<Found | readonly Finding[]> {
  if (webhookKeys === undefined) return skip('needs the admin key');
  const { status } = await admin.ask('GET /api/outside');
  if (status === 404) return skip('the process at --url has not the role react, which asks and sends');
  const { retell, keysNotTried, mail } = await admin.call('GET /api/outside');
  const found = retell.map(({ tenants, state, reason }) => {
    const whose = `the key of ${tenants.slice(0, 5).join(', ')}${tenants.length > 5 ? ' …' : ''}`;
    if (state === 'ok') return ok(`answers, and takes ${whose}`);
    const said = state === 'refused' ? `refuses ${whose}` : `does not answer, asked with ${whose}`;
    return fail(`${said} (${reason}): what webhooks lost is not found`, retellRemedy[state]);
  });
  if (found.length === 0) found.push(skip('off, no RETELL_API_KEY: no call is placed, no lost webhook is looked for'));
  if (keysNotTried > 0) found.push(skip(`${keysNotTried} further keys were not tried`));
  return [...found.map((one) => ({ name: 'Retell', ...one })), { name: 'mail server', ...mailFound(mail) }];
}

const retellRemedy: Readonly<Record<string, string>> = {
  refused: "Correct RETELL_API_KEY, or the tenant's setting retellApiKey.",
  no_answer: 'See that the service may reach Retell (RETELL_BASE_URL, a firewall), and whether Retell is well.',
};

function mailFound({ state, reason }: Answers['GET /api/outside']['mail']): Found {
  if (state === 'ok') return ok('answers, and takes the login of SMTP_URL; nothing was sent');
  if (state === 'off') return skip('off, no SMTP_URL: mails of tickets are recorded as not sent');
  return state === 'refused'
    ? fail(`refuses the login (${reason}): mails wait for a day`, 'Correct user and password in SMTP_URL.')
    : fail(`cannot be used (${reason}): mails wait for a day`, 'See that it runs, and that SMTP_URL names it.');
}

/** Of the tenant of the API key. Nothing is sent to them. */
async function webhookEndpoints(cli: Cli): Promise<Found> {
  const { status } = await cli.as(undefined).ask('GET /api/webhook-endpoints');
  if (status === 401 || status === 403) return skip('needs an API key with the scope write');
  if (status === 404) return skip('the process at --url has not the role react, which sends');
  const { items } = await cli.as(undefined).call('GET /api/webhook-endpoints');
  if (items.length === 0) return skip('there is none: nothing is sent');
  const gone = items.filter(({ pausedBecause }) => pausedBecause).map(({ id }) => `${id} answered 410 and is paused`);
  const closed = items.filter(({ needsSecret }) => needsSecret).map(({ id }) => `MASTER_KEY opens no secret of ${id}`);
  const ill = [...gone, ...closed];
  if (ill.length === 0) return ok(`${items.length}; endpoints deliveries <id> says what they answer`);
  return fail(ill.join('; '), 'call-ledger endpoints rotate-secret, resume or remove <id>');
}

const marks = { ok: 'ok   ', fail: 'FAIL ', skip: 'skip ' } as const;

const line = ({ name, status, detail, remedy }: Finding): string =>
  `${marks[status]} ${name.padEnd(22)} ${detail}${remedy ? `\n${' '.repeat(29)}→ ${remedy}` : ''}`;

/** Whether all is well, and what to do where it is not. */
export const verb: Verb = (program, cli) => {
  program
    .command('doctor')
    .description('examines the service and the keys, and says what to do; it changes nothing')
    .addHelpText('after', examples('doctor', 'doctor --url https://calls.example.com --json'))
    .action(async () => {
      const findings = await examine(cli);
      const ill = findings.filter(({ status }) => status === 'fail').length;
      if (ill > 0) cli.no();
      cli.answer(
        { ok: ill === 0, checks: findings },
        `${findings.map(line).join('\n')}\n\n${ill === 0 ? 'All is well.' : `${ill} of ${findings.length} need attention.`}`,
      );
    });
};
