import { expect, test } from 'vitest';
import { appointmentStatuses as statusesOfTheLanguage } from '../../src/events/appointment-facts.ts';
import { outcomes as ranking } from '../../src/model/outcome.ts';
import { appointmentStatuses } from '../../src/read-api/appointments.ts';
import { outcomes } from '../../src/read-api/call-sessions.ts';

test('the API names every status that there is, and no other', () => {
  expect(outcomes.toSorted()).toEqual([...ranking].toSorted());
  expect(appointmentStatuses).toEqual(statusesOfTheLanguage);
});
