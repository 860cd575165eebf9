import { OpenAPIHono } from '@hono/zod-openapi';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accept } from '../../../src/commands/webhooks/accept.ts';
import { openRecorder, type Recorder } from '../../../src/commands/webhooks/record.ts';
import { UnrecordableEvent } from '../../../src/events/codec.ts';
import type { EventLog } from '../../../src/events/event-log.ts';
import { sha256 } from '../../../src/events/identity.ts';
import { callStream, evidenceStream, quarantineStream } from '../../../src/events/streams.ts';
import { failures } from '../../../src/http/failures.ts';
import { patientLog } from '../../support/patient-log.ts';
import { directory, ended, newCallId, startStore, tenant } from './door.ts';

let store: Awaited<ReturnType<typeof startStore>>;
let log: EventLog;
let writer: Recorder;
beforeAll(async () => {
  store = await startStore();
  log = patientLog(store.url);
  writer = openRecorder(log, 30_000);
});
afterAll(async () => {
  await log.close();
  await store.remove();
});

/** A fault of our own: what stands beside each fact of this tenant could not be read back. */
const broken = tenant('broken', ['key'], { timeZone: 5 as never });

async function post(fields: object) {
  const callId = newCallId();
  const body = Buffer.from(JSON.stringify(ended(callId, fields)));
  const receivedAt = new Date().toISOString();
  const accepted = await accept(
    {
      ...{ tenant: broken, endpoint: 'retell', body, sha256: sha256(body), signatureHeader: 'v=1,d=2', receivedAt },
      keyId: 'broken-key-1',
    },
    { recorder: writer, tenants: directory([broken]), keepTranscriptUpdates: false },
  );
  return { callId, body, accepted };
}

test.each([
  ['a delivery', {}],
  ['one whose text is cut into parts', { transcript: 'User: yes\n'.repeat(200_000) }],
])('%s that no fact can be made of is kept in quarantine, and its call knows nothing of it', async (_, fields) => {
  const { callId, body, accepted } = await post(fields);
  expect(accepted).toMatchObject({ outcome: 'quarantined', reason: 'untranslatable' });
  expect(await log.read(callStream('broken', callId))).toEqual([]);
  expect(await log.read(evidenceStream('broken', callId))).toEqual([]);
  expect((await log.read(quarantineStream('broken', sha256(body)))).at(-1)?.type).toBe('DeliveryQuarantined');
});

test('a command that cannot be recorded is refused, and says which field', async () => {
  const routes = new OpenAPIHono();
  const lines: string[] = [];
  routes.onError(failures(pino({}, { write: (line: string) => void lines.push(line) })));
  routes.post('/', () => {
    throw new UnrecordableEvent('AppointmentChanged', [{ path: 'data.startsAt', code: 'invalid_format' }]);
  });
  const response = await routes.request('/', { method: 'POST' });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code: 'unrecordable',
    errors: [{ path: 'startsAt', message: 'invalid_format' }],
  });
  expect(lines.join('')).toContain('"reason":"unrecordable"');
});
