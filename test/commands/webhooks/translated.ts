import { readPayload } from '../../../src/retell/payload.ts';
import { type Owner, translatePayload } from '../../../src/retell/translate.ts';

/** Whose the translated webhooks are, unless a test says otherwise. */
export const owner: Owner = { tenantId: 'default', isTenant: (name) => name === 'acme' };

/** A webhook as its fact: what it becomes in the log. */
export const translated = (envelope: unknown, by = owner) => {
  const payload = readPayload(Buffer.from(JSON.stringify(envelope)));
  if (!('callId' in payload)) throw new Error(`unreadable: ${JSON.stringify(payload)}`);
  return translatePayload(payload, by);
};
/** What the fact of an analysis holds about a call with these fields. */
export const analysedCall = (call: object, by = owner) =>
  translated({ event: 'call_analyzed', call: { call_id: 'c', ...call } }, by).data;
