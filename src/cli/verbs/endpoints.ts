import { setTimeout as sleep } from 'node:timers/promises';
import type { WebhookDelivery } from '../api.ts';
import type { Verb } from '../program.ts';
import { examples, fields, wordsOf } from '../text.ts';

const ID = 'we_0b54b1c6-6f0c-4f0e-9a53-0d6d1a0c8f11';

const answered = ({ state, attempts, lastStatus, lastFailure }: WebhookDelivery): string =>
  `${state} after ${attempts} attempts${(lastStatus ?? lastFailure) ? `: ${lastStatus ?? lastFailure}` : ''}`;

/** How long `test` waits for what comes of it. */
const TEST_MS = 20_000;
const LOOK_MS = 250;

/** Where news is sent to (docs/outgoing-webhooks.md). With the API key of the tenant, which needs the scope `write`. */
export const verb: Verb = (program, cli) => {
  const endpoints = program.command('endpoints').description('where news is sent to: outgoing webhooks');
  const service = () => cli.as(undefined);

  endpoints
    .command('list')
    .description('the endpoints of the tenant')
    .addHelpText('after', examples('endpoints list'))
    .action(async () => {
      const { items } = await service().call('GET /api/webhook-endpoints');
      const rows = items.map(({ events, ...rest }) => ({ ...rest, events: events.join(' ') }));
      const columns = { ID: 'id', STATE: 'state', URL: 'url', EVENTS: 'events' } as const;
      cli.list({ items: rows }, columns, 'There is no endpoint.');
    });

  endpoints
    .command('add <url>')
    .description('has news sent there; its secret is shown once')
    .requiredOption(
      '--events <types>',
      'with commas: call.outcome.changed, appointment.changed, ticket.opened, ticket.changed',
    )
    .option('--description <text>', 'for people')
    .addHelpText(
      'after',
      examples('endpoints add https://example.com/hook --events call.outcome.changed,ticket.opened'),
    )
    .action(async (url: string, { events, description }: { events: string; description?: string }) => {
      const body = { url, events: wordsOf(events), description };
      const added = await service().call('POST /api/webhook-endpoints', { body });
      cli.answer(added, fields({ id: added.id, secret: added.secret }));
      cli.remark('Keep the secret now: it cannot be shown again.');
    });

  for (const [name, state, description] of [
    ['pause', 'paused', 'has nothing more sent there; what changes meanwhile is not queued'],
    ['resume', 'active', 'has news sent there again'],
  ] as const)
    endpoints
      .command(`${name} <id>`)
      .description(description)
      .addHelpText('after', examples(`endpoints ${name} ${ID}`))
      .action(async (id: string) => {
        const changed = await service().call('PATCH /api/webhook-endpoints/{id}', { path: { id }, body: { state } });
        cli.answer(changed, `${id} is ${changed.state}.`);
      });

  endpoints
    .command('remove <id>')
    .description('forgets an endpoint, with what is queued for it')
    .addHelpText('after', examples(`endpoints remove ${ID}`))
    .action(async (id: string) => {
      await service().call('DELETE /api/webhook-endpoints/{id}', { path: { id } });
      cli.answer({ id, removed: true }, `${id} is removed.`);
    });

  endpoints
    .command('rotate-secret <id>')
    .description('has a new secret sign; the one before it does so too for 24 hours')
    .addHelpText('after', examples(`endpoints rotate-secret ${ID}`))
    .action(async (id: string) => {
      const rotated = await service().call('POST /api/webhook-endpoints/{id}/rotate-secret', { path: { id } });
      cli.answer(rotated, fields({ id, secret: rotated.secret }));
    });

  endpoints
    .command('test <id>')
    .description('sends a message that is about nothing, and says what came of it')
    .addHelpText('after', examples(`endpoints test ${ID}`))
    .action(async (id: string) => {
      const path = { id };
      let sent = await service().call('POST /api/webhook-endpoints/{id}/test', { path });
      const ends = Date.now() + TEST_MS;
      while (sent.attempts === 0 && Date.now() < ends) {
        await sleep(LOOK_MS);
        const { items } = await service().call('GET /api/webhook-endpoints/{id}/deliveries', { path });
        sent = items.find((one) => one.id === sent.id) ?? sent;
      }
      if (sent.state !== 'delivered') cli.no();
      cli.answer(sent, answered(sent));
    });

  endpoints
    .command('deliveries <id>')
    .description('what became of the messages, the newest first')
    .option('--state <state>', 'pending, delivered or dead')
    .option('--limit <number>', 'at most', '50')
    .option('--cursor <cursor>', 'go on behind a page')
    .addHelpText('after', examples(`endpoints deliveries ${ID} --state dead`))
    .action(async (id: string, query: { state?: string; limit: string; cursor?: string }) => {
      const page = await service().call('GET /api/webhook-endpoints/{id}/deliveries', { path: { id }, query });
      const items = page.items.map((one) => ({ ...one, last: one.lastStatus ?? one.lastFailure ?? '' }));
      const columns = { ID: 'id', TYPE: 'type', STATE: 'state', ATTEMPTS: 'attempts', LAST: 'last' } as const;
      cli.list({ ...page, items }, columns, 'There is none.');
    });

  endpoints
    .command('retry <id> <deliveryId>')
    .description('has one message sent again')
    .addHelpText('after', examples(`endpoints retry ${ID} 5a2b2f1e-8f5f-4a37-9a4e-2f6f5d5c2b7a`))
    .action(async (id: string, deliveryId: string) => {
      const route = 'POST /api/webhook-endpoints/{id}/deliveries/{deliveryId}/retry';
      cli.answer(await service().call(route, { path: { id, deliveryId } }), `${deliveryId} is sent again.`);
    });

  endpoints
    .command('replay <id>')
    .description('sends everything from a time on, or behind a position of the log')
    .requiredOption('--from <time|position>', 'inclusive, or exclusive')
    .addHelpText('after', examples(`endpoints replay ${ID} --from 2026-11-30T00:00:00Z`))
    .action(async (id: string, { from }: { from: string }) => {
      const answer = await service().call('POST /api/webhook-endpoints/{id}/replay', { path: { id }, body: { from } });
      cli.answer(answer, `${answer.count} messages are sent.`);
    });
};
