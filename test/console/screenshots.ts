/** `npm run screenshots`: the pictures of docs/console.md, of a service of its own with simulated calls. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { answerHelp } from '../../src/help.ts';
import { clientOf } from '../support/client.ts';
import { dataDirectory, startService } from '../support/service.ts';
import { chromiumAt, openBrowser, signIn } from './browser.ts';
import { postCallsOfADay } from './calls-of-a-day.ts';

const ROOT = join(import.meta.dirname, '../..');

answerHelp(`usage: npm run screenshots

Takes the pictures of docs/console.md anew, of a service of its own with simulated calls. It takes no options, and needs Chromium (its
path in CHROMIUM, where it is not found).`);
const executable = chromiumAt();
if (executable === undefined) {
  console.error('There is no Chromium here: apt-get install chromium, or set CHROMIUM.');
  process.exit(2);
}

const PICTURES: readonly (readonly [file: string, path: string])[] = [
  ['overview', ''],
  ['calls', '/calls'],
  ['call', '/calls/cs_moved'],
  ['appointments', '/appointments'],
  ['appointment', '/appointments/apt_moved'],
  ['tickets', '/tickets'],
  ['ticket', '/tickets/tkt_call_ticket'],
  ['customers', '/customers'],
  ['operations', '/operations'],
  ['webhooks', '/operations/webhooks'],
];

const directory = await dataDirectory();
const service = await startService({ DATA_DIR: directory.path, RECONCILE_EVERY_MINUTES: '1440' });
const browser = await openBrowser(executable);
try {
  const client = await clientOf(service);
  const { api, admin, webhook } = client.keys;
  const simulated = ['src/cli/simulate/main.ts', '--calls', '34', '--url', service.url];
  const keys = ['--seed', '7', '--key', webhook, '--api-key', api, '--admin-key', admin];
  spawnSync(process.execPath, [...simulated, ...keys], { cwd: ROOT, stdio: 'ignore' });
  await postCallsOfADay(client);

  const take = async (colorScheme: 'light' | 'dark', width: number, height: number, pictures: typeof PICTURES) => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height } });
    const page = await context.newPage();
    await signIn(page, service.url, api, admin);
    for (const [file, path] of pictures) {
      await page.goto(`${service.url}/console${path}`, { waitUntil: 'load' });
      await page.waitForTimeout(500); // until pictures are drawn
      await page.screenshot({ path: join(ROOT, `docs/console/${file}.png`) });
      console.log(`docs/console/${file}.png`);
    }
    await context.close();
  };
  await take('light', 1060, 720, PICTURES);
  await take('dark', 390, 760, [['telephone', '/calls/cs_moved']]);
} finally {
  await browser.close();
  await service.stop();
  await directory.remove();
}
