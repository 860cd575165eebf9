import { acceptedIsInTheLog, nothingIsRefused } from './accepted.ts';
import { erasedStaysAway } from './erased.ts';
import type { Invariant } from './finding.ts';
import { nothingIsLeftBehind, readyShowsTheEnd } from './generations.ts';
import { oneMailPerOpening } from './mails.ts';
import { noOutcomeFalls, noReaderSeesItGoBack } from './outcomes.ts';
import { answersAreTheFold, readModelIsTheFold } from './read-model.ts';
import { logsTellNothing, nothingBreaks, tenantsAreApart } from './separation.ts';

export const invariants: readonly Invariant[] = [
  acceptedIsInTheLog,
  readModelIsTheFold,
  answersAreTheFold,
  noOutcomeFalls,
  noReaderSeesItGoBack,
  readyShowsTheEnd,
  oneMailPerOpening,
  tenantsAreApart,
  logsTellNothing,
  nothingIsRefused,
  nothingIsLeftBehind,
  nothingBreaks,
  erasedStaysAway,
];
