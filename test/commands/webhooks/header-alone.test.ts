import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { bodyReader, waitingRoom } from '../../../src/commands/webhooks/body.ts';
import { doorOfFile } from '../../support/store-of-file.ts';
import { type Door, ended, newCallId, openDoor, signature } from './door.ts';

const LIMIT = 10 * 1024 * 1024;

const { log, door } = await doorOfFile();

/** Sends the head of a request and not a byte of its body, and answers with what comes back: `401 sig_missing`. */
async function answerToHead(to: Door, lines: readonly string[], tenant = 'default'): Promise<string> {
  const socket = connect(to.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const head = [`POST /t/${tenant}/api/webhooks/retell HTTP/1.1`, 'Host: x', ...lines];
  let text = '';
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on('data', (chunk) => {
    text += chunk;
    const code = /"code":"(\w+)"/.exec(text)?.[1];
    if (code) resolve(`${/ (\d+) /.exec(text)?.[1]} ${code}`);
  });
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return promise;
}

const fresh = `x-retell-signature: ${signature('something else')}`;
const headers: [string, string[], string][] = [
  ['no signature', [], 'sig_missing'],
  ['an empty one', ['x-retell-signature:'], 'sig_missing'],
  ['a malformed one', ['x-retell-signature: v=1,d=00'], 'sig_malformed'],
  ['two', [fresh, fresh], 'sig_malformed'],
  ['a stale one', [`x-retell-signature: v=1714608500000,d=${'0'.repeat(64)}`], 'sig_stale'],
];
describe.each(['default', 'nobody'])('without a byte of the body, at the door of %s', (tenant) => {
  test.each(headers)('%s is refused', async (_, lines, code) => {
    expect(await answerToHead(door, [...lines, `Content-Length: ${LIMIT}`], tenant)).toBe(`401 ${code}`);
    expect(await answerToHead(door, [...lines, 'Transfer-Encoding: chunked'], tenant)).toBe(`401 ${code}`);
  });

  test.each(headers)('a length beyond the limit is refused before %s is', async (_, lines) => {
    expect(await answerToHead(door, [...lines, `Content-Length: ${LIMIT + 1}`], tenant)).toBe('413 body_too_large');
  });
});

test('an address over its limit costs no body where the header alone refuses, nor where it has sent too much in vain', async () => {
  const limited = await openDoor(log, { config: { rateLimitPerMinute: 2 } });
  onTestFinished(limited.close);
  const large = Buffer.alloc(LIMIT, 'x');
  for (const status of [401, 401, 429])
    expect((await limited.post(large, { header: signature('something else') })).status).toBe(status);
  for (const [, lines] of headers)
    expect(await answerToHead(limited, [...lines, `Content-Length: ${LIMIT}`])).toBe('429 rate_limited');
  expect(await answerToHead(limited, [fresh, `Content-Length: ${LIMIT}`])).toBe('429 rate_limited');
  expect(await answerToHead(limited, [fresh, 'Transfer-Encoding: chunked'])).toBe('429 rate_limited');
  expect((await limited.post(ended(newCallId()))).status).toBe(204);
});

test('a header that was fresh when it came does not go stale while its body is sent', async () => {
  let at = Date.now();
  const moving = await openDoor(log, {
    now: () => {
      at += 9000;
      return at;
    },
  });
  onTestFinished(moving.close);
  expect((await moving.post(ended(newCallId()), { at: at + 9000 - 300_000 })).status).toBe(204);
});

test('a body is put together in its turn', async () => {
  const asked: number[] = [];
  const turn = Promise.withResolvers<void>();
  const incoming = new PassThrough();
  const held = bodyReader({ limitBytes: 100, timeoutMs: 60_000, totalBytes: 1000 })(incoming as never, (bytes) => {
    asked.push(bytes);
    return turn.promise;
  });
  incoming.write('ab');
  incoming.end('cd');
  await vi.waitFor(() => expect(asked).toEqual([4]));
  expect(await Promise.race([held.bytes, 'not yet'])).toBe('not yet');
  turn.resolve();
  expect(String(await held.bytes)).toBe('abcd');
});

test('of the places and of the memory for what waits to be recorded, a tenant leaves as much as it has for others', () => {
  const enter = waitingRoom(4, 100);
  const [first, second] = [enter('acme', 30), enter('acme', 10)];
  expect([typeof first, typeof second, enter('acme', 1)]).toEqual(['function', 'function', 'overloaded']);
  (second as () => void)();
  for (let n = 0; n < 3; n++) expect(enter('acme', 41)).toBe('too_busy');
  expect(enter('other', 35)).toBeTypeOf('function');
  (first as () => void)();
  expect(enter('acme', 30)).toBeTypeOf('function');
});
