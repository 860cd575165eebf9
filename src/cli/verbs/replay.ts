import { signatureOf } from '../../retell-emulator/webhooks.ts';
import { DEFAULT_TENANT } from '../../tenants/tenant.ts';
import type { Answers } from '../api.ts';
import type { Cli } from '../cli.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { examples, table } from '../text.ts';
import { findWebhookKey } from '../webhook-key.ts';

type Delivery = Answers['GET /api/deliveries/{id}'];
type Options = { to: string; keyFile?: string; asRecorded?: true; tenant: string };

/** A position of the log, or an id in quarantine; everything else is a call. */
const ONE = /^(\d{1,19}|[a-z0-9][a-z0-9_-]{0,62}\.[0-9a-f]{64})$/;

const LIMIT_MS = 15_000;

/** A webhook that was recorded, delivered once more. */
export const verb: Verb = (program, cli) => {
  program
    .command('replay <delivery>')
    .description('posts a recorded webhook to an address: the same bytes. Personal data')
    .requiredOption('--to <url>', 'the address that gets it')
    .option(
      '--as-recorded',
      'with the signature that it came with, which is stale after five minutes, instead of a new one',
    )
    .option(
      '--key-file <file>',
      'holds the webhook key to sign with; default: RETELL_WEBHOOK_SECRET, else the one in DATA_DIR',
    )
    .option('--tenant <id>', 'whose call it is, where a call is named', DEFAULT_TENANT)
    .addHelpText(
      'after',
      `${examples(
        'replay 184467 --to http://127.0.0.1:8080/webhooks',
        'replay call_5f0c2b1e --to http://127.0.0.1:8080/webhooks',
        'replay default.9f86d081… --to http://127.0.0.1:3000/api/webhooks/retell',
      )}\n\nA delivery is a POSITION of \`call-ledger history\`, an ID of \`quarantine list\`, or a call: all of its deliveries.`,
    )
    .action(async (id: string, options: Options) => {
      if (!['http:', 'https:'].includes(URL.parse(options.to)?.protocol ?? ''))
        throw new Failure(2, `"${options.to}" is no address.`, {
          remedy: 'For example --to http://127.0.0.1:8080/webhooks',
        });
      const sent: { id: string; status: number; signed: string }[] = [];
      for (const one of ONE.test(id) ? [id] : await deliveriesOf(cli, id, options.tenant)) {
        const delivery = await cli.admin.call('GET /api/deliveries/{id}', { path: { id: one } });
        sent.push({ id: one, ...(await post(cli, delivery, options)) });
      }
      if (sent.some(({ status }) => status < 200 || status > 299)) cli.no();
      cli.answer({ to: options.to, sent }, table(sent, { DELIVERY: 'id', STATUS: 'status', SIGNED: 'signed' }));
    });
};

/** The positions of all facts of a call that came by webhook. */
async function deliveriesOf(cli: Cli, callId: string, tenantId: string): Promise<readonly string[]> {
  const path = { id: `call:${callId}` };
  const { items } = await cli.as(tenantId).call('GET /api/call-sessions/{id}/deliveries', { path });
  const found = items.filter((one) => one.source === 'webhook' && one.callId === callId);
  if (found.length > 0) return found.map(({ position }) => position);
  throw new Failure(1, `Nothing of ${callId} came by webhook.`);
}

async function post(cli: Cli, delivery: Delivery, options: Options): Promise<{ status: number; signed: string }> {
  const { id, tenantId, bodyBase64, signatureHeader } = delivery;
  if (bodyBase64 === undefined || signatureHeader === undefined)
    throw new Failure(1, `The bytes of ${id} are gone: they were erased, or their time was over.`);
  const body = Buffer.from(bodyBase64, 'base64');
  const key = options.asRecorded ? undefined : await findWebhookKey(cli, tenantId, options.keyFile);
  const signature = key === undefined ? signatureHeader : signatureOf(body, key.key, Date.now());
  try {
    const { status } = await fetch(options.to, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-retell-signature': signature },
      body: new Uint8Array(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    return { status, signed: key === undefined ? 'as recorded' : `anew, with ${key.from}` };
  } catch (error) {
    const { cause, message } = error as { cause?: { code?: string }; message: string };
    throw new Failure(2, `Nothing answers at ${options.to} (${cause?.code ?? message}).`, {
      remedy: 'Start it, or give another --to.',
    });
  }
}
