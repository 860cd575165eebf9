import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { OpenAPIHono } from '@hono/zod-openapi';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problem } from '../../src/http/problem.ts';
import { limitedBody } from '../../src/http/request-body.ts';
import { type Listening, listen } from '../../src/listen.ts';

const LARGE = 12_000_000;

let listening: Listening;
let port: number;
beforeAll(async () => {
  const root = new OpenAPIHono();
  root.post('/limited', limitedBody, async (c) => c.text(String((await c.req.arrayBuffer()).byteLength)));
  root.post('/refused', (c) => problem(c, 401, 'refused'));
  root.delete('/gone', (c) => c.body(null, 204));
  root.get('/', (c) => c.text('here'));
  listening = await listen(root, '127.0.0.1', 0);
  port = Number(new URL(listening.url).port);
});
afterAll(async () => {
  const closed = listening.close();
  listening.server.closeAllConnections();
  await closed;
});

type Answer = { status: number; connection: string | undefined; code: string } | { error: string };

/** Writes the whole body, as a client of Node's does, and tells what it has read, or what stood in its place. */
function post(path: string, size: number, isChunked = false): Promise<Answer> {
  const headers = isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': size };
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const sending = request({ port, method: 'POST', path, agent: new Agent({ keepAlive: true }), headers });
  sending.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? error.message }));
  sending.on('response', async (response) => {
    const text = (await response.toArray().catch(() => [])).join('');
    const { statusCode = 0 } = response;
    resolve({ status: statusCode, connection: response.headers.connection, code: JSON.parse(text).code });
  });
  const piece = Buffer.alloc(64 * 1024, 'x');
  let left = size;
  const write = () => {
    while (left > 0) {
      const bytes = Math.min(left, piece.length);
      left -= bytes;
      if (!sending.write(piece.subarray(0, bytes))) return sending.once('drain', write);
    }
    return sending.end();
  };
  write();
  return promise;
}

describe('a large body that is refused', () => {
  test.each([
    ['with a length, by a limit', '/limited', false, 413],
    ['in chunks, by a limit', '/limited', true, 413],
    ['with a length, before anybody looks at it', '/refused', false, 401],
    ['in chunks, before anybody looks at it', '/refused', true, 401],
  ])('%s: its sender reads the answer, and that the connection is closed', async (_, path, isChunked, status) => {
    for (let i = 0; i < 5; i++)
      expect(await post(path, LARGE, isChunked)).toMatchObject({ status, connection: 'close' });
  });

  test('spoils no connection of a pool', async () => {
    const pool = new Pool(listening.url, { connections: 1 });
    for (const size of [LARGE, 10, 100_000, 10, LARGE, 10]) {
      const { statusCode, body } = await pool.request({ method: 'POST', path: '/limited', body: Buffer.alloc(size) });
      await body.dump();
      expect(statusCode).toBe(size > 64 * 1024 ? 413 : 200);
    }
    await pool.close();
  });

  test('is answered at once, whole, and the connection does not stay', async () => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write('POST /limited HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n');
    await expect.poll(() => text).toMatch(/^HTTP\/1.1 413 .*\r\n\r\n\{.*\}$/s);
    await once(socket, 'close');
  });

  test('without an end is cut off', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write('POST /limited HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 'x'), Buffer.from('\r\n')]);
    let sent = 0;
    while (!socket.destroyed && sent < 500) {
      if (!socket.write(chunk)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
      sent++;
    }
    expect(sent).toBeLessThan(200);
    socket.destroy();
  });
});

describe('a connection goes on', () => {
  /** What comes back over one connection that sends this and then asks for `/`. */
  async function over(first: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write(first);
    await expect.poll(() => text).toMatch(/^HTTP\/1.1 \d/);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await once(socket, 'close');
    return text;
  }
  const post = 'POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 5';

  test.each([
    ['that was sent', `${post}\r\n\r\nhello`],
    ['of a route without an answer to it', 'DELETE /gone HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello'],
  ])('behind a little body %s', async (_, first) => {
    expect(await over(first)).toMatch(/HTTP\/1.1 200 OK.*here$/s);
  });

  test('behind a little body that is sent when its answer has been read', async () => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write(`${post}\r\n\r\n`);
    await expect.poll(() => text).toMatch(/HTTP\/1.1 401 .*"code":"refused"\}$/s);
    expect(text).not.toMatch(/connection: close/i);
    socket.write('helloGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await once(socket, 'close');
    expect(text).toMatch(/HTTP\/1.1 200 OK.*here$/s);
  });
});
