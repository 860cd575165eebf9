import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { retryQuarantined } from '../../../src/commands/quarantine.ts';
import { openRecorder } from '../../../src/commands/webhooks/record.ts';
import { sha256 } from '../../../src/events/identity.ts';
import { assemble, isAsSigned } from '../../../src/evidence/evidence.ts';
import { doorOfFile } from '../../support/store-of-file.ts';
import { directory, ended, newCallId, tenant } from './door.ts';

// A signature covers the body and not the address: where two tenants hold one key, the same bytes verify under both.

const SHARED = 'the key of one Retell account';
const puts = (...agents: string[]) => ({
  agentEndpoints: Object.fromEntries(agents.map((agent) => [agent, 'retell' as const])),
});
const known = [
  tenant('default', [SHARED]),
  tenant('one', ['one’s own', SHARED], puts('agent of both')),
  tenant('two', [SHARED], puts('agent of two', 'agent of both')),
  tenant('apart', ['a key of its own']),
];

const { log, door } = await doorOfFile({ tenants: directory(known) });

/** Posts a call to a tenant's address; answers with whose it has become. */
async function ownersOf(address: string, call: object, key = SHARED) {
  const callId = newCallId();
  const body = JSON.stringify(ended(callId, call));
  expect((await door.post(body, { path: `/t/${address}/api/webhooks/retell`, key })).status).toBe(204);
  const owners: string[] = [];
  for (const { id } of known) if ((await log.read(`call-${id}.${callId}`)).length > 0) owners.push(id);
  const kept = await log.read(`quarantine-${address}.${sha256(body)}`);
  return { owners, callId, body, reason: (kept.at(-1)?.data as { reason: string } | undefined)?.reason };
}
const naming = (tenant_id: unknown, more = {}) => ({ metadata: { tenant_id, ...more } });

describe('a call that names one of the tenants that hold the key is that tenant’s', () => {
  test.each([
    ['two', 'one', 'two'],
    ['one', 'two', 'one'],
    ['default', 'one', 'default'],
    [' TWO ', 'one', 'two'],
    ['one', 'one', 'one'],
  ])('%s, at the address of %s', async (name, address, owner) => {
    const { owners, reason } = await ownersOf(address, naming(name));
    expect([owners, reason]).toEqual([[owner], undefined]);
  });

  test('with its ids, evidence under that tenant’s own key, and a remark', async () => {
    const ids = { appointment_id: 'apt_1', call_session_id: 'cs_1' };
    const { callId } = await ownersOf('two', naming('one', ids));
    const [fact] = await log.read(`call-one.${callId}`);
    expect(fact?.data).toMatchObject({ appointmentId: 'apt_1', callSessionId: 'cs_1' });
    expect(fact?.data).not.toHaveProperty('tenantMismatch');
    expect(fact?.metadata).toMatchObject({ tenantId: 'one', evidence: { keyId: 'one-key-2' } });
    const raw = await assemble(await log.read(`evidence-one.${callId}`), fact!.id);
    expect(isAsSigned(raw!, known[1]!)).toBe(true);
    expect(await log.read(`evidence-two.${callId}`)).toEqual([]);
    const lines = door.logged().filter((line) => line.call_id === callId);
    expect(new Set(lines.map(({ tenant_id }) => tenant_id))).toEqual(new Set(['one']));
    expect(lines).toContainEqual(expect.objectContaining({ reason: 'address_of_another_tenant' }));
  });

  test('and the same bytes at the other’s address add nothing', async () => {
    const { body, callId } = await ownersOf('two', naming('two'));
    expect((await door.post(body, { path: '/t/one/api/webhooks/retell', key: SHARED })).status).toBe(204);
    expect(await log.read(`call-one.${callId}`)).toEqual([]);
    expect(await log.read(`call-two.${callId}`)).toHaveLength(1);
  });
});

describe('a call that names somebody else', () => {
  test.each([
    ['a tenant that does not hold the key', 'one', 'apart'],
    ['the same, at the address of default', 'default', 'apart'],
    ['no tenant at all', 'two', 'nobody'],
    ['a number', 'two', 5],
  ])('%s, is nobody’s: it is kept in quarantine', async (_, address, name) => {
    const { owners, reason } = await ownersOf(address, naming(name));
    expect([owners, reason]).toEqual([[], 'tenant_mismatch']);
  });

  test('under a key that is its tenant’s alone, is recorded there without its ids', async () => {
    const { owners, callId } = await ownersOf('one', naming('apart', { appointment_id: 'apt_1' }), 'one’s own');
    expect(owners).toEqual(['one']);
    expect((await log.read(`call-one.${callId}`))[0]?.data).toMatchObject({ tenantMismatch: true });
  });

  test('is recorded by a retry once that tenant holds the key', async () => {
    const { body, callId } = await ownersOf('one', naming('apart'));
    const retry = (tenants: typeof known) =>
      retryQuarantined(`one.${sha256(body)}`, {
        ...{ log, recorder: openRecorder(log, 30_000), tenants: directory(tenants), logger: pino({ level: 'silent' }) },
      });
    expect(await retry(known)).toEqual({ outcome: 'still_quarantined', reason: 'tenant_mismatch' });
    expect(await retry([...known.slice(0, 3), tenant('apart', [SHARED])])).toMatchObject({
      outcome: 'recorded',
      callId,
    });
    expect(await log.read(`call-apart.${callId}`)).toHaveLength(1);
    expect(await log.read(`call-one.${callId}`)).toEqual([]);
  });
});

describe('a call that names nobody', () => {
  test.each([
    ['is the address’s', 'one', {}, 'one'],
    ['in the vendor’s null', 'one', naming(null), 'one'],
    ['in a word that stands for nothing', 'two', naming('N/A'), 'two'],
    ['in a template that nobody has filled', 'two', naming('{{tenant_id}}'), 'two'],
    ['in a name of default’s own', 'default', naming('branch 7'), 'default'],
    ['is the one’s whose settings alone have its agent', 'one', { agent_id: 'agent of two' }, 'two'],
    ['is the address’s where both have its agent', 'one', { agent_id: 'agent of both' }, 'one'],
    ['is the address’s where nobody has its agent', 'two', { agent_id: 'constructor' }, 'two'],
  ])('%s', async (_, address, call, owner) => {
    const { owners, reason } = await ownersOf(address, call);
    expect([owners, reason]).toEqual([[owner], undefined]);
  });
});
