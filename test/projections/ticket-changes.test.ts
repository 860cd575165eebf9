import { describe, expect, test } from 'vitest';
import { reduceStream } from '../../src/model/stream-state.ts';
import { foldFacts } from '../../src/projections/engine/fold-batch.ts';
import { changesOfTickets } from '../../src/projections/views/ticket-changes.ts';
import { analyzed, ended, recorded, type Said, started, transferBridged } from './controls.ts';
import { inbound, mailFailed, mailSent, noTicket, outbound, staffSays } from './tickets-controls.ts';

const changes = (...said: readonly Said[]): string[] => {
  const facts = recorded(...said);
  const { states } = foldFacts(reduceStream, new Map(), facts);
  return changesOfTickets({ facts, states }, () => undefined).map(
    ({ position, change, ticket: { status, setBy } }) => `${Number(position) / 7} ${change} ${status} ${setBy}`,
  );
};
const required = analyzed({ flags: { action_required: true } }, inbound);
const notRequired = analyzed({ flags: { action_required: false } }, inbound);

describe('what is news of a ticket', () => {
  test.each<[string, Said[], string[]]>([
    ['not that it is there', [started({}, inbound)], []],
    ['nor that it is there, and closed by rule', [started({}, outbound)], []],
    ['that the need becomes required', [started({}, inbound), required], ['2 opened new rule']],
    ['that it is there and required at once', [required], ['1 opened new rule']],
    [
      'that a need known before it was a ticket opens it',
      [{ ...required, metadata: noTicket }, started({}, inbound)],
      ['2 opened new rule'],
    ],
    ['the second cause for the same opening is none', [required, transferBridged({}, inbound)], ['1 opened new rule']],
    ['that the rules close it', [started({}, inbound), notRequired], ['2 changed closed rule']],
    [
      'what staff say, and an opening after that, with nothing beside it',
      [required, staffSays('closed'), transferBridged({}, inbound), staffSays('contacted')],
      ['1 opened new rule', '2 changed closed staff', '3 opened new rule', '4 changed contacted staff'],
    ],
    [
      'that staff, and no longer the rules, say the same',
      [required, staffSays('new')],
      ['1 opened new rule', '2 changed new staff'],
    ],
    [
      'not a note to the same status, nor what comes of its mail',
      [required, staffSays('new'), staffSays('new', 'phoned'), mailFailed(), mailSent()],
      ['1 opened new rule', '2 changed new staff'],
    ],
    ['not what changes nothing of it', [required, ended({}, inbound), started({}, inbound)], ['1 opened new rule']],
    ['not a call that is no ticket', [analyzed({ flags: { action_required: true } }, noTicket)], []],
  ])('%s', (_, said, expected) => expect(changes(...said)).toEqual(expected));
});
