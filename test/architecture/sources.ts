import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** The code of the product, as text. Names are relative to `src`. */
export const src = join(import.meta.dirname, '../../src');

export const files: readonly string[] = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
export const textOf = (file: string): string => readFileSync(join(src, file), 'utf8');

export const linesOf = (file: string): number => textOf(file).split('\n').length - 1;

const COMMENT = /(?<=^|\s)\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*(?:\n[ \t]*\/\/.*)*/gm;

/** The comments of a file, each as one line without its marks. */
export const commentsOf = (text: string): string[] =>
  (text.match(COMMENT) ?? []).map((comment) =>
    comment.replace(/\s*\n\s*(?:\/\/|\*(?!\/))?\s*/g, ' ').replace(/^(?:\/\*\*?|\/\/)\s*|\s*\*\/$/g, ''),
  );

/** The folder below `src` that a file stands in; `main` for those that stand in none. */
export const roomOf = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : 'main');

export type Import = {
  readonly file: string;
  readonly target: string;
  /** Of a file of ours: which. */
  readonly to?: string;
  /** Of types only: nothing of it is there at run time. */
  readonly typesOnly: boolean;
};

const IMPORT = /(?:(import|export)\s+(type\s+)?[^;'"]*?from|import)\s*\(?\s*'([^']+)'/g;

export const imports: readonly Import[] = files.flatMap((file) =>
  [...textOf(file).matchAll(IMPORT)].map(([, , type, target]) => ({
    ...{ file, target: target!, typesOnly: type !== undefined },
    ...(target!.startsWith('.') && { to: relative('.', normalize(join(dirname(file), target!))) }),
  })),
);

/** Groups of files that import each other, directly or on a way through others. */
export function circles(of: readonly Import[]): readonly (readonly string[])[] {
  const next = Map.groupBy(of, ({ file }) => file);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (file: string) => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    open.push(file);
    for (const { to } of next.get(file) ?? []) {
      if (to === undefined) continue;
      if (!index.has(to)) visit(to);
      if (open.includes(to)) low.set(file, Math.min(low.get(file)!, low.get(to)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const group = open.splice(open.indexOf(file));
    if (group.length > 1) found.push(group.sort());
  };
  for (const file of files) if (!index.has(file)) visit(file);
  return found;
}
