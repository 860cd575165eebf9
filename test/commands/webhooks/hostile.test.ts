import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../../src/events/codec.ts';
import type { EventLog } from '../../../src/events/event-log.ts';
import { sha256 } from '../../../src/events/identity.ts';
import { patientLog } from '../../support/patient-log.ts';
import { type Door, newCallId, openDoor, type Store, startStore } from './door.ts';

let store: Store;
let log: EventLog;
let door: Door;
const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);
beforeAll(async () => {
  process.on('unhandledRejection', note);
  store = await startStore();
  log = patientLog(store.url);
  door = await openDoor(log);
});
afterAll(async () => {
  process.off('unhandledRejection', note);
  await door.close();
  await log.close();
  await store.remove();
});

/** `TEST_LONGER=20` looks longer. */
const LONGER = Number(process.env.TEST_LONGER ?? 1);

const anything = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(null, true, 'true', 'YES ', 1, 0, '', [], {}, 1e308, '\u0000', '\ud800', '__proto__'),
);
const fields = [
  'call_type',
  'direction',
  'agent_id',
  'agent_name',
  'call_status',
  'disconnection_reason',
  'start_timestamp',
  'end_timestamp',
  'duration_ms',
  'metadata',
  'from_number',
  'to_number',
  'transcript',
  'transcript_object',
  'transcript_with_tool_calls',
  'recording_url',
  'call_analysis',
  'retell_llm_dynamic_variables',
  'collected_dynamic_variables',
  'transfer_destination',
  '__proto__',
  'constructor',
  'toJSON',
  'length',
];
const record = (names: string[]) => fc.dictionary(fc.constantFrom(...names), anything);
const analysis = fc.record({
  call_summary: anything,
  in_voicemail: anything,
  custom_analysis_data: fc.oneof(anything, fc.dictionary(fc.string(), anything)),
  appointment_confirmed: anything,
});
const metadata = record(['tenant_id', 'appointment_id', 'call_session_id', 'callSessionId', 'contact_id', '__proto__']);
const call = fc.tuple(record(fields), fc.option(analysis), fc.option(metadata)).map(([odd, call_analysis, meta]) => ({
  ...odd,
  ...(call_analysis && { call_analysis }),
  ...(meta && { metadata: meta }),
}));
const event = fc.oneof(
  fc.constantFrom(
    'call_started',
    'call_ended',
    'call_analyzed',
    'transfer_bridged',
    'transcript_updated',
    'call_inbound',
    'toString',
  ),
  fc.string(),
  anything,
);

test('whatever JSON a signed call holds, it is taken, and the log can be read', async () => {
  await fc.assert(
    fc.asyncProperty(event, call, anything, async (name, odd, when) => {
      const callId = newCallId();
      const body = JSON.stringify({ event: name, call: { ...odd, call_id: callId }, event_timestamp: when });
      const { status } = await door.post(body);
      expect([200, 204]).toContain(status);
      const recorded = await log.read(`call-default.${callId}`);
      for (const fact of recorded) expect(decode(fact)?.data).toMatchObject({ callId });
      const kept = recorded.length > 0 || (await log.read(`quarantine-default.${sha256(body)}`)).length > 0;
      expect(kept).toBe(name !== 'transcript_updated');
    }),
    { numRuns: 75 * LONGER },
  );
  expect(door.logged().filter(({ reason }) => reason === 'untranslatable' || reason === 'internal_error')).toEqual([]);
  expect(unhandled).toEqual([]);
});

test('whatever bytes are signed, they are taken and kept', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .tuple(fc.constantFrom('{"event":"call_ended","call":', '{"event":', '[[[[', '{"a":"\\'), fc.string())
      .map((parts) => Buffer.from(parts.join(''))),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (body) => {
      expect((await door.post(body)).status).toBe(204);
      expect((await log.read(`quarantine-default.${sha256(body)}`)).at(-1)?.type).toBe('DeliveryQuarantined');
    }),
    { numRuns: 40 * LONGER },
  );
  expect(unhandled).toEqual([]);
});

test('whatever a stranger sends, in whatever header, is refused and leaves nothing', async () => {
  const head = await log.head();
  const header = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((n) => String.fromCharCode(n)) });
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 100 }),
      header,
      header,
      header,
      async (body, sig, tenant, forwarded) => {
        const headers = { 'x-tenant-id': tenant, 'x-forwarded-for': forwarded };
        expect((await door.post(body, { header: sig, headers })).status).toBe(401);
      },
    ),
    { numRuns: 100 * LONGER },
  );
  expect(await log.head()).toBe(head);
  expect(unhandled).toEqual([]);
});
