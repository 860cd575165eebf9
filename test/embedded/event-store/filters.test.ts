import streams from '@eventstore/db-client/generated/streams_pb.js';
import { expect, test } from 'vitest';
import { readFilter } from '../../../src/embedded/event-store/filters.ts';

function shows(regex: string, stream: string): boolean {
  const expression = new streams.ReadReq.Options.FilterOptions.Expression();
  expression.setRegex(regex);
  const options = new streams.ReadReq.Options.FilterOptions();
  options.setStreamIdentifier(expression);
  return readFilter(options).shows(stream, 'Happened');
}

// As .NET answers them.
test.each([
  ['^call-', 'call-acme.1', true],
  ['^[^\\$].*', '$streams', false],
  ['^call-\\d+$', 'call-٣', true],
  ['^call-\\D$', 'call-٣', false],
  ['^call-\\w+$', 'call-Ünïcødé', true],
  ['^call-[\\w.]+$', 'call-é.ß', true],
  ['^call-\\W$', 'call-é', false],
  ['^call-[\\]\\w]$', 'call-é', true],
  ['^\\\\d$', '\\d', true],
  ['^call-.$', 'call-😀', true],
  ['^(?i:CALL)-', 'call-1', true],
  ['^(?=call).*(?<!x)$', 'call-1', true],
])('%s on %s: %s', (regex, stream, expected) => expect(shows(regex, stream)).toBe(expected));

test.each(['\\Acall', 'call\\z', 'call\\Z', '(?i)call', '(?>call)', '[a-z-[aeiou]]', '\\bcall', '[\\W]', 'call('])(
  '%s is refused aloud, with the remedy',
  (regex) =>
    expect(() => shows(regex, 'call-acme.1')).toThrow(
      /^the embedded node cannot match .+ as a live server does \(.+\): use what .NET and JavaScript have in common/,
    ),
);
