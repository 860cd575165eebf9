import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsPath, parseCredentials } from '../src/credentials.ts';
import { type Running, start } from './processes.ts';

export type CallLedger = Running & { readonly webhookKey: string; readonly apiKey: string; readonly adminKey: string };

/** The service as `npm start` runs it, on its data in `folder`; resolves when its read model has caught up. */
export async function startCallLedger(
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<CallLedger> {
  const service = await start(join(import.meta.dirname, '../src/main.ts'), {
    PORT: '0',
    DATA_DIR: folder,
    ...environment,
  });
  const keys = await credentialsOf(folder);
  await caughtUp(service.url);
  const [webhookKey, apiKey, adminKey] = ['RETELL_WEBHOOK_SECRET', 'API_KEY', 'ADMIN_KEY'].map(
    (name) => keys.get(name)!,
  );
  return { ...service, webhookKey: webhookKey!, apiKey: apiKey!, adminKey: adminKey! };
}

export async function caughtUp(url: string): Promise<void> {
  while (!(await fetch(`${url}/health/ready`)).ok) await sleep(50);
}

/** The greeting makes the API key a moment after the service listens. */
async function credentialsOf(folder: string): Promise<Map<string, string>> {
  for (;;) {
    const keys = parseCredentials(await readFile(credentialsPath(folder), 'utf8').catch(() => ''));
    if (keys.has('API_KEY')) return keys;
    await sleep(50);
  }
}
