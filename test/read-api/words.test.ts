import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { refusals } from '../../src/commands/calls/refusals.ts';
import { mailObstacles } from '../../src/events/ticket-facts.ts';
import { codes } from '../../src/http/codes.ts';
import { decisive, disconnections, outcomeFields } from '../../src/model/outcome.ts';
import {
  appointmentReasons,
  callReasons,
  mailReasons,
  quarantineReasons,
  ticketReasons,
} from '../../src/model/reasons.ts';
import { FILE, page } from './words.ts';

test('docs/words.md has every word: after a change, npm run words', () => {
  expect(readFileSync(FILE, 'utf8')).toBe(page);
});

test('every reason that a call may have has its sentence', () => {
  const reasons = [
    ...outcomeFields,
    ...disconnections.keys(),
    ...Object.keys(refusals),
    ...['requested', 'in_progress', 'analysis_missing', 'undecided', 'answered'],
    ...['in_voicemail', 'not_connected', 'error', 'failed'],
  ];
  expect(Object.keys(callReasons).toSorted()).toEqual([...new Set(reasons)].toSorted());
});

test('so has what decides an appointment, and what hinders a mail', () => {
  const fields = [...decisive.map((outcome) => `appointment_${outcome}`), 'appointment_outcome', 'outcome'];
  expect(Object.keys(appointmentReasons)).toEqual([...fields, 'staff']);
  expect(Object.keys(mailReasons)).toEqual([...mailObstacles, 'erased', 'recipients_refused']);
});

test('each is one sentence', () => {
  for (const words of [codes, callReasons, appointmentReasons, ticketReasons, mailReasons, quarantineReasons])
    for (const [word, sentence] of Object.entries(words)) {
      expect(word).toMatch(/^[a-z][a-z_]*$/);
      expect(sentence).toMatch(/^[A-Z].*[.]$/);
    }
});
