import type { Answers } from '../api.ts';
import { tryEach } from '../cli.ts';
import type { Verb } from '../program.ts';
import { examples, fields } from '../text.ts';

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
    .action(async ({ tenant, ...rest }: ListOptions) =>
      cli.list(
        await cli.admin.call('GET /api/quarantine', { query: { tenantId: tenant, ...rest } }),
        {
          RECEIVED: 'receivedAt',
          REASON: 'reason',
          ENDPOINT: 'endpoint',
          BYTES: 'size',
          RELEASED: ({ released }) => released?.at,
          ID: 'id',
        },
        'Nothing is in quarantine.',
      ),
    );

  quarantine
    .command('show <id>')
    .description('one of them, with what was sent: personal data')
    .option('--max-bytes <n>', 'of the body (65536)')
    .addHelpText('after', examples('quarantine show default.9f86d081…'))
    .action(async (id: string, { maxBytes }: { maxBytes?: string }) => {
      const item = await cli.admin.call('GET /api/quarantine/{id}', { path: { id }, query: { maxBytes } });
      const { body, released, ...rest } = item;
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
      const results = await tryEach<Retried>(
        ids,
        async (id) => ({ id, ...(await cli.admin.call('POST /api/quarantine/{id}/retry', { path: { id } })) }),
        (id, reason) => ({ id, outcome: 'not_tried', reason }),
      );
      if (results.some(({ outcome }) => outcome !== 'recorded' && outcome !== 'duplicate')) cli.no();
      cli.answer(results, results.map(resultText).join('\n'));
    });
};

type Retried = { readonly id: string } & (
  | Answers['POST /api/quarantine/{id}/retry']
  | { readonly outcome: 'not_tried'; readonly reason: string }
);

function resultText(result: Retried): string {
  const { id, reason } = result;
  if (result.outcome === 'recorded') return `${id} is released: recorded as a fact of ${result.callId}`;
  if (result.outcome === 'duplicate') return `${id} is released: already a fact of ${result.callId}`;
  if (result.outcome === 'still_quarantined') return `${id} is still not understood: ${reason}`;
  return `${id} was not tried: ${reason}`;
}
