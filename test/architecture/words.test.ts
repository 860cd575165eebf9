import { expect, test } from 'vitest';
import { commentsOf, files, linesOf, textOf } from './sources.ts';

test('a file has one idea, and at most 250 lines', () => {
  expect(files.filter((file) => linesOf(file) > 250)).toEqual([]);
});

test('a comment is one or two short sentences', () => {
  const long = files.flatMap((file) =>
    commentsOf(textOf(file))
      .filter((comment) => comment.length > 200)
      .map((comment) => `${file}: ${comment}`),
  );
  expect(long).toEqual([]);
});

test('comments say who does what, in the words of the field', () => {
  const odd = /\b(?:whoever|overheard|told|stands?|stood)\b/i;
  const strays = files.flatMap((file) =>
    commentsOf(textOf(file))
      .filter((comment) => odd.test(comment))
      .map((comment) => `${file}: ${comment}`),
  );
  expect(strays).toEqual([]);
});

test('what counts as a comment is found, also over several lines, and text is none', () => {
  expect(commentsOf("/** a\n * b */\nconst x = 1; // c\n  // d\nroutes('/t/*', '/u/*');\n")).toEqual(['a b', 'c d']);
});
