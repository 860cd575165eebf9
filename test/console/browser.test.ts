import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Client, clientOf } from '../support/client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { dataDirectory, type RunningService, startService } from '../support/service.ts';
import { chromiumAt, openBrowser, signIn } from './browser.ts';
import { postCallsOfADay, postOneMore } from './calls-of-a-day.ts';

const executable = chromiumAt();
if (executable === undefined)
  console.warn('the console in a browser: skipped: no Chromium here (apt-get install chromium, or set CHROMIUM)');

let service: RunningService;
let client: Client;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What no page may do: ask another host, or complain. */
const strays: string[] = [];
const cleanUp: (() => Promise<unknown>)[] = [];

// As much of a browser's own types as what runs in the page needs.
declare const document: {
  readonly activeElement: { readonly textContent: string } | null;
  readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number };
};
declare const getComputedStyle: (element: unknown) => { readonly outlineStyle: string };
type Canvas = {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): { getImageData(...rectangle: number[]): { readonly data: Uint8ClampedArray } };
};
const hasFocus = (element: unknown) => element === document.activeElement;

const PAGES = [
  ...['', '/calls', '/calls/cs_moved', '/calls/cs_moved?fact=1', '/calls?status=busy', '/search'],
  ...[
    '/appointments',
    '/appointments/apt_moved',
    '/tickets',
    '/tickets/tkt_call_ticket',
    '/tickets/tkt_call_ticket/mail',
  ],
  ...['/customers', '/operations', '/operations/set-aside', '/operations/coverage', '/operations/webhooks'],
  ...[
    '/operations/tenants',
    '/operations/tenants/default',
    '/operations/admin-keys',
    '/operations/audit',
    '/operations/erasures',
    '/operations/endpoints',
    '/endpoints',
  ],
  ...['/no-such-page', '/calls/nobody'],
];

/** The long run looks at every page, the short one at every sixth. */
const pages = process.env.LONG_TESTS ? PAGES : PAGES.filter((_, n) => n % 6 === 0);

const open = async (colorScheme: 'light' | 'dark', width: number): Promise<Page> => {
  await context?.close();
  context = await browser.newContext({ colorScheme, viewport: { width, height: 844 }, reducedMotion: 'reduce' });
  const opened = await context.newPage();
  opened.on('request', (request) => {
    if (!request.url().startsWith(service.url)) strays.push(`asked ${request.url()}`);
  });
  opened.on('pageerror', (error) => strays.push(`${opened.url()}: ${error.message}`));
  opened.on('console', (message) => {
    // The browser itself says so of pages that are 404 by intent.
    if (message.type() === 'error' && !message.text().includes('404'))
      strays.push(`${opened.url()}: ${message.text()}`);
  });
  return opened;
};

/** All pages one after the other: a quarter of a minute on an idle machine. */
const MINUTES = 480_000;

/** In the second run only what depends on colours and width: the rest is as before. */
const VISIBLE = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'target-size'];

const violations = async (of: Page, rules?: string[]) => {
  const axe = new AxeBuilder({ page: of }).setLegacyMode();
  const { violations: found } = await (rules ? axe.withRules(rules) : axe).analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
};

