import { expect, test } from 'vitest';
import { readPayload } from '../../../src/retell/payload.ts';
import { translatePayload } from '../../../src/retell/translate.ts';

const bytes = (callId: string) => Buffer.from(JSON.stringify({ event: 'call_ended', call: { call_id: callId } }));

test.each([' call_1', 'call_1\n', '\u200bcall_1\ufeff', '\u00a0call_1\t'])(
  'a call is the same with white space and invisible characters around its id: %j',
  (callId) => {
    const payload = readPayload(bytes(callId));
    expect(payload).toMatchObject({ callId: 'call_1' });
    const owner = { tenantId: 'default', isTenant: () => false };
    expect(translatePayload(payload as never, owner).data.callId).toBe('call_1');
  },
);

test.each([' ', '\u200b', ' a\u0000 ', ' a\nb '])(
  'an id with nothing else, or a control character inside, is none: %j',
  (callId) => {
    expect(readPayload(bytes(callId))).toEqual({ unreadable: 'call_id_invalid', event: 'call_ended' });
  },
);
