import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FactMetadata } from '../../../src/events/metadata.ts';
import { evidenceVerdicts } from '../../../src/evidence/evidence.ts';
import { sampleBytes, sampleFiles } from '../../support/samples.ts';
import { doorOfFile } from '../../support/store-of-file.ts';
import { ended, KEY, newCallId, someTenants, tenant, withDoor } from './door.ts';

const names = sampleFiles();
const invalid = readdirSync(new URL('../../fixtures/samples/invalid/', import.meta.url)).map(
  (name) => `invalid/${name}`,
);

const { log, door } = await doorOfFile();

describe('evidence', () => {
  const verdictsFor = async (callId: string, by = someTenants[0]!) =>
    evidenceVerdicts(
      log,
      by,
      callId,
      (await log.read(`call-default.${callId}`)).map((r) => r.metadata as FactMetadata),
    );

  test('is verified with the key of then, and fails with another', async () => {
    const callId = newCallId();
    await door.post(ended(callId));
    await door.post(ended(callId, { agent_name: 'other' }));
    expect(await verdictsFor(callId)).toEqual(['verified', 'verified']);
    const rotated = { ...tenant('default', ['new']), formerWebhookKeys: someTenants[0]!.webhookKeys };
    expect(await verdictsFor(callId, { ...rotated, webhookKeys: [] })).toEqual(['verified', 'verified']);
    expect(await verdictsFor(callId, tenant('default', ['another key under the same id']))).toEqual([
      'failed',
      'failed',
    ]);
    expect(await verdictsFor(callId, tenant('default', []))).toEqual(['failed', 'failed']);
  });
  test('fails when the stored bytes are not those that were signed', async () => {
    const callId = newCallId();
    await door.post(ended(callId));
    const [part] = await log.read(`evidence-default.${callId}`);
    const [fact] = await log.read(`call-default.${callId}`);
    const forged = newCallId();
    const data = gzipSync(JSON.stringify(ended('call_other')));
    await log.append(`evidence-default.${forged}`, 'no_stream', [
      { id: crypto.randomUUID(), type: part!.type, data, metadata: { ...(part!.metadata as object), bytes: 1e6 } },
    ]);
    expect(await evidenceVerdicts(log, someTenants[0]!, forged, [fact!.metadata as FactMetadata])).toEqual(['failed']);
  });
  test('that is gone has expired; what was never signed has none', async () => {
    const callId = newCallId();
    await door.post(ended(callId));
    const [fact] = await log.read(`call-default.${callId}`);
    const metadata = fact!.metadata as FactMetadata;
    expect(await evidenceVerdicts(log, someTenants[0]!, newCallId(), [metadata, {}])).toEqual(['expired', 'none']);
    expect(await evidenceVerdicts(log, someTenants[0]!, callId, [{}])).toEqual(['none']);
  });
});

describe('the log of the service', () => {
  test('says of each delivery what A11 asks for', async () => {
    const callId = newCallId();
    await door.post(ended(callId), { path: '/api/webhooks/retell-inbound-ticket' });
    const lines = door.logged().filter((l) => l.call_id === callId);
    expect(lines[0]).toMatchObject({
      event: 'call_ended',
      call_id: callId,
      tenant_id: 'default',
      verified_with: 'default-key-1',
      handler: 'retell-inbound-ticket',
      outcome: 'recorded',
      t: expect.any(Number),
    });
    expect(lines[1]).toMatchObject({ reason: 'direction_mismatch' });
  });
  test('gives a reason for each refusal', async () => {
    const callId = newCallId();
    await withDoor(log, {}, async (other) => {
      await other.post(ended(callId), { key: 'foreign' });
      await other.post(ended(callId), { header: null });
      await other.post('[]');
      await other.post(ended(callId));
      expect(other.logged().flatMap(({ reason }) => reason ?? [])).toEqual([
        'sig_mismatch',
        'sig_missing',
        'schema_invalid',
        'no_session',
        'no_appointment_id',
      ]);
    });
  });
  test('holds no secret and nothing of a person', async () => {
    for (const name of [...names, ...invalid]) await door.post(sampleBytes(name));
    await door.post(sampleBytes(names[0]!), { key: 'foreign' });
    const text = door.lines.join('');
    for (const secret of [KEY, 'acme-secret', 'raw-secret', 'v=1', 'd=']) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/\+?(1202555|4420794|4477009)\d+/);
    expect(text).not.toMatch(/Alex|Zoë|Example|appointment on|hello|Goodbye|recordings\.example|apt_987|127\.0\.0\.1/i);
    expect(text.length).toBeGreaterThan(1000);
  });
});
