import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../events/json.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { examples, table } from '../text.ts';

type TicketOptions = { tenant: string };

const pathOf = (ticketId: string, tenant: string) =>
  `/api/tenants/${encodeURIComponent(tenant)}/tickets/${encodeURIComponent(ticketId)}/mail`;

const outcomes: Readonly<Record<string, string>> = {
  redriven: 'will be tried once more',
  nothing_to_send: 'has nothing to send: no mail is due for it',
  already_sent: 'was sent; a mail that was sent is never sent again',
};

/** Tickets' mails. */
export const verb: Verb = (program, cli) => {
  const mail = program.command('mail').description("tickets' mails");

  mail
    .command('preview <ticketId>')
    .description('writes the mail as it would go out now to files; nothing is sent. Personal data')
    .option('--tenant <id>', 'whose ticket', 'default')
    .option('--out <dir>', 'where to', '.')
    .addHelpText('after', examples('mail preview tkt_call_5f0c2b1e --out /tmp'))
    .action(async (ticketId: string, { tenant, out }: TicketOptions & { out: string }) => {
      const rendered = await cli.admin.get(pathOf(ticketId, tenant));
      const name = join(out, ticketId.replace(/[^\w.-]/g, '_'));
      const files = [`${name}.html`, `${name}.txt`] as const;
      try {
        await writeFile(files[0], rendered.html as string, { mode: 0o600 });
        await writeFile(files[1], `Subject: ${rendered.subject}\n\n${rendered.text}`, { mode: 0o600 });
      } catch (error) {
        throw new Failure(2, `Cannot write ${name}.html: ${(error as Error).message}`, {
          remedy: 'Say where to with --out <dir>.',
        });
      }
      cli.answer({ ...rendered, files: [...files] }, `${rendered.subject}\n${files.join('\n')}`);
    });

  mail
    .command('dead-letters')
    .description('mails that were given up, and why')
    .addHelpText('after', examples('mail dead-letters'))
    .action(async () => {
      const answer = await cli.admin.get('/api/mail/dead-letters');
      const items = answer.items as unknown as readonly JsonObject[];
      const rows = items.map((item) => [item.since, item.tenantId, item.ticketId, item.opening, item.reason]);
      cli.answer(
        answer,
        items.length > 0 ? table(['SINCE', 'TENANT', 'TICKET', 'OPENING', 'REASON'], rows) : 'No mail was given up.',
      );
    });

  mail
    .command('redrive <ticketId>')
    .description('has the mail of a ticket tried once more')
    .option('--tenant <id>', 'whose ticket', 'default')
    .addHelpText('after', examples('mail redrive tkt_call_5f0c2b1e'))
    .action(async (ticketId: string, { tenant }: TicketOptions) => {
      const answer = await cli.admin.send('POST', `${pathOf(ticketId, tenant)}/redrive`);
      if (answer.outcome !== 'redriven') cli.no();
      cli.answer(answer, `The mail of ${ticketId} ${outcomes[answer.outcome as string]}.`);
    });
};
