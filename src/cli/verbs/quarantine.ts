import type { JsonObject } from '../../events/json.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { examples, fields, table } from '../text.ts';

const idOf = (id: string) => encodeURIComponent(id);

/** Authentic webhooks that could not be understood. */
export const verb: Verb = (program, cli) => {
  const quarantine = program.command('quarantine').description('webhooks that were authentic and not understood');

  type ListOptions = { tenant?: string; reason?: string; released?: string; limit?: string; cursor?: string };
  quarantine
    .command('list')
    .description('what is in quarantine, newest first')
    .option('--tenant <id>', 'of this tenant only')
    .option(
      '--reason <words>',
      'not_json, schema_invalid, too_deep, too_many_fields, call_id_invalid, not_a_call, untranslatable, tenant_mismatch, stream_deleted',
    )
    .option('--released <which>', 'also what a retry has released: all; only that: true')
    .option('--limit <n>', 'at most so many: 1 to 200 (50)')
    .option('--cursor <cursor>', 'the page after another')
    .addHelpText('after', examples('quarantine list --reason untranslatable'))
    .action(async ({ tenant, ...rest }: ListOptions) => {
      const query = new URLSearchParams({ ...(tenant && { tenantId: tenant }), ...rest });
      const page = await cli.admin.get(`/api/quarantine?${query}`);
      const items = page.items as unknown as readonly (JsonObject & { released?: { at: string } })[];
      const rows = items.map((i) => [i.receivedAt, i.reason, i.endpoint, i.size, i.released?.at, i.id]);
      cli.answer(
        page,
        items.length > 0
          ? table(['RECEIVED', 'REASON', 'ENDPOINT', 'BYTES', 'RELEASED', 'ID'], rows)
          : 'Nothing is in quarantine.',
      );
      if (page.nextCursor) cli.remark(`There are more: --cursor ${page.nextCursor}`);
    });

  quarantine
    .command('show <id>')
    .description('one of them, with what was sent: personal data')
    .option('--max-bytes <n>', 'of the body (65536)')
    .addHelpText('after', examples('quarantine show default.9f86d081…'))
    .action(async (id: string, { maxBytes }: { maxBytes?: string }) => {
      const item = await cli.admin.get(`/api/quarantine/${idOf(id)}${maxBytes ? `?maxBytes=${maxBytes}` : ''}`);
      const { body, released, ...rest } = item as JsonObject & {
        body?: { encoding: string; content: string; truncated: boolean };
        released?: { at: string; callId: string };
      };
      const about = fields({
        ...rest,
        ...(released && { released: `${released.at}, as a fact of ${released.callId}` }),
      });
      const what = body ? `\n\n${body.content}${body.truncated ? '\n… (--max-bytes shows more)' : ''}` : '';
      cli.answer(item, `${about}${body?.encoding === 'base64' ? '\nbody     is no text: base64' : ''}${what}`);
    });

  quarantine
    .command('retry <ids...>')
    .description('try to understand them again, as the code and the settings now are')
    .addHelpText('after', examples('quarantine retry default.9f86d081…'))
    .action(async (ids: readonly string[]) => {
      const results: JsonObject[] = [];
      for (const id of ids) results.push({ id, ...(await retry(id)) });
      if (results.some(({ outcome }) => outcome !== 'recorded' && outcome !== 'duplicate')) cli.no();
      cli.answer(results, results.map(toldOf).join('\n'));
    });

  /** What the service refuses for one of them does not keep the others from being tried. */
  async function retry(id: string): Promise<JsonObject> {
    try {
      return await cli.admin.send('POST', `/api/quarantine/${idOf(id)}/retry`);
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== 1 || error.details.status === 401) throw error;
      return { outcome: 'not_tried', reason: error.message };
    }
  }
};

function toldOf({ id, outcome, reason, callId }: JsonObject): string {
  if (outcome === 'recorded') return `${id} is released: recorded as a fact of ${callId}`;
  if (outcome === 'duplicate') return `${id} is released: already a fact of ${callId}`;
  if (outcome === 'still_quarantined') return `${id} is still not understood: ${reason}`;
  return `${id} was not tried: ${reason}`;
}
