import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { ofSession } from '../../src/time-travel/histories.ts';
import { historyInTurns, historyOf } from '../../src/time-travel/history.ts';
import { sessionFromFacts } from '../support/session-of-facts.ts';
import {
  analyzed,
  ended,
  idOf,
  linked,
  minute,
  placed,
  recorded,
  requested,
  started,
  TENANT,
  textPart,
} from './controls.ts';

test('each fact tells where it stands and what it changed, and all changes together make the session', () => {
  const facts = recorded(
    requested({ toNumber: '+2', appointmentId: 'apt_1' }),
    placed(),
    ended({ disconnectionReason: 'user_hangup' }),
    analyzed({ flags: { appointment_confirmed: true }, personal: { transcript: 'hello' } }),
  );
  const items = historyOf(ofSession(TENANT, 'cs_1'), facts);
  expect(items.map(({ position, revision, type, source }) => [position, revision, type, source])).toEqual([
    ['7', 0, 'CallRequested', 'command'],
    ['14', 1, 'CallPlaced', 'command'],
    ['21', 0, 'CallEnded', 'webhook'],
    ['28', 1, 'CallAnalyzed', 'webhook'],
  ]);
  expect(items[3]?.changes).toEqual([
    { field: 'status', from: 'pending', to: 'confirmed' },
    { field: 'statusReason', from: 'analysis_missing', to: 'appointment_confirmed' },
    { field: 'lastEventAt', from: minute(2), to: minute(3) },
    { field: 'analysis', from: null, to: { custom: { appointment_confirmed: true } } },
    { field: 'transcript', from: null, to: 'hello' },
  ]);
  const { revision, ...session } = sessionFromFacts(TENANT, 'cs_1', facts)!;
  const applied = Object.fromEntries(items.flatMap(({ changes }) => changes.map(({ field, to }) => [field, to])));
  expect(applied).toEqual(session);
  expect(revision).toBe(items.length);
});

test('its pages add up to the whole, and each says whether there is more', () => {
  const facts = recorded(
    requested({ toNumber: '+2', appointmentId: 'apt_1' }),
    placed(),
    ended({ disconnectionReason: 'user_hangup' }),
    analyzed({ flags: { appointment_confirmed: true } }),
  );
  const whole = historyOf(ofSession(TENANT, 'cs_1'), facts);
  const first = historyOf(ofSession(TENANT, 'cs_1'), facts, { after: -1n, limit: 2 });
  expect(first).toEqual(whole.slice(0, 3));
  expect(historyOf(ofSession(TENANT, 'cs_1'), facts, { after: BigInt(first[1]!.position), limit: 2 })).toEqual(
    whole.slice(2),
  );
});

test('of a long list only what came and went is shown', () => {
  const calls = Array.from({ length: 30 }, (_, n) => ended({ callSessionId: 'cs_1' }, {}, `call_${n}`));
  const items = historyOf(ofSession(TENANT, 'cs_1'), recorded(...calls));
  const told = items.flatMap(({ changes }) => changes.filter(({ field }) => field === 'retellCallIds'));
  expect(told[1]).toEqual({ field: 'retellCallIds', from: ['call_0'], to: ['call_0', 'call_1'] });
  expect(told.at(-1)).toEqual({ field: 'retellCallIds', added: ['call_29'], removed: [] });
});

test('a long one lets others have their turn after each twenty milliseconds', async () => {
  const facts = recorded(...Array.from({ length: 10 }, (_, n) => started({}, {}, `call_${n}`)));
  let [clock, turns, isOver] = [0, 0, false];
  vi.spyOn(performance, 'now').mockImplementation(() => (clock += 11));
  const others = (async () => {
    for (; !isOver; turns++) await nextTurn();
  })();
  expect(await historyInTurns(ofSession(TENANT, 'cs_1'), facts)).toEqual(historyOf(ofSession(TENANT, 'cs_1'), facts));
  isOver = true;
  await others;
  expect(turns).toBeGreaterThanOrEqual(5);
});

