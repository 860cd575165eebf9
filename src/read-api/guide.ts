import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Context, Hono } from 'hono';
import { html, raw } from 'hono/html';
import { Marked } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';
import { problem } from '../http/problem.ts';

const ROOT = join(import.meta.dirname, '../..');

type Page = { readonly title: string; readonly markdown: string };

/** By the path in the repository without its ending: `README`, `docs/operations`, `docs/decisions/0001-one-event-store`. */
type Pages = ReadonlyMap<string, Page>;

async function readPages(): Promise<Pages> {
  const docs = (await readdir(join(ROOT, 'docs'), { recursive: true })).sort().map((file) => `docs/${file}`);
  const files = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', ...docs].filter((file) => file.endsWith('.md'));
  const pages = files.map(async (file) => {
    const markdown = await readFile(join(ROOT, file), 'utf8');
    return [file.slice(0, -'.md'.length), { title: /^# (.+)$/m.exec(markdown)?.[1] ?? file, markdown }] as const;
  });
  return new Map(await Promise.all(pages));
}

/** Links to other pages lead to them; what else is in the repository is named and not linked. */
function hrefOf(href: string, page: string, pages: Pages): string | undefined {
  if (/^(?:https?:|#)/.test(href)) return href;
  const { pathname, hash } = new URL(href, `http://guide/${page}`);
  const target = pathname.slice(1).replace(/\.md$/, '');
  return pages.has(target) ? `${up(page)}${target}${hash}` : undefined;
}

/** From a page to the root of the guide, which so works behind any prefix. */
const up = (page: string): string => '../'.repeat(page.split('/').length - 1) || './';

function rendered(page: string, pages: Pages): string {
  const { markdown } = pages.get(page)!;
  const marked = new Marked(gfmHeadingId(), {
    renderer: {
      link({ href, tokens }) {
        const [to, text] = [hrefOf(href, page, pages), this.parser.parseInline(tokens)];
        return to === undefined ? text : `<a href="${to.replaceAll('"', '%22')}">${text}</a>`;
      },
    },
  });
  return marked.parse(markdown, { async: false });
}

const style = `:root { color-scheme: light dark; font: 16px/1.55 system-ui, sans-serif; }
body { display: grid; grid-template-columns: minmax(12rem, 17rem) minmax(0, 48rem); gap: 2rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; max-width: 72rem; }
nav { font-size: .875rem; position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow: auto; }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; } nav li { padding: .15rem 0; } nav [aria-current] { font-weight: 700; }
a { color: light-dark(#0b57a4, #8ec5ff); } h1, h2, h3 { line-height: 1.25; } h2 { margin-top: 2.5rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: .9rem; } th, td { border: 1px solid light-dark(#d0d4d9, #444b53); padding: .35rem .6rem; text-align: left; vertical-align: top; }
code { font: .875em ui-monospace, monospace; background: light-dark(#eef0f3, #262b31); padding: .1em .3em; border-radius: 3px; }
img { max-width: 100%; height: auto; border: 1px solid light-dark(#d0d4d9, #444b53); border-radius: 4px; }
pre { background: light-dark(#eef0f3, #262b31); padding: .75rem 1rem; overflow-x: auto; border-radius: 6px; } pre code { padding: 0; background: none; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; max-height: none; } }
@media print { nav { display: none; } body { display: block; } }
`;

const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/** `GET /guide`: README and `docs/` as a small site, which needs no other host. */
export function guide(): Hono {
  let reading: Promise<Pages> | undefined;
  return new Hono()
    .get('/guide', (c) => c.redirect('guide/README'))
    .get('/guide/guide.css', (c) => c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }))
    .get('/guide/:page{.+}', async (c) => {
      reading ??= readPages();
      const pages = await reading.catch((): Pages => new Map()); // a package without its documents has no guide
      const page = c.req.param('page');
      if (PICTURE.test(page)) return picture(page, c);
      return pages.has(page) ? c.html(document(page, pages), 200, headers) : problem(c, 404, 'not_found');
    });
}

/** The pictures of the console; no other file is served. */
const PICTURE = /^docs\/console\/[a-z]+\.png$/;

const picture = async (page: string, c: Context) =>
  readFile(join(ROOT, page)).then(
    (bytes) => c.body(new Uint8Array(bytes), 200, { 'content-type': 'image/png', 'cache-control': 'max-age=3600' }),
    () => problem(c, 404, 'not_found'),
  );

function document(page: string, pages: Pages) {
  const link = ([path, { title }]: [string, Page]) =>
    html`<li><a href="${up(page)}${path}"${path === page ? raw(' aria-current="page"') : ''}>${title}</a></li>`;
  const isDecision = (path: string) => path.startsWith('docs/decisions/');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${pages.get(page)!.title} · Call Ledger</title>
<link rel="stylesheet" href="${up(page)}guide.css">
</head>
<body>
<nav aria-label="Pages">
<ul>${[...pages].filter(([path]) => !isDecision(path)).map(link)}</ul>
<details${isDecision(page) ? raw(' open') : ''}><summary>Decisions</summary>
<ul>${[...pages].filter(([path]) => isDecision(path)).map(link)}</ul>
</details>
</nav>
<main>${raw(rendered(page, pages))}</main>
</body>
</html>`;
}
