/** Weakest first. The list *is* the ranking (A8); nothing else compares outcomes. */
export const outcomes = [
  'pending',
  'answered',
  'failed',
  'busy',
  'no_answer',
  'voicemail',
  'cancelled',
  'rescheduled',
  'confirmed',
] as const;
export type Outcome = (typeof outcomes)[number];

const strength = (outcome: Outcome): number => outcomes.indexOf(outcome);

export const stronger = (a: Outcome, b: Outcome): Outcome => (strength(a) >= strength(b) ? a : b);

/** An outcome, and the word that says what it rests on. */
export type Verdict = { readonly status: Outcome; readonly reason: string };

/** What settles an appointment; the rest never touches one (docs/rules.md, "Appointment"). */
export const decisive = ['confirmed', 'rescheduled', 'cancelled'] as const satisfies readonly Outcome[];
export type Decisive = (typeof decisive)[number];
