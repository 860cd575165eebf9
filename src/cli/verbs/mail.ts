import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { examples } from '../text.ts';

type TicketOptions = { tenant: string };

const outcomes = {
  redriven: 'will be tried once more',
  nothing_to_send: 'has nothing to send: no mail is due for it',
  already_sent: 'was sent; a mail that was sent is never sent again',
} as const;

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
      const path = { id: tenant, ticketId };
      const rendered = await cli.admin.call('GET /api/tenants/{id}/tickets/{ticketId}/mail', { path });
      const name = join(out, ticketId.replace(/[^\w.-]/g, '_'));
      const files = [`${name}.html`, `${name}.txt`] as const;
      try {
        await writeFile(files[0], rendered.html, { mode: 0o600 });
        await writeFile(files[1], `Subject: ${rendered.subject}\n\n${rendered.text}`, { mode: 0o600 });
      } catch (error) {
        throw new Failure(2, `Cannot write ${name}.html: ${(error as Error).message}`, {
          remedy: 'Say where to with --out <dir>.',
        });
      }
      cli.answer({ ...rendered, files }, `${rendered.subject}\n${files.join('\n')}`);
    });

  mail
    .command('dead-letters')
    .description('mails that were given up, and why')
    .addHelpText('after', examples('mail dead-letters'))
    .action(async () =>
      cli.list(
        await cli.admin.call('GET /api/mail/dead-letters'),
        { SINCE: 'since', TENANT: 'tenantId', TICKET: 'ticketId', OPENING: 'opening', REASON: 'reason' },
        'No mail was given up.',
      ),
    );

  mail
    .command('redrive <ticketId>')
    .description('has the mail of a ticket tried once more')
    .option('--tenant <id>', 'whose ticket', 'default')
    .addHelpText('after', examples('mail redrive tkt_call_5f0c2b1e'))
    .action(async (ticketId: string, { tenant }: TicketOptions) => {
      const path = { id: tenant, ticketId };
      const answer = await cli.admin.call('POST /api/tenants/{id}/tickets/{ticketId}/mail/redrive', { path });
      if (answer.outcome !== 'redriven') cli.no();
      cli.answer(answer, `The mail of ${ticketId} ${outcomes[answer.outcome]}.`);
    });
};
