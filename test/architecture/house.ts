// `npm run house`: what the code looks like from outside, in figures. A mirror, not an aim.
import { answerHelp } from '../../src/help.ts';
import { circles, commentsOf, files, imports, linesOf, textOf } from './sources.ts';

answerHelp(`usage: npm run house

Prints what the code looks like in figures: files, lines, circles, comments. It takes no options and changes nothing.`);

const percent = (part: number) => `${Math.round((100 * part) / files.length)} %`;
const matches = (pattern: RegExp) => files.reduce((sum, file) => sum + (textOf(file).match(pattern)?.length ?? 0), 0);

const importers = Map.groupBy(
  imports.filter(({ to }) => to !== undefined),
  ({ to }) => to!,
);
const importersOf = (file: string) => new Set((importers.get(file) ?? []).map((one) => one.file)).size;

/** The files that code runs through which begins in one of them. */
function reachedFrom(start: string): ReadonlySet<string> {
  const reached = new Set([start]);
  for (const file of reached)
    for (const { file: from, to, typesOnly } of imports) if (from === file && to && !typesOnly) reached.add(to);
  return reached;
}

const comments = files.flatMap((file) => commentsOf(textOf(file)));
/** Where the fields of a call session are written down one by one. */
const spellings = files.filter((file) => /\brecording(?:Url|_url)\??:/.test(textOf(file)));

const figures: readonly (readonly [what: string, is: string | number, wanted: string])[] = [
  ['files', files.length, '≤ 250'],
  ['lines', files.reduce((sum, file) => sum + linesOf(file), 0), '≤ 22,000'],
  ['files under 40 lines', percent(files.filter((file) => linesOf(file) < 40).length), '≤ 15 %'],
  ['files over 250 lines', files.filter((file) => linesOf(file) > 250).length, '0'],
  ['files with one importer', percent(files.filter((file) => importersOf(file) === 1).length), '≤ 25 %'],
  ['circles of files', circles(imports).length, '0'],
  ['circles without types', circles(imports.filter(({ typesOnly }) => !typesOnly)).length, '0'],
  ["files on a webhook's way in", reachedFrom('commands/webhooks/routes.ts').size, '≤ 35'],
  ['spellings of the call session', spellings.length, '≤ 3'],
  ['as never, as unknown as', matches(/\bas never\b|\bas unknown as\b/g), '≤ 12'],
  ['comments over 200 characters', comments.filter((text) => text.length > 200).length, '0'],
];
console.table(figures.map(([what, is, wanted]) => ({ what, is, wanted })));
for (const group of circles(imports)) console.log(`circle: ${group.join(' ↔ ')}`);
