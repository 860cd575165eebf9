import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

// Whoever reads a comment, a test or a document can look up what it cites: it is in this repository.

const root = join(import.meta.dirname, '../..');
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
const isThere = (file: string) => existsSync(join(root, file));

const files = [
  ...readdirSync(root),
  ...['src', 'test', 'bench', 'bin', 'docs'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  ),
].filter((file) => /\.(?:ts|js|md)$/.test(file) && !file.includes('node_modules/'));

type Section = { readonly title: string; readonly text: string };
type Document = { readonly sections: readonly Section[]; readonly anchors: ReadonlySet<string> };

/** Without fenced code: it cites nothing. */
const withoutFences = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, '');

function documentOf(markdown: string): Document {
  const text = withoutFences(markdown);
  const sections = [...text.matchAll(/^#+ (.+)\n([\s\S]*?)(?=^#+ |$(?![\s\S]))/gm)].map(([, title, body]) => ({
    title: title!.replace(/[`*]/g, ''),
    text: body!,
  }));
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!));
  for (const { title } of sections) {
    const slug = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    for (let n = 0, anchor = slug; ; anchor = `${slug}-${++n}`) {
      if (anchors.has(anchor)) continue; // a heading that stands there twice
      anchors.add(anchor);
      break;
    }
  }
  return { sections, anchors };
}

const documents: ReadonlyMap<string, Document> = new Map(
  files.filter((file) => file.endsWith('.md')).map((file) => [file, documentOf(textOf(file))]),
);

const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*(?:\n[ \t]*\/\/.*)*/gm;
const TEST_NAME = /\b(?:test|describe)(?:\.\w+\([^()]*\))?\(\s*(['"`]).*?\1/g;
const TEXT_WITH_A_DOCUMENT = /(['"`])(?:(?!\1).)*\.md\b.*?\1/g;

/** What people read of a file, each piece in one line: of code its comments, names of tests and texts that name a document. */
const prose = files.map((file) => {
  const text = textOf(file);
  const pieces = file.endsWith('.md')
    ? [withoutFences(text)]
    : [COMMENT, TEST_NAME, TEXT_WITH_A_DOCUMENT].flatMap((kind) => text.match(kind) ?? []);
  return { file, text: pieces.map((piece) => piece.replace(/\s*\n\s*(?:\/\/|\*(?!\/))?\s*/g, ' ')).join('\n') };
});

type Citation = {
  readonly file: string;
  readonly cited: string;
  readonly document: string | undefined;
  readonly heading?: string;
  readonly number?: string | undefined;
};

const DOCUMENT = /(?<![\w/.-])(?:[\w.-]+\/)*[\w-]+\.md\b|(?<![\w/.-])docs\/decisions\/\d{4}\b(?!-)/g;
/** A heading behind a document or behind another heading, and the number of a point of its section. */
const HEADING = /\)?(?:,| and| says)? \(?"([^"]+)"(?: (\d+)\b)?/y;

/** Seen from the file that cites it or from the root; a decision also by its number. */
const resolved = (file: string, cited: string): string | undefined =>
  [normalize(join(dirname(file), cited)), cited].find(isThere) ??
  [...documents.keys()].find((document) => /\/\d{4}$/.test(cited) && document.startsWith(`${cited}-`));

const citations: readonly Citation[] = prose.flatMap(({ file, text }) =>
  [...text.matchAll(DOCUMENT)].flatMap((match): Citation[] => {
    const [cited] = match;
    const document = resolved(file, cited);
    const found: Citation[] = [{ file, cited, document }];
    HEADING.lastIndex = match.index + cited.length;
    for (let next = HEADING.exec(text); next; next = HEADING.exec(text))
      found.push({ file, cited: `${cited}, "${next[1]}"`, document, heading: next[1]!, number: next[2] });
    return found;
  }),
);

const shown = ({ file, cited, number }: Citation) => `${file}: ${cited}${number === undefined ? '' : ` ${number}`}`;

/** Every match of a pattern in what people read, with its file and its first group. */
const found = (pattern: RegExp, among = prose) =>
  among.flatMap(({ file, text }) => [...text.matchAll(pattern)].map(([all, group]) => ({ file, all, group: group! })));

test('what is cited by its file is there', () => {
  expect(citations.length).toBeGreaterThan(100);
  expect(citations.filter(({ document }) => document === undefined).map(shown)).toEqual([]);
});

test('a heading that is quoted behind a document stands in it, and so does the point of its section', () => {
  const quoted = citations.filter(({ document, heading }) => document !== undefined && heading !== undefined);
  expect(quoted.length).toBeGreaterThan(30);
  const strays = quoted.filter(({ document, heading, number }) => {
    const sections = documents.get(document!)!.sections.filter(({ title }) => title === heading);
    return !sections.some(({ text }) => number === undefined || new RegExp(`^${number}\\. `, 'm').test(text));
  });
  expect(strays.map(shown)).toEqual([]);
});

test('every link of a document leads to a file, and to a heading of it where it says so', () => {
  const links = found(
    /\]\((?!\w+:)([^)\s]+)\)/g,
    prose.filter(({ file }) => file.endsWith('.md')),
  );
  expect(links.length).toBeGreaterThan(40);
  const strays = links.filter(({ file, group }) => {
    const [path, anchor] = group.split('#');
    const target = path === '' ? file : normalize(join(dirname(file), path!));
    return !isThere(target) || (anchor !== undefined && !documents.get(target)?.anchors.has(anchor));
  });
  expect(strays.map(({ file, group }) => `${file}: ${group}`)).toEqual([]);
});

test('every source file that a document names is there', () => {
  const named = found(
    /`((?:src|test|bench)\/[\w./-]+)`/g,
    prose.filter(({ file }) => file.endsWith('.md')),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ group }) => !isThere(group)).map(({ file, group }) => `${file}: ${group}`)).toEqual([]);
});

test('a requirement that is cited by its id stands in docs/rules.md', () => {
  const { anchors } = documents.get('docs/rules.md')!;
  const cited = found(/\b([ABCD]\d{1,2})\b/g);
  expect(cited.length).toBeGreaterThan(80);
  const strays = cited.filter(({ group }) => !anchors.has(group.toLowerCase()));
  expect(strays.map(({ file, group }) => `${file}: ${group}`)).toEqual([]);
});

test('an invariant that is cited by its number stands in docs/rules.md', () => {
  const { text } = documents.get('docs/rules.md')!.sections.find(({ title }) => title === 'Invariants')!;
  const cited = found(/\b[Ii]nvariants? (\d+)/g);
  expect(cited.length).toBeGreaterThan(8);
  const strays = cited.filter(({ group }) => !new RegExp(`^${group}\\. `, 'm').test(text));
  expect(strays.map(({ file, group }) => `${file}: invariant ${group}`)).toEqual([]);
});

test('nothing is cited that only its writer had: no notes, no sections of them, no numbers of issues', () => {
  const dangling = found(/\b(?:RULES|REFERENCE|FACTS|DESIGN|INTERFACE|HOUSE|REQUIREMENTS|STYLE)\b|§|\bissue #?\d+/g);
  expect(dangling.map(({ file, all }) => `${file}: ${all}`)).toEqual([]);
});
