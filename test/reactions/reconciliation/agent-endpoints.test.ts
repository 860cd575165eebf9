import { afterAll, beforeAll, expect, test } from 'vitest';
import { directory, KEY, tenant } from '../../commands/webhooks/door.ts';
import { type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  const agentEndpoints = { agent_put: 'retell-inbound-ticket' } as const;
  scene = await startScene({ tenants: [tenant('default', [KEY], { agentEndpoints })] });
});
afterAll(() => scene.stop());

/** What Retell sends from now on, and to which endpoint; the rest is lost. */
const only = (event: string, endpoint: string) =>
  scene.retell.webhooksTo({
    ...scene.hook,
    url: scene.hook.url.replace(/retell$/, endpoint),
    fate: (webhook) => ({ lost: webhook.event !== event }),
  });
const endpointsOf = async (callId: string) => {
  await scene.retell.quiet();
  await scene.run(scene.start());
  return (await scene.facts(callId)).map(({ source, endpoint }) => `${source} ${endpoint}`);
};

test('a reconciled call belongs where the settings put its agent, before where its agent was heard of last', async () => {
  only('call_started', 'retell-outbound-ticket');
  for (const agent of ['agent_put', 'agent_not_put']) await scene.call('confirmed', { agent });
  await scene.retell.quiet();
  await scene.caughtUp();
  scene.retell.webhooksTo(undefined);
  const calls = await Promise.all([
    scene.call('confirmed', { agent: 'agent_put' }),
    scene.call('confirmed', { agent: 'agent_not_put' }),
    scene.call('confirmed', { agent: 'constructor' }),
  ]);
  const [put, notPut, odd] = [await endpointsOf(calls[0]), await endpointsOf(calls[1]), await endpointsOf(calls[2])];
  expect(put).toEqual(Array(3).fill('reconciliation retell-inbound-ticket'));
  expect(notPut).toEqual(Array(3).fill('reconciliation retell-outbound-ticket'));
  expect(odd).toEqual(Array(3).fill('reconciliation retell'));
});

test('a delivery of the call itself goes before the settings', async () => {
  only('call_started', 'retell-outbound-ticket');
  const endpoints = await endpointsOf(await scene.call('confirmed', { agent: 'agent_put' }));
  expect(endpoints.sort()).toEqual([
    ...Array(2).fill('reconciliation retell-outbound-ticket'),
    'webhook retell-outbound-ticket',
  ]);
});

test('settings changed while a run is under way hold for the calls that it has still to ask for', async () => {
  scene.retell.webhooksTo(undefined);
  const callId = await scene.call('confirmed', { agent: 'agent_put_later' });
  await scene.retell.quiet();
  let now = scene.tenants;
  const changed = directory([
    tenant('default', [KEY], { agentEndpoints: { agent_put_later: 'retell-outbound-ticket' } }),
  ]);
  const list = () => {
    const tenants = now.list();
    now = changed;
    return tenants;
  };
  await scene.run(scene.start({ tenants: { ...scene.tenants, get: (id) => now.get(id), list } }));
  expect(now).toBe(changed);
  expect((await scene.facts(callId)).map(({ endpoint }) => endpoint)).toEqual(Array(3).fill('retell-outbound-ticket'));
});