describe.runIf(executable)('the console in a browser', () => {
  beforeAll(async () => {
    const database = await createTestDatabase(inject('postgresUrl'));
    const directory = await dataDirectory();
    service = await startService({
      DATA_DIR: directory.path,
      DATABASE_URL: database.url,
      RECONCILE_EVERY_MINUTES: '1440',
    });
    client = await clientOf(service);
    browser = await openBrowser(executable!);
    cleanUp.push(
      () => browser.close(),
      () => service.stop(),
      database.drop,
      directory.remove,
    );
    await postCallsOfADay(client);
  });
  afterAll(async () => {
    for (const step of cleanUp) await step();
  });

  test.each([
    ['light', 1200, undefined],
    ['dark', 390, VISIBLE],
  ] as const)(
    'in %s, %i wide, nothing hinders anybody, and no page is wider than the screen',
    async (scheme, width, rules) => {
      page = await open(scheme, width);
      await page.goto(`${service.url}/console`);
      expect(await violations(page), 'the form').toEqual([]);
      await signIn(page, service.url, client.keys.api, client.keys.admin);
      for (const path of pages) {
        await page.goto(`${service.url}/console${path}`);
        expect(await violations(page, rules), path).toEqual([]);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, `${path} is too wide by`).toBeLessThanOrEqual(0);
      }
    },
    MINUTES,
  );

  test('by keyboard alone somebody signs in, finds a call, goes back in time, and closes a ticket', async () => {
    page = await open('light', 1000);
    await page.goto(`${service.url}/console`);
    const { keyboard } = page;
    await keyboard.type(client.keys.api); // the field has the focus
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    const to = async (name: string | RegExp, role: 'link' | 'button' | 'slider' | 'searchbox') => {
      const wanted = page.getByRole(role, { name }).first();
      await wanted.waitFor();
      for (let n = 0; n < 120; n++) {
        if (await wanted.evaluate(hasFocus)) {
          const outline = await wanted.evaluate((one: unknown) => getComputedStyle(one).outlineStyle);
          expect(outline, `${name} shows that it has the focus`).not.toBe('none');
          return;
        }
        await keyboard.press('Tab');
      }
      throw new Error(`${name} is not reached by Tab`);
    };
    await to('Search by number or id', 'searchbox');
    await keyboard.type('call_moved');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Search' }).waitFor();
    await to(/\d\d:\d\d/, 'link');
    await keyboard.press('Enter');
    await page.locator('.verdict', { hasText: 'The agent noted that the appointment was moved.' }).waitFor();
    await to('What was known then', 'slider');
    await keyboard.press('ArrowLeft');
    await page.getByText('its analysis has not come yet').waitFor();
    await page.goto(`${service.url}/console/tickets/tkt_call_ticket`);
    await to('Closed', 'button');
    await keyboard.press('Enter');
    await page.getByText('The ticket has its new status.').waitFor();
    expect((await client.get('/api/tickets/tkt_call_ticket')).body).toMatchObject({ status: 'closed', setBy: 'staff' });
  });

  test('the list of calls gets a row by itself, and what has the focus keeps it', async () => {
    page = await open('light', 1000);
    await signIn(page, service.url, client.keys.api);
    await page.goto(`${service.url}/console/calls`);
    await page.getByText('live', { exact: true }).waitFor();
    const before = page.locator('[id="row-cs_moved"]');
    await before.focus();
    await postOneMore(client, 'later');
    await page.locator('[id="row-cs_later"]').waitFor({ timeout: 30_000 });
    expect(await before.evaluate(hasFocus)).toBe(true);
  });

  test('the pictures of outcomes are drawn', async () => {
    await page.goto(`${service.url}/console`);
    await page.locator('.plot canvas').first().waitFor();
    const colours = await page
      .locator('.plot canvas')
      .first()
      .evaluate((element: unknown) => {
        const canvas = element as Canvas;
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const seen = new Set<string>();
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) seen.add(data.slice(i, i + 3).join());
        return seen.size;
      });
    expect(colours).toBeGreaterThan(3);
  });

  test('without a script lists, forms and the way through time are there all the same', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false });
    const opened = await plain.newPage();
    await signIn(opened, service.url, client.keys.api);
    await opened.goto(`${service.url}/console/calls/cs_moved`);
    await opened.getByLabel('What was known then').fill('1');
    await opened.getByRole('button', { name: 'Show' }).click();
    expect(opened.url()).toContain('?fact=1');
    await opened.getByText('This was known at').waitFor();
    await plain.close();
  });

  test('a page whose key is revoked says so, without being asked', async () => {
    const issued = await client.admin('POST', '/api/tenants/default/api-keys', { scopes: ['read'] });
    const { key, keyId } = issued.body as { key: string; keyId: string };
    page = await open('light', 1000);
    await signIn(page, service.url, key);
    await page.getByText('live', { exact: true }).waitFor();
    await client.admin('DELETE', `/api/tenants/default/api-keys/${keyId}`);
    await page.getByText('Your key has been revoked').waitFor({ timeout: 30_000 });
  });

  test('no page asked another host, and none complained', () => expect(strays).toEqual([]));
});
