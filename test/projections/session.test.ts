import { describe, expect, test } from 'vitest';
import type { SessionDocument } from '../../src/model/session-document.ts';
import { sessionFromFacts } from '../support/session-of-facts.ts';
import {
  analyzed,
  archived,
  ended,
  minute,
  placed,
  placementFailed,
  recorded,
  requested,
  type Said,
  started,
  TENANT,
  transferBridged,
  transferCancelled,
  transferEnded,
  transferStarted,
  unarchived,
} from './controls.ts';

const session = (...said: Said[]) => sessionFromFacts(TENANT, 'cs_1', recorded(...said))!;

describe('a session', () => {
  test.each<[string, Said[], { readonly [K in keyof SessionDocument]?: SessionDocument[K] | undefined }]>([
    [
      'that was only requested',
      [requested({ fromNumber: '+1', toNumber: '+4930222222', agentId: 'a', contactId: 'c' })],
      {
        direction: 'outbound',
        fromNumber: '+1',
        toNumber: '+4930222222',
        customerPhone: '+4930222222',
        agentId: 'a',
        contactId: 'c',
        requestedAt: minute(0),
        retellCallIds: [],
        revision: 1,
      },
    ],
    ['that was placed', [requested(), placed('call_9')], { retellCallId: 'call_9', retellCallIds: ['call_9'] }],
    [
      'of an inbound call: the caller is the customer',
      [started({ direction: 'inbound', personal: { fromNumber: '+4930111111', toNumber: '+2' } })],
      { customerPhone: '+4930111111' },
    ],
    [
      'of which a later fact lacks what an earlier one had',
      [
        started({ agentId: 'a', personal: { toNumber: '+2', transcript: 'hello' } }),
        ended({ personal: { transcript: '' } }),
      ],
      { agentId: 'a', toNumber: '+2', transcript: 'hello' },
    ],
    [
      'of which the later fact arrived first',
      [
        analyzed({ personal: { transcript: 'whole' } }, { occurredAt: minute(9) }),
        ended({ personal: { transcript: 'half' } }, { occurredAt: minute(8) }),
      ],
      { transcript: 'whole', lastEventAt: minute(9), createdAt: minute(0) },
    ],
    [
      'with an analysis',
      [
        analyzed({
          successful: true,
          inVoicemail: false,
          flags: { appointment_confirmed: true },
          personal: { summary: 's', sentiment: 'Positive', custom: { mood: 'good' } },
        }),
      ],
      {
        analysis: {
          summary: 's',
          sentiment: 'Positive',
          successful: true,
          inVoicemail: false,
          custom: { mood: 'good', appointment_confirmed: true },
        },
      },
    ],
    ['with an analysis in which nothing stands', [analyzed()], { analysis: { custom: {} } }],
    [
      'with such a one after another',
      [analyzed({ personal: { summary: 's' } }), ended({ analysed: true })],
      { analysis: { summary: 's', custom: {} } },
    ],
    ['without an analysis', [ended()], { analysis: undefined }],
    [
      'that was dialled again: one status, the later call shown',
      [
        started({ startedAt: minute(20) }, {}, 'call_b'),
        ended({
          startedAt: minute(0),
          endedAt: minute(1),
          durationMs: 60_000,
          disconnectionReason: 'voicemail_reached',
        }),
      ],
      {
        status: 'voicemail',
        retellCallId: 'call_b',
        retellCallIds: ['call_1', 'call_b'],
        startedAt: minute(20),
        endedAt: undefined,
        disconnectionReason: undefined,
      },
    ],
    [
      'whose calls came to the same: the later gives the reason',
      [
        ended({ startedAt: minute(9), disconnectionReason: 'ivr_reached' }, {}, 'call_b'),
        ended({ startedAt: minute(0), disconnectionReason: 'dial_no_answer' }),
      ],
      { status: 'no_answer', statusReason: 'ivr_reached' },
    ],
    [
      'of which a fact says that it happened long after it came',
      [
        analyzed({ personal: { transcript: 'first' } }, { occurredAt: '9999-12-31T00:00:00.000Z' }),
        analyzed({ personal: { transcript: 'second' } }),
      ],
      { transcript: 'second', lastEventAt: minute(1) },
    ],
    [
      'of which a fact happened a little after it came: clocks differ',
      [
        analyzed({ personal: { transcript: 'late' } }, { occurredAt: minute(10) }),
        analyzed({ personal: { transcript: 'early' } }),
      ],
      { transcript: 'late', lastEventAt: minute(10) },
    ],
    [
      'with a call that began long after it was heard of: the other is the later',
      [
        ended({ startedAt: '9999-01-01T00:00:00.000Z', endedAt: '9999-01-01T00:01:00.000Z' }, {}, 'call_b'),
        ended({ startedAt: minute(2), endedAt: minute(3) }),
      ],
      { retellCallId: 'call_1', startedAt: minute(2), endedAt: minute(3) },
    ],
    [
      'that could not be placed but was',
      [requested(), placementFailed(), ended({ inVoicemail: true })],
      { status: 'voicemail' },
    ],
    ['that was archived', [started(), archived()], { archived: true, revision: 2 }],
    ['that was archived and fetched back', [started(), archived(), unarchived()], { archived: false, revision: 3 }],
    ['with a call of another tenant', [started({ tenantMismatch: true })], { tenantMismatch: true }],
    ['transferred by disconnection', [ended({ disconnectionReason: 'call_transfer' })], { transferred: true }],
    ['transferred by bridge reason', [ended({ disconnectionReason: 'transfer_bridged' })], { transferred: true }],
    ['with a transfer bridged', [transferBridged()], { transferred: true }],
    ['with a transfer ended', [transferEnded()], { transferred: true }],
    ['with a transfer only begun', [transferStarted()], { transferred: false }],
    [
      'with a transfer cancelled',
      [transferCancelled({ disconnectionReason: 'transfer_cancelled' })],
      { transferred: false },
    ],
  ])('%s', (_, said, expected) => {
    const shown: Partial<Record<string, unknown>> = session(...said);
    expect(Object.fromEntries(Object.keys(expected).map((field) => [field, shown[field]]))).toEqual(expected);
  });
});
