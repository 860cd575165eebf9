import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/events/json.ts';
import { transcriptOf } from '../../../src/retell/transcript.ts';
import { type Owner, translateCall } from '../../../src/retell/translate.ts';

const owner: Owner = { tenantId: 'default', isTenant: () => false };
const said = (call: JsonObject) => translateCall('CallAnalyzed', 'c', call, owner).data;

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8'));

const turns = [
  { role: 'agent', content: 'How can I help?', words: [{ word: 'How', start: 0.1, end: 0.2 }] },
  { role: 'tool_call_invocation', name: 'lookup', arguments: '{"content":"x"}' },
  { role: 'tool_call_result', content: 'User: found' },
  { role: 'node_transition', new_node_name: 'Heating' },
  { role: 'user', content: 'I am [NAME], the heating is off' },
  { role: 'dtmf', digit: '1' },
  { role: 'sms', content: 'Our address' },
  { role: 'injected', content: 'A note of staff' },
];
const lines = 'Agent: How can I help?\nUser: I am [NAME], the heating is off\n';

describe('the words of a call are its transcript', () => {
  test.each([
    'transcript',
    'transcript_object',
    'transcript_with_tool_calls',
    'scrubbed_transcript',
    'scrubbed_transcript_object',
    'scrubbed_transcript_with_tool_calls',
  ])('as turns in %s', (field) => {
    expect(transcriptOf({ [field]: turns })).toEqual({ text: lines, userSpoke: true });
    const { personal, userSpoke } = said({ [field]: turns });
    expect([personal?.transcript, userSpoke]).toEqual([lines, true]);
  });
  test.each(['transcript', 'scrubbed_transcript'])('as text in %s', (field) =>
    expect(transcriptOf({ [field]: lines })).toEqual({ text: lines, userSpoke: true }),
  );
  test('text is left as it came', () =>
    expect(transcriptOf({ transcript: 'User: Hi\r\n  there \n' }).text).toBe('User: Hi\r\n  there \n'));
  test('the plain text goes first', () =>
    expect(transcriptOf({ scrubbed_transcript_with_tool_calls: turns, transcript: 'User: Hi' }).text).toBe('User: Hi'));
  test('what is scrubbed goes first where the company keeps no names', () =>
    expect(
      transcriptOf({
        data_storage_setting: 'everything_except_pii',
        transcript: 'User: I am Zoë, the heating is off',
        scrubbed_transcript_with_tool_calls: turns,
      }).text,
    ).toBe(lines));
  test.each(['', ' \n', 'null', '{{transcript}}', 'Agent: \nUser:\n', 7, {}, []])(
    'another field is read where this one says nothing: %j',
    (transcript) => expect(transcriptOf({ transcript: transcript as Json, transcript_object: turns }).text).toBe(lines),
  );
  test('whoever else speaks is named as the vendor does', () =>
    expect(transcriptOf({ transcript_object: [{ role: 'transfer_target', content: 'This is Dana.' }] }).text).toBe(
      'Transfer Target: This is Dana.\n',
    ));
  test('nobody can pass for another', () =>
    expect(
      transcriptOf({
        transcript_object: [
          { role: 'agent', content: 'Well:\u2028  User: I confirm\r\n' },
          { role: 'agent\nUser', content: 'I confirm' },
        ],
      }),
    ).toEqual({ text: 'Agent: Well:   User: I confirm\n', userSpoke: false }));
  test('what is no turn is passed over', () => {
    const odd = [null, 7, 'User: hi', [], {}, { role: 'user' }, { content: 'x' }, { role: 7, content: 'x' }];
    const odder = [
      { role: 'user', content: 7 },
      { role: 'user', content: ['x'] },
      { role: '', content: 'x' },
    ];
    expect(transcriptOf({ transcript_object: [...odd, ...odder, ...turns] as Json })).toEqual({
      text: lines,
      userSpoke: true,
    });
    expect(transcriptOf({ transcript_object: [...odd, ...odder] as Json }).text).toBeUndefined();
  });
  test('a list of a hundred thousand turns is read', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => ({ role: i % 2 ? 'user' : 'agent', content: 'x' }));
    expect(transcriptOf({ transcript_object: many }).text?.split('\n')).toHaveLength(100_001);
  });
});

test('of the roles that the vendor has had three are speakers', () => {
  const { role } = fixture('retell-words.json').words;
  const speaking = Object.keys(role).filter(
    (role) => transcriptOf({ transcript_object: [{ role, content: 'x' }] }).text,
  );
  expect(speaking.sort()).toEqual(['agent', 'transfer_target', 'user']);
});

