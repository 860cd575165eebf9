import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Context } from 'hono';

const { resolve } = createRequire(import.meta.url);
const own = (name: string) => join(import.meta.dirname, 'assets', name);

/** All that is ever served; no path is made of what a request says. */
const files = {
  'console.css': [own('console.css'), 'text/css; charset=utf-8'],
  'console.js': [own('console.js'), 'text/javascript; charset=utf-8'],
  'htmx.js': [resolve('htmx.org/dist/htmx.min.js'), 'text/javascript; charset=utf-8'],
  'uplot.js': [join(resolve('uplot'), '../uPlot.iife.min.js'), 'text/javascript; charset=utf-8'],
  'uplot.css': [join(resolve('uplot'), '../uPlot.min.css'), 'text/css; charset=utf-8'],
  'icon.svg': [own('icon.svg'), 'image/svg+xml'],
} as const;
type Name = keyof typeof files;

type Loaded = { readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string; readonly digest: string };
let loaded: ReadonlyMap<string, Loaded> | undefined;

/** Read when the first page is shown: most processes and commands show none. */
const assets = (): ReadonlyMap<string, Loaded> => {
  loaded ??= new Map(
    Object.entries(files).map(([name, [file, type]]) => {
      const bytes = new Uint8Array(readFileSync(file));
      return [name, { bytes, type, digest: createHash('sha256').update(bytes).digest('hex').slice(0, 12) }];
    }),
  );
  return loaded;
};

/** The address of a file, with a digest of it: another release has another address. */
export const asset = (name: Name): string => `/console/assets/${assets().get(name)!.digest}/${name}`;

/** `GET /console/assets/:digest/:name`, kept by browsers for good. Undefined: there is no such file. */
export function answerAsset(c: Context, digest: string, name: string): Response | undefined {
  const file = assets().get(name);
  if (file === undefined) return undefined;
  // Two releases run beside each other for a moment: the other's file is better than none, if it is not kept.
  const cached = digest === file.digest ? 'public, max-age=31536000, immutable' : 'no-store';
  return c.body(file.bytes, 200, { 'content-type': file.type, 'cache-control': cached });
}
