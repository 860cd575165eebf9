import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerHelp } from '../../src/help.ts';
import { codes } from '../../src/http/codes.ts';
import {
  appointmentReasons,
  callReasons,
  mailReasons,
  quarantineReasons,
  ticketReasons,
} from '../../src/model/reasons.ts';

// The page of all words of the API, from the data that makes its enums: `npm run words` writes it.

export const FILE = join(import.meta.dirname, '../../docs/words.md');

const table = (word: string, words: Readonly<Record<string, string>>) =>
  [
    `| ${word} | means |`,
    '|---|---|',
    ...Object.entries(words).map(([name, says]) => `| \`${name}\` | ${says} |`),
  ].join('\n');

export const page = `# Words of the API

Every \`code\` of a problem, and every reason why something is as it is. Written by \`npm run words\` from \`src/http/codes.ts\` and
\`src/model/reasons.ts\`; the OpenAPI document has the same words as enums.

**New words may come**: with a release, and of Retell's disconnection reasons at any time, as it sends them. None is renamed or taken away
within a version of the API. So a reader takes a word that it does not know as a word: of a problem it goes by the \`status\`.

## \`code\` of a problem

${table('code', codes)}

## \`statusReason\` of a call session, and of \`call.outcome.changed\`

How they are found: [outcomes.md](outcomes.md).

${table('reason', callReasons)}

## \`statusReason\` of an appointment, and of \`appointment.changed\`

${table('reason', appointmentReasons)}

## \`statusReason\` of a ticket

How they are found: [tickets.md](tickets.md).

${table('reason', ticketReasons)}

## \`mailReason\` of a ticket

${table('reason', mailReasons)}

## \`reason\` of a delivery in quarantine

${table('reason', quarantineReasons)}
`;

if (import.meta.main) {
  answerHelp(`usage: npm run words

Writes docs/words.md, the page of all codes and reasons of the API, from the data that makes its enums. It takes no options.`);
  writeFileSync(FILE, page);
}
