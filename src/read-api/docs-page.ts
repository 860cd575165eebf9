import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { problem, problemResponse } from '../http/problem.ts';

/** Every address is relative: the page needs no other host, and works behind a path prefix. */
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Call Ledger API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/docs.css">
</head>
<body>
<div id="docs"></div>
<noscript>This page needs JavaScript. The document itself: <a href="openapi.json">openapi.json</a></noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** It loads nothing from elsewhere and runs nothing inline, because users type their API key into this page. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

const { resolve } = createRequire(import.meta.url);
const own = (name: string) => join(import.meta.dirname, 'docs-page', name);

/** All that is ever served; no path is made of what a request says. */
const assets: ReadonlyMap<string, readonly [file: string, type: string]> = new Map([
  ['swagger-ui.css', [resolve('swagger-ui-dist/swagger-ui.css'), 'text/css; charset=utf-8']],
  ['swagger-ui-bundle.js', [resolve('swagger-ui-dist/swagger-ui-bundle.js'), 'text/javascript; charset=utf-8']],
  ['favicon-32x32.png', [resolve('swagger-ui-dist/favicon-32x32.png'), 'image/png']],
  ['docs.css', [own('docs.css'), 'text/css; charset=utf-8']],
  ['start.js', [own('start.js'), 'text/javascript; charset=utf-8']],
]);

/** `GET /docs`: Swagger UI from node_modules, for `/openapi.json` next to it. */
export function docsPage(): OpenAPIHono {
  const app = new OpenAPIHono();
  app.openapi(
    createRoute({
      method: 'get',
      path: '/docs',
      operationId: 'getDocs',
      tags: ['Operations'],
      summary: 'This document as a page',
      responses: {
        200: { description: 'A page that works offline.', content: { 'text/html': { schema: z.string() } } },
      },
    }),
    (c) => c.html(page, 200, headers),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/docs/{asset}',
      hide: true,
      operationId: 'getDocsAsset',
      tags: ['Operations'],
      summary: 'A part of the page',
      request: { params: z.object({ asset: z.string() }) },
      responses: { 200: { description: 'The file.' }, 404: problemResponse('`not_found`: not a part of the page.') },
    }),
    async (c) => {
      const [file, type] = assets.get(c.req.valid('param').asset) ?? [];
      if (file === undefined || type === undefined) return problem(c, 404, 'not_found');
      const bytes = new Uint8Array(await readFile(file));
      // What is ours is changed without another version of its name.
      const kept = file.includes('swagger-ui-dist') && { 'cache-control': 'public, max-age=86400' };
      return c.body(bytes, 200, { ...headers, 'content-type': type, ...kept });
    },
  );
  return app;
}