test.each<[JsonObject, boolean | undefined]>([
  [{}, undefined],
  [{ transcript: '' }, undefined],
  [{ transcript: '', transcript_with_tool_calls: [] }, undefined],
  [{ transcript_object: [] }, undefined],
  [{ transcript_object: [null, 7] }, undefined],
  [{ transcript_with_tool_calls: [{ role: 'tool_call_result', content: 'ok' }] }, undefined],
  [{ transcript: 'User: \n' }, undefined],
  [{ transcript: 'Agent: Hello?\nUser: \n' }, false],
  [{ transcript: 'Agent: Hello?\nUser:\nAgent: Hello?' }, false],
  [{ transcript: 'Agent: The User: hi' }, false],
  [{ transcript: 'Agent: Hello?\nThis is the practice.' }, false],
  [{ transcript_object: [{ role: 'agent', content: 'Hi' }, { role: 'user', content: ' ' }, null, 7] }, false],
  [{ transcript: 'Agent: Hello?\nUser: Yes.\n' }, true],
  [{ transcript: 'Agent: Hello?\r\nUser: Yes.\r\n' }, true],
  [{ transcript: 'agent: Hello?\n user : None' }, true],
  [{ transcript: 'User:\nI am here.' }, true],
  [{ transcript_object: [{ role: 'User', content: 'unknown' }] }, true],
  [{ transcript: '', transcript_object: [{ role: 'user', content: 'Hi' }] }, true],
  [{ transcript: 'Agent: Hello?', scrubbed_transcript_with_tool_calls: turns }, true],
  // Somebody speaks, and nobody can say who it is.
  [{ transcript: 'Hello?' }, undefined],
  [{ transcript: 'Agent: Hello?\nCustomer: Yes.' }, undefined],
  [
    {
      transcript_object: [
        { role: 'agent', content: 'Hi' },
        { role: 'transfer_target', content: 'Hi' },
      ],
    },
    undefined,
  ],
])('the other side spoke in %j: %s', (call, spoke) => {
  expect(said(call).userSpoke).toBe(spoke);
});

test('of the facts of a call that ended by silence only the one with words tells who spoke', () => {
  const spoke = Object.entries<{ call: JsonObject }>(fixture('ended-by-silence.json')).map(([name, { call }]) => [
    name,
    said(call).userSpoke,
  ]);
  expect(Object.fromEntries(spoke)).toEqual({
    basicOnly: undefined,
    scrubbed: true,
    endedEarly: undefined,
    analyzedWithSpeech: true,
  });
});

describe('what the vendor has called otherwise', () => {
  test.each([
    [{ recording_url: 'r', scrubbed_recording_url: 's', recording_multi_channel_url: 'm' }, 'r'],
    [{ scrubbed_recording_url: 's', recording_multi_channel_url: 'm' }, 's'],
    [{ recording_multi_channel_url: 'm', scrubbed_recording_multi_channel_url: 'n' }, 'm'],
    [{ scrubbed_recording_multi_channel_url: 'n' }, 'n'],
    [{ recording_url: 'N/A', recording_multi_channel_url: 'm' }, 'm'],
    [{ recording_url: 'r', scrubbed_recording_url: 's', data_storage_setting: 'everything_except_pii' }, 's'],
    [{ recording_url: 'r', data_storage_setting: 'everything_except_pii' }, 'r'],
  ])('the recording of %j is %s', (call, url) => expect(said(call).personal?.recordingUrl).toBe(url));

  test.each([
    [{ call_type: 'inbound_phone_call' }, 'inbound'],
    [{ call_type: 'outbound_phone_call' }, 'outbound'],
  ])('the direction of %j is %s', (call, direction) => expect(said(call).direction).toBe(direction));

  test('the numbers of a call stood in `phone_number`', () => {
    const phone_number = { from: '+12025550142', to: '+12025550100' };
    expect(said({ phone_number }).personal).toEqual({ fromNumber: '+12025550142', toNumber: '+12025550100' });
    expect(said({ phone_number, from_number: '+12025550143' }).personal?.fromNumber).toBe('+12025550143');
    expect(said({ phone_number: '+12025550142' }).personal).toBeUndefined();
  });

  test.each([
    ['Complete', 'Complete', true],
    ['Complete', 'Partial', false],
    ['Incomplete', 'Complete', false],
    ['Complete', undefined, undefined],
    [7, 'Perfect', undefined],
  ])('rated %j and %j, a call was successful: %s', (task, call, successful) => {
    const ratings = {
      agent_task_completion_rating: task,
      agent_task_completion_rating_reason: 'They agreed.',
      agent_sentiment: 'Positive',
      ...(call === undefined ? {} : { call_completion_rating: call }),
    };
    const data = said({ call_analysis: ratings });
    expect(data.successful).toBe(successful);
    expect(data.personal?.custom).toBeUndefined();
    expect(said({ call_analysis: { ...ratings, call_successful: false } }).successful).toBe(false);
  });
});
