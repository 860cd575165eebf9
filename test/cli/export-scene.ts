import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Examined, examineExport } from '../../src/cli/export/examine.ts';
import { progressOf } from '../../src/erasure/erase-all-of.ts';
import { eraseEvidence, eraseStream } from '../../src/erasure/erase-stream.ts';
import { record } from '../../src/erasure/erasure.ts';
import { callStream } from '../../src/events/streams.ts';
import { lineOf, seedOf } from '../../src/read-api/export/export-line.ts';
import { startHostedStore } from '../support/hosted-store.ts';
import { patientLog } from '../support/patient-log.ts';
import { eventually, sign } from '../support/service.ts';
import { startServiceHere } from '../support/service-here.ts';
import { callLedger, type Ran } from './command.ts';

const ADMIN_KEY = 'admin-key-of-the-tests';

/** The command line for a service at an address. */
export const commandsAt =
  (url: string) =>
  (...args: string[]): Promise<Ran> =>
    callLedger(['--url', url, ...args], { env: { ADMIN_KEY } });

export const ended = (callId: string) => webhook('call_ended', callId, { disconnection_reason: 'dial_busy' });
const webhook = (event: string, callId: string, more: object = {}) =>
  JSON.stringify({
    ...{ event, event_timestamp: Date.parse('2026-01-31T09:01:00.000Z') },
    call: { call_id: callId, call_type: 'phone_call', direction: 'outbound', ...more },
  });

/** A service without a read model, and a directory for files. */
export async function exportingService() {
  const dataDir = await mkdtemp(join(tmpdir(), 'call-ledger-export-'));
  const store = await startHostedStore({ dataDir });
  const service = await startServiceHere({
    ...{ EVENTSTORE_URL: store.url, ROLES: 'ingest', ADMIN_KEY, MASTER_KEY: 'master-key-of-the-tests' },
    RETELL_WEBHOOK_SECRET: 'webhook-key-of-the-tests',
  });
  await eventually(async () => (await fetch(`${service.url}/health/ready`)).ok, { what: 'a ready service' });
  const log = patientLog(store.url);

  const post = async (tenant: string, body: string): Promise<void> => {
    const headers = { 'x-retell-signature': sign(body, keyOf(tenant)) };
    const url = `${service.url}/t/${tenant}/api/webhooks/retell`;
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(204);
  };
  const administer = async (method: string, path: string, body: object): Promise<void> => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
    const answer = await fetch(`${service.url}/api/tenants/${path}`, { method, headers, body: JSON.stringify(body) });
    expect(answer.ok).toBe(true);
  };

  return {
    storeUrl: store.url,
    cli: commandsAt(service.url),
    file: (name: string) => join(dataDir, name),
    post,
    /** A tenant of its own with two calls and a delivery in quarantine; `bodies` were signed, in this order. */
    async someCalls() {
      const tenant = `t${randomUUID().slice(0, 8)}`;
      await administer('PUT', tenant, {});
      await administer('POST', `${tenant}/webhook-keys`, { key: keyOf(tenant) });
      const calls = [`call_${randomUUID()}`, `call_${randomUUID()}`];
      const ofCalls = calls.flatMap((id) => [webhook('call_started', id), ended(id)]);
      const bodies = [...ofCalls, `no JSON ä ${randomUUID()}`];
      for (const body of bodies) await post(tenant, body);
      return { tenant, calls, bodies };
    },
    /** Erases a call, as far as the log is concerned. */
    async erase(tenantId: string, callId: string): Promise<void> {
      const id = `ers_${callId}`;
      const erasure = { id, by: 'admin', requestedAt: new Date().toISOString() } as const;
      const call = await eraseStream(log, callStream(tenantId, callId), { erasure, now: Date.now });
      const evidence = await eraseEvidence(log, tenantId, callId, { erasure });
      const data = progressOf([{ streams: [call, evidence], calls: 1 }]);
      const subject = { kind: 'call', callId } as const;
      const events = [
        { type: 'ErasureRequested', data: { erasure, subject } },
        { type: 'ErasureProgressed', data },
      ] as const;
      await record(log, { tenantId, id }, events, Date.now());
    },
    async stop() {
      await log.close();
      await service.stop();
      await store.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export const keyOf = (tenant: string) => `key-of-${tenant}`;
/** Of `someCalls`: of the tenant and its key, the calls, and the quarantine. */
export const FACTS = 2 + 4 + 2;

// biome-ignore lint/suspicious/noExplicitAny: a line is whatever it is until the test has looked
export type AnyLine = any;
export const parsed = (text: string): AnyLine[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

export const examined = (text: string | Buffer): Promise<Examined> =>
  examineExport(
    (async function* () {
      yield Buffer.from(text);
    })(),
  );

/** The same content in other lines, with all digests made anew: what a forger would do. */
export function forged([header, ...lines]: readonly AnyLine[]): string {
  const first = lineOf(without(header), '');
  const count = { facts: 0, evidence: 0 };
  let digest = seedOf(header);
  const out = lines.slice(0, -1).map((line) => {
    const { text, sha256 } = lineOf(without(line), digest);
    if (line.kind === 'fact') digest = sha256;
    count[line.kind === 'fact' ? 'facts' : 'evidence']++;
    return text;
  });
  const footer = lineOf({ ...without(lines.at(-1)), ...count, digest }, first.sha256);
  return [first.text, ...out, footer.text, ''].join('\n');
}
const without = ({ sha256: _, ...content }: AnyLine): AnyLine => content;

/** Some calls of such a service, and the text of their export. */
export async function exportedCalls() {
  const scene = await exportingService();
  const calls = await scene.someCalls();
  const ran = await scene.cli('export', '--tenant', calls.tenant);
  expect([ran.code, ran.err]).toEqual([0, expect.stringMatching(/^8 facts, digest [0-9a-f]{64}\n$/)]);
  return { scene, calls, text: ran.out };
}