test('that the phone number has led a call here is a fact, and the session keeps saying so', () => {
  const facts = recorded(
    requested({ toNumber: '+2' }),
    started({ personal: { toNumber: '+2' } }),
    linked('cs_1'),
    placed(),
    ended({ callSessionId: 'cs_1' }),
  );
  const told = historyOf(ofSession(TENANT, 'cs_1'), facts).map(({ changes }) =>
    changes.find(({ field }) => field === 'matchedByPhoneNumber'),
  );
  const says = { field: 'matchedByPhoneNumber', from: null, to: ['call_1'] };
  expect(told).toEqual([undefined, undefined, says, undefined, undefined]);
  expect(sessionFromFacts(TENANT, 'cs_1', facts)?.matchedByPhoneNumber).toEqual(['call_1']);
});

test('a text that stands in parts is read whole, and its parts are no facts', () => {
  const whole = ended({ personalParts: 3 });
  const id = idOf(whole);
  const text = JSON.stringify({ transcript: 'a long talk' });
  const parts = [text.slice(0, 5), text.slice(5, 9), text.slice(9)];
  const facts = recorded(
    started(),
    textPart(id, 0, parts[0]!),
    textPart(id, 1, parts[1]!),
    textPart(id, 2, parts[2]!),
    whole,
  );
  const items = historyOf(ofSession(TENANT, 'call:call_1'), facts);
  expect(items.map(({ type }) => type)).toEqual(['CallStarted', 'CallEnded']);
  expect(items[1]?.changes).toContainEqual({ field: 'transcript', from: null, to: 'a long talk' });

  const again = [...facts, facts[1]!, facts[4]!];
  expect(sessionFromFacts(TENANT, 'call:call_1', again)).toEqual(sessionFromFacts(TENANT, 'call:call_1', facts));
});

test('a text of which a part is missing is an error that names the fact', () => {
  const whole = ended({ personalParts: 2 });
  const facts = recorded(textPart(idOf(whole), 0, '{'), whole);
  expect(() => sessionFromFacts(TENANT, 'call:call_1', facts)).toThrow(
    'CallEnded at call-acme.call_1@1 announces 2 parts of its text; 1 stand before it',
  );
});

test('a text that cannot be read is an error that does not quote it', () => {
  const whole = ended({ personalParts: 1 });
  const facts = recorded(textPart(idOf(whole), 0, 'a secret that is no JSON'), whole);
  expect(() => sessionFromFacts(TENANT, 'call:call_1', facts)).toThrow(
    /^CallEnded at call-acme.call_1@1: the parts of its text do not make one$/,
  );
});

test('a fact that cannot be folded hides no other: it is told as such, and what stands behind it waits', () => {
  const whole = ended({ personalParts: 2 }); // of the text nothing came
  const facts = recorded(requested(), placed(), started(), whole, textPart('x', 0, '{'), analyzed());
  const items = historyOf(ofSession(TENANT, 'cs_1'), facts);
  const reason = 'CallEnded at call-acme.call_1@1 announces 2 parts of its text; 0 stand before it';
  expect(items.map(({ type, unreadable, waitsFor }) => [type, unreadable?.reason ?? waitsFor])).toEqual([
    ['CallRequested', undefined],
    ['CallPlaced', undefined],
    ['CallStarted', undefined],
    ['CallEnded', reason],
    ['CallAnalyzed', `${facts[3]!.position}`],
  ]);
  // As the read model has it: the changes make the session without them.
  const applied = Object.fromEntries(items.flatMap(({ changes }) => changes.map(({ field, to }) => [field, to])));
  const { revision: _, ...session } = sessionFromFacts(TENANT, 'cs_1', facts.slice(0, 3))!;
  expect(applied).toEqual(session);
});

test('of a fact whose content cannot be read, what it says of itself is told; the rest is absent', () => {
  const [fact] = recorded(started());
  const item = (metadata: unknown) =>
    historyOf(ofSession(TENANT, 'cs_1'), [{ recorded: { ...fact!, metadata }, error: new TypeError('Jane Roe') }])[0];
  const place = { position: '7', revision: 0, callId: 'call_1', recordedAt: fact!.recordedAt };
  const told = { ...place, type: 'CallStarted', changes: [] };
  const unreadable = { stream: fact!.stream, reason: expect.stringMatching(/^TypeError at /) };
  expect(item({})).toEqual({ ...told, unreadable });
  expect(item(fact!.metadata)).toEqual({ ...told, unreadable, occurredAt: expect.any(String), source: 'webhook' });
});
