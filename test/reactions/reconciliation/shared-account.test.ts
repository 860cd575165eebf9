import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { TenantSettings } from '../../../src/events/tenant-facts.ts';
import { directory, KEY, tenant } from '../../commands/webhooks/door.ts';
import { type Scene, startScene } from './scene.ts';

// Two tenants under one Retell key: each of their runs is shown the calls of both.

let scene: Scene;
beforeAll(async () => {
  scene = await startScene({ tenants: [tenant('default', [KEY]), tenant('acme', [KEY])] });
});
afterEach(() => scene.retell.webhooksTo(undefined));
afterAll(() => scene.stop());

const tenantsWith = (ofDefault: TenantSettings, ofAcme: TenantSettings) =>
  directory([tenant('default', [KEY], ofDefault), tenant('acme', [KEY], ofAcme)]);

/** Whose a call has become that names nobody and of which no webhook told. */
async function ownersOf(agent: string, tenants = tenantsWith({}, {}), metadata = {}): Promise<string[]> {
  const callId = await scene.call('confirmed', { agent, metadata });
  await scene.retell.quiet();
  await scene.run(scene.start({ tenants }));
  const facts = async (id: string) => (await scene.types(callId, id)).map(() => id);
  return [...new Set([...(await facts('default')), ...(await facts('acme'))])];
}
/** A call of an agent, told by webhooks to a tenant. */
async function heardBy(tenantId: string, agent: string) {
  scene.retell.webhooksTo({ ...scene.hook, url: scene.hook.url.replace('/api/', `/t/${tenantId}/api/`) });
  await scene.call('confirmed', { agent });
  await scene.retell.quiet();
  scene.retell.webhooksTo(undefined);
  await scene.caughtUp();
}
const puts = (agent: string): TenantSettings => ({ agentEndpoints: { [agent]: 'retell-inbound-ticket' } });

test('a call that names nobody is nobody’s while nobody knows its agent', async () => {
  expect(await ownersOf('agent_unknown')).toEqual([]);
});

test('it belongs to the tenant whose settings name its agent, before any webhook has told of it', async () => {
  expect(await ownersOf('agent_put', tenantsWith({}, puts('agent_put')))).toEqual(['acme']);
});

test('else to the tenant where its agent was heard of last, and to no other', async () => {
  await heardBy('acme', 'agent_moved');
  expect(await ownersOf('agent_moved')).toEqual(['acme']);
  await heardBy('default', 'agent_moved');
  expect(await ownersOf('agent_moved')).toEqual(['default']);
});

test('the settings go before what was heard, unless they name its agent for both', async () => {
  await heardBy('default', 'agent_given');
  expect(await ownersOf('agent_given', tenantsWith({}, puts('agent_given')))).toEqual(['acme']);
  expect(await ownersOf('agent_given', tenantsWith(puts('agent_given'), puts('agent_given')))).toEqual(['default']);
});

test('one that names a tenant belongs to it, however that is written; one that names no tenant of them, to default at most', async () => {
  await heardBy('acme', 'agent_naming');
  const naming = (name: string) => ownersOf('agent_naming', tenantsWith({}, {}), { tenant_id: name });
  expect(await naming(' Default ')).toEqual(['default']);
  expect(await naming('N/A')).toEqual(['acme']);
  expect(await naming('branch 7')).toEqual([]);
});
