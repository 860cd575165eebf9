import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, test } from 'vitest';
import { post } from '../../../src/reactions/outgoing-webhooks/post.ts';
import { signedHeaders, signingSecrets } from '../../../src/reactions/outgoing-webhooks/signature.ts';

const secret = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`;

describe('a message is signed', () => {
  const body = '{"type":"call.outcome.changed","data":{"name":"Zoë"}}';
  const timestamp = Math.floor(Date.now() / 1000);
  const signed = (...secrets: string[]) => signedHeaders({ secrets, id: 'msg_1', timestamp, body });

  test('so that the specification’s library takes it', () =>
    expect(new Webhook(secret('a')).verify(body, signed(secret('a')))).toEqual(JSON.parse(body)));
  test('by the old and the new secret while they rotate', () => {
    const headers = signed(secret('n'), secret('o'));
    for (const one of ['n', 'o']) expect(new Webhook(secret(one)).verify(body, headers)).toBeTruthy();
  });
  test('by no other', () => expect(() => new Webhook(secret('x')).verify(body, signed(secret('a')))).toThrow());
  test('and an old secret no longer than it may', () => {
    const secrets = [{ key: 'new' }, { key: 'old', until: '2026-01-02T00:00:00.000Z' }];
    expect(signingSecrets(secrets, Date.parse('2026-01-01T23:59:59Z'))).toEqual(['new', 'old']);
    expect(signingSecrets(secrets, Date.parse('2026-01-02T00:00:00Z'))).toEqual(['new']);
  });
});

describe('what comes of a POST', () => {
  const servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  async function ask(answer: (request: IncomingMessage, response: ServerResponse) => void, limitMs = 5000) {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?x=1`;
    const { signal } = new AbortController();
    return post(url, { 'webhook-id': 'msg_1' }, '{"a":"ü"}', { allowPrivate: true, limitMs, signal });
  }

  test('its bytes and headers arrive as they are', async () => {
    const came = Promise.withResolvers<object>();
    const answered = await ask(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { method, url, headers } = request;
      came.resolve({ method, url, headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(204).end();
    });
    expect(answered).toEqual({ status: 204 });
    expect(await came.promise).toMatchObject({
      ...{ method: 'POST', url: '/hook?x=1', body: '{"a":"ü"}' },
      headers: { 'content-type': 'application/json', 'webhook-id': 'msg_1', 'content-length': '10' },
    });
  });

  test('a redirect is an answer like others, and is not followed', async () => {
    let asked = 0;
    const answered = await ask((_, response) => {
      asked++;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect([answered, asked]).toEqual([{ status: 307 }, 1]);
  });

  test('an answer that does not come in time is none', async () =>
    expect(await ask(() => {}, 200)).toEqual({ failure: 'no_answer_in_time' }));

  test('one that never ends is cut', async () => {
    const closed = Promise.withResolvers<void>();
    const answered = await ask((_, response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write('x'.repeat(40_000)), 5);
      response.on('close', () => {
        clearInterval(more);
        closed.resolve();
      });
    });
    expect(answered).toEqual({ status: 200 });
    await closed.promise;
  });

  test('a connection that breaks has a code', async () =>
    expect(await ask((request) => request.socket.destroy())).toEqual({ failure: 'econnreset' }));

  test.each([
    ['120', 120_000],
    ['999999999', 3 * 24 * 3_600_000],
    ['soon', undefined],
  ])('Retry-After: %s', async (value, retryAfterMs) =>
    expect(await ask((_, response) => response.writeHead(503, { 'retry-after': value }).end())).toEqual({
      status: 503,
      ...(retryAfterMs && { retryAfterMs }),
    }),
  );
  test('Retry-After as a date', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const { retryAfterMs } = await ask((_, response) => response.writeHead(429, { 'retry-after': date }).end());
    expect(retryAfterMs).toBeGreaterThan(50_000);
  });
});
