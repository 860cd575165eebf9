import { expect, test } from 'vitest';
import { commentsOf, files, linesOf, textOf } from './sources.ts';

/** Where comments are short; a room is added when its comments are. */
const clean = [
  'commands/webhooks/',
  'events/',
  'evidence/',
  'model/',
  'projections/calls/',
  'projections/fold-stream.ts',
  'retell/',
  'time-travel/',
];

/** Longer than 250 lines before this test was written; none is added. */
const stillLong = ['reactions/ticket-mail/attempt.ts', 'read-api/call-sessions.ts'];

const inClean = files.filter((file) => clean.some((room) => file.startsWith(room)));

test('a file has one idea, and at most 250 lines', () => {
  expect(files.filter((file) => linesOf(file) > 250 && !stillLong.includes(file))).toEqual([]);
});

test('a comment is one or two short sentences, in the rooms that are clean', () => {
  expect(clean.filter((room) => !files.some((file) => file.startsWith(room)))).toEqual([]);
  const long = inClean.flatMap((file) =>
    commentsOf(textOf(file))
      .filter((comment) => comment.length > 200)
      .map((comment) => `${file}: ${comment}`),
  );
  expect(long).toEqual([]);
});

test('comments say who does what, in the words of the field', () => {
  const odd = /\b(?:whoever|overheard|is told|who has stood|stands? (?:in|at|under|behind|beside|before|for))\b/i;
  const strays = inClean.flatMap((file) =>
    commentsOf(textOf(file))
      .filter((comment) => odd.test(comment))
      .map((comment) => `${file}: ${comment}`),
  );
  expect(strays).toEqual([]);
});

test('what counts as a comment is found, also over several lines, and text is none', () => {
  expect(commentsOf("/** a\n * b */\nconst x = 1; // c\n  // d\nroutes('/t/*', '/u/*');\n")).toEqual(['a b', 'c d']);
});
