import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Retell, startRetell } from '../../src/retell-emulator/start.ts';
import { type Client, clientOf } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { reconciling } from '../support/reconciling.ts';
import { dataDirectory } from '../support/service.ts';
import { startServiceHere } from '../support/service-here.ts';

// What an operator's monitoring sees of the reconciliation: /metrics, and /health/ready while no webhook comes.

const KEY = 'key_of_the_emulator';
let retell: Retell;
let client: Client;
let hook: { url: string; key: string };
const cleanUp: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const database = await createTestDatabase(inject('postgresUrl'));
  const directory = await dataDirectory();
  const port = await freePort();
  hook = { url: `http://127.0.0.1:${port}/api/webhooks/retell`, key: KEY };
  retell = await startRetell({ apiKey: KEY, pace: 0 });
  const service = await startServiceHere({
    ...{ DATA_DIR: directory.path, DATABASE_URL: database.url, PORT: String(port) },
    ...{ RETELL_API_KEY: KEY, RETELL_WEBHOOK_SECRET: KEY, RETELL_BASE_URL: retell.url, RECONCILE_AFTER_MINUTES: '0' },
  });
  client = await clientOf({
    url: service.url,
    key: async (name) => (name === 'RETELL_WEBHOOK_SECRET' ? KEY : service.key(name)),
  });
  cleanUp.push(
    () => service.stop(),
    () => retell.stop(),
    database.drop,
    directory.remove,
  );
  await reconciling(client).ownRun();
});
afterAll(async () => {
  for (const step of cleanUp) await step();
});

/** One number of /metrics. */
async function metric(name: string): Promise<number> {
  const response = await fetch(new URL('/metrics', hook.url));
  const line = (await response.text()).split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}
const ready = async () => {
  const response = await fetch(new URL('/health/ready', hook.url));
  const body = (await response.json()) as { checks: { webhooks: unknown } };
  return { status: response.status, webhooks: body.checks.webhooks };
};
const call = (story: string) => {
  const session = `cs_${story}_${Math.random()}`;
  retell.tell(session, story);
  retell.make({ from_number: '+442079460018', to_number: '+447700900123', metadata: { call_session_id: session } });
};

test('while calls go on and no webhook comes, it says so; with the first webhook it is over', async () => {
  const { run } = reconciling(client);
  await expect.poll(ready).toEqual({ status: 200, webhooks: { status: 'ok' } });
  expect(await metric('call_ledger_reconciled_facts_total')).toBe(0);
  const first = await metric('call_ledger_reconciliation_last_run_timestamp_seconds');
  expect(first).toBeGreaterThan(Date.now() / 1000 - 600);

  for (const story of ['confirmed', 'dial_busy']) call(story);
  await retell.quiet();
  await run();
  // Two may be chance.
  expect(await metric('call_ledger_webhooks_silent_tenants')).toBe(0);
  call('cancelled');
  await retell.quiet();
  await run();
  expect(await metric('call_ledger_webhooks_silent_tenants')).toBe(1);
  // A warning: the process can do its work.
  expect(await ready()).toEqual({ status: 200, webhooks: { status: 'ok', detail: 'webhooks_silent' } });
  expect(await metric('call_ledger_reconciled_facts_total')).toBe(3 + 2 + 3);
  expect(await metric('call_ledger_reconciliation_last_run_timestamp_seconds')).toBeGreaterThan(first);
  expect(await metric('call_ledger_reconciliation_failed_runs_total')).toBe(0);

  retell.webhooksTo(hook);
  call('confirmed');
  await retell.quiet();
  await expect
    .poll(
      async () => {
        await run();
        return ready();
      },
      { timeout: 20_000 },
    )
    .toEqual({ status: 200, webhooks: { status: 'ok' } });
  expect(await metric('call_ledger_webhooks_silent_tenants')).toBe(0);
  retell.webhooksTo(undefined);
});

test('what a run has to leave is counted by why', async () => {
  const { run } = reconciling(client);
  const left = (why: string) => metric(`call_ledger_reconciliation_left{why="${why}"}`);
  for (const why of ['unknown', 'later', 'unreadable', 'goingOn']) expect(await left(why), why).toBe(0);
  // A call of a webhook that Retell does not know: a session that stays pending.
  const stray = {
    call_id: 'call_of_nobody',
    call_type: 'phone_call',
    call_status: 'ongoing',
    start_timestamp: Date.now(),
  };
  expect(await client.post({ event: 'call_started', event_timestamp: Date.now(), call: stray })).toBe(204);
  await client.see('/api/call-sessions/call:call_of_nobody');
  await run();
  expect(await left('unknown')).toBe(1);
});
