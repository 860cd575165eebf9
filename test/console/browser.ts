// A real browser for the console: Chromium as the machine has it.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
];

/** Where Chromium is: CHROMIUM, or where packages put it. Undefined: nowhere. */
export const chromiumAt = (): string | undefined => [process.env.CHROMIUM ?? '', ...PLACES].find(existsSync);

export const openBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    // The sandbox of Chromium refuses to be root's.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });

/** Signs in by the form, with each of the keys. */
export async function signIn(page: Page, url: string, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await page.goto(`${url}/console/sign-in`);
    await page.getByLabel('API key or admin key').fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
  }
}
