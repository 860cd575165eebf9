import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A command of a document, as a person would copy it. */
export type Command = { readonly document: string; readonly command: string };

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));

/** Everything in blocks of `sh`: one command a line, or several lines where each but the last ends in `\`. */
export const commands: readonly Command[] = documents.flatMap((document) =>
  [...readFileSync(join(ROOT, document), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block
      .replace(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.replace(/(^|\s+)# .*$/, '').trim())
      .filter((command) => command !== '')
      .map((command) => ({ document, command })),
  ),
);

/** What no test can run, and why; the first that fits counts. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/\bdocker\b|\bsystemctl\b|\bjournalctl\b|\.env\.example/, 'needs Docker or systemd'],
  [/^(useradd|install) /, 'changes the machine'],
  [/npm (ci|test|start|pack|install)\b|node src\/main\.ts|--version$/, 'other tests start, pack and install'],
  [
    /npm run (bench|chaos|fuzz|format|house|simulate|soak|test:all)\b/,
    'takes minutes, or has tests of its own; that it exists is looked at',
  ],
  [/^mv |^cp |\/tmp\/drill/, "moves or copies a running service's data"],
  [/^npx openapi-typescript/, 'what it makes is made and compiled by a test of its own'],
  [/^\. \.\/data/, 'the keys are set already'],
  [/^curl -N|call-ledger tail( --cursor \S+)?$|--count 1$/, 'listens without end; has a test of its own'],
  [/call-ledger backup\b/, 'needs an embedded store; has a test of its own'],
  [/endpoints add/, 'would send to that address'],
  [/<[a-z]/, 'somebody has to fill it in'],
];
export const whyNotRun = ({ command }: Command): string | undefined =>
  reasons.find(([pattern]) => pattern.test(command))?.[1];

/** The script that a command of npm runs. */
export const scriptOf = ({ command }: Command): string | undefined => /npm run ([\w:-]+)/.exec(command)?.[1];

/** The words of a command as a shell would split them, with variables filled in. */
export const wordsOf = (command: string, env: Readonly<Record<string, string>>): readonly string[] =>
  [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word
      .replace(/\$(\w+)/g, (_, name: string) => env[name] ?? '')
      .replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );
