import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { guide } from '../../src/read-api/guide.ts';

const app = guide();
const read = async (path: string) => {
  const response = await app.request(path);
  return { status: response.status, page: await response.text() };
};

test('every page is there, and every link leads to a page and a heading of it', async () => {
  const docs = readdirSync(join(import.meta.dirname, '../../docs'), { recursive: true, encoding: 'utf8' });
  const paths = ['README', ...docs.filter((file) => file.endsWith('.md')).map((file) => `docs/${file.slice(0, -3)}`)];
  const pages = new Map<string, string>();
  for (const path of [...paths, 'ARCHITECTURE', 'CHANGELOG']) {
    const { status, page } = await read(`/guide/${path}`);
    expect(status, path).toBe(200);
    pages.set(path, page);
  }
  const broken: string[] = [];
  for (const [path, page] of pages)
    for (const [, href] of page.matchAll(/href="([^"]+)"/g)) {
      if (/^https?:/.test(href!) || href!.endsWith('guide.css')) continue;
      const { pathname, hash } = new URL(href!, `http://guide/${path}`);
      const target = pages.get(pathname.slice(1));
      if (target === undefined || (hash !== '' && !target.includes(`id="${hash.slice(1)}"`)))
        broken.push(`${path}: ${href}`);
    }
  expect(broken).toEqual([]);
});

test('the image has the documents', () => {
  const image = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8');
  const copied = [...image.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, files = '']) => files.split(' '));
  expect(copied).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'docs']));
});

test('a page needs no other host, and what is no page is not found', async () => {
  const { page } = await read('/guide/docs/operations');
  expect(page).not.toMatch(/(?:src|@import)\s*=?\s*["']?https?:/);
  for (const path of ['docs/nothing', 'package.json', 'docs/..%2fpackage', 'src/main.ts', 'docs/operations.md'])
    expect((await read(`/guide/${path}`)).status, path).toBe(404);
  expect((await app.request('/guide')).headers.get('location')).toBe('guide/README');
});
