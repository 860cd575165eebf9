import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { CallFacts } from '../../src/events/call-facts.ts';
import type { JsonObject } from '../../src/events/json.ts';
import { contentOf } from '../../src/reactions/ticket-mail/content.ts';
import { renderTicketMail } from '../../src/reactions/ticket-mail/render.ts';
import { readPayload } from '../../src/retell/payload.ts';
import { translatePayload } from '../../src/retell/translate.ts';
import { analyzed, recorded, TENANT } from '../projections/controls.ts';

/** The mail about an analysed call, from what the vendor has sent of it. */
function mailAbout(call: JsonObject) {
  const body = JSON.stringify({ event: 'call_analyzed', call: { call_id: 'call_1', ...call } });
  const payload = readPayload(Buffer.from(body));
  if (!('callId' in payload)) throw new Error('unreadable');
  const { data } = translatePayload(payload, { tenantId: TENANT, isTenant: () => false });
  const ofCall = recorded(analyzed(data as CallFacts, { endpoint: 'retell-inbound-ticket' }));
  return renderTicketMail(contentOf({ tenantId: TENANT, callId: 'call_1', ofCall, ofTicket: [] }, { name: 'Acme' })!);
}

const fixture = new URL('../fixtures/details-that-look-like-flags.json', import.meta.url);
const { call } = JSON.parse(readFileSync(fixture, 'utf8')) as { call: JsonObject };

test('what a desk has to read is in the mail, also where it looks like a flag; in text and HTML as it came', () => {
  const { text, html } = mailAbout(call);
  const told = {
    is_emergency: 'true',
    full_name: 'Robin Example',
    party_size: '1',
    insured: 'false',
    middle_initial: 'N',
    water_shut_off: 'false',
    guests: '1',
    floor: '0',
    'Existing customer?': 'Yes',
    amount: '2',
  };
  const lines = text.split('\n').map((line) => line.trim());
  const cells = [...html.matchAll(/<th[^>]*>([^<]*)<\/th><td[^>]*>([^<]*)<\/td>/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  for (const [name, value] of Object.entries(told)) {
    expect(lines).toContain(`${name}: ${value}`);
    expect(cells).toContainEqual([name, value]);
  }
  for (const part of [text, html]) expect(part).not.toContain('action_required');
});

test('fields beyond those that a mail holds are counted', () => {
  const many = Object.fromEntries(Array.from({ length: 312 }, (_, n) => [`field_${n}`, `value ${n}`]));
  const custom_analysis_data = { ...many, action_required: true };
  const { text } = mailAbout({ ...call, collected_dynamic_variables: {}, call_analysis: { custom_analysis_data } });
  expect(text).toContain('    field_299: value 299\n');
  expect(text).not.toContain('field_300:');
  expect(text).toContain('    …: 12 more\n');
});
