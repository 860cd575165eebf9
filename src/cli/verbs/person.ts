import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Verb } from '../program.ts';
import { examples } from '../text.ts';

/** What is kept of a person, for them. */
export const verb: Verb = (program, cli) => {
  program
    .command('person')
    .description('everything that is kept of a person, as one JSON document or as a ZIP')
    .requiredOption('--phone <number>', 'in E.164, or national in the region of the tenant')
    .option('--tenant <id>', 'whose calls', 'default')
    .option('--zip <file>', 'write a ZIP there, with the links to recordings')
    .addHelpText(
      'after',
      examples('person --tenant acme --phone +4930123456', 'person --phone +4930123456 --zip person.zip'),
    )
    .action(async ({ phone, tenant, zip }: { phone: string; tenant: string; zip?: string }) => {
      const format = zip === undefined ? undefined : 'zip';
      const path = `/api/tenants/${encodeURIComponent(tenant)}/people`;
      const body = await cli.admin.stream(path, { phone, format });
      if (zip !== undefined) {
        await pipeline(Readable.from(body), createWriteStream(zip, { mode: 0o600 }));
        cli.remark(`Written to ${zip}. It is personal data.`);
        return;
      }
      const person = await json(body);
      cli.answer(person, JSON.stringify(person, undefined, 2));
    });
};
