import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { AxeBuilder } from '@axe-core/playwright';
import { type ServerType, serve } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { docsPage } from '../../src/read-api/docs-page.ts';
import { chromiumAt, openBrowser } from '../console/browser.ts';
import { FILE } from './whole-document.ts';

const executable = chromiumAt();
if (executable === undefined)
  console.warn('the docs page in a browser: skipped: no Chromium here (apt-get install chromium, or set CHROMIUM)');

/** Operations of every method and kind of parameter; all of them take axe ten times as long. */
const SOME = /^\/api\/(call-sessions|appointments\/\{id\}|webhook-endpoints\/\{id\})$/;
const whole = JSON.parse(readFileSync(FILE, 'utf8')) as { paths: object };
const paths = Object.entries(whole.paths).filter(([path]) => SOME.test(path));

const asked: string[] = [];
const app = new OpenAPIHono();
app.get('/openapi.json', (c) => c.json({ ...whole, paths: Object.fromEntries(paths) }));
app.get('/api/*', (c) => {
  asked.push(`${c.req.path}${new URL(c.req.url).search} ${c.req.header('authorization')}`);
  return c.json({ items: [], nextCursor: null });
});
app.route('/', docsPage());

describe('the docs page', () => {
  const fetched = async (path: string) => {
    const response = await app.request(path);
    return { response, text: await response.text() };
  };

  test('needs no other host and no inline script', async () => {
    const { response, text } = await fetched('/docs');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(text).not.toMatch(/<script>|<style|style="|onload=/);
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  test('finds all its parts, of the right type', async () => {
    const { text } = await fetched('/docs');
    const parts = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part!);
    expect(parts.length).toBe(6);
    for (const part of parts) {
      const { response, text } = await fetched(new URL(part, 'http://localhost/docs').pathname);
      expect(response.status, part).toBe(200);
      expect(text.length, part).toBeGreaterThan(100);
      expect(response.headers.get('content-type'), part).toMatch(
        /^(text\/(css|javascript)|image\/png|application\/json)/,
      );
    }
    const { text: start } = await fetched('/docs/start.js');
    expect(start).toContain("url: 'openapi.json'");
    expect(start).toContain('validatorUrl: null');
  });

  test.each([
    'package.json',
    '..%2Fpackage.json',
    '%2e%2e%2f%2e%2e%2fpackage.json',
    'swagger-ui.css%00',
    'index.html',
    '..%5c..',
  ])('gives nothing else away: %s', async (asset) => {
    expect((await fetched(`/docs/${asset}`)).response.status).toBe(404);
  });
});

/** Swagger UI and axe take some seconds each where the machine has nothing else to do. */
const SLOW = { timeout: 180_000 };

// As much of a browser's own types as what runs in the page needs.
declare const localStorage: object;
declare const sessionStorage: object;

describe.runIf(executable)('the docs page in a browser', () => {
  let server: ServerType;
  let browser: Browser;
  let page: Page;
  let url: string;
  const strays: string[] = [];
  beforeAll(async () => {
    server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
    browser = await openBrowser(executable!);
    page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    page.setDefaultTimeout(60_000);
    page.on('request', (request) => {
      if (!request.url().startsWith(`${url}/`)) strays.push(`asked ${request.url()}`);
    });
    page.on('pageerror', (error) => strays.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') strays.push(message.text());
    });
    await page.goto(`${url}/docs`);
    await page.getByRole('button', { name: 'Call sessions, newest first' }).waitFor();
  });
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  const violations = async () => {
    const { violations: found } = await new AxeBuilder({ page }).setLegacyMode().analyze();
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  };

  test(
    'nothing hinders anybody, from the list to an answer, and what is asked has the key and no example',
    SLOW,
    async () => {
      expect(await violations(), 'the list').toEqual([]);
      await page.getByRole('button', { name: 'Authorize' }).click();
      const key = page.getByLabel('auth-bearer-value').first();
      await key.fill('the-key');
      expect(await violations(), 'the form').toEqual([]);
      await key.press('Enter');
      await page.getByRole('button', { name: 'Close' }).first().click();
      await page.getByRole('button', { name: 'Call sessions, newest first' }).click();
      await page.getByRole('button', { name: 'Try it out' }).click();
      await page.getByRole('button', { name: 'Execute' }).click();
      await page.getByText('"nextCursor": null').waitFor();
      expect(asked).toEqual(['/api/call-sessions?archived=false&order=newest&limit=50 Bearer the-key']);
      expect(await violations(), 'the answer').toEqual([]);
    },
  );

  test('the key is kept while the page is open, and nowhere else', SLOW, async () => {
    expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))).not.toContain('the-key');
    await page.reload();
    await page.getByRole('button', { name: 'Authorize' }).click();
    expect(await page.getByLabel('auth-bearer-value').count()).toBe(2);
    expect(await page.content()).not.toContain('the-key');
  });

  test('it asked no other host, and complained of nothing', () => expect(strays).toEqual([]));
});
