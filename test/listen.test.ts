import { once } from 'node:events';
import { request, type Server } from 'node:http';
import { connect } from 'node:net';
import { OpenAPIHono } from '@hono/zod-openapi';
import { expect, onTestFinished, test } from 'vitest';
import { listen, refuseTakenPort } from '../src/listen.ts';

test('more connections than are allowed are closed as they come, and the others are answered', async () => {
  const root = new OpenAPIHono();
  root.get('/', (c) => c.text('here'));
  const listening = await listen(root, '127.0.0.1', 0, 2);
  onTestFinished(listening.close);
  const port = Number(new URL(listening.url).port);
  const [one, other, third] = [0, 1, 2].map(() => connect(port, '127.0.0.1'));
  for (const socket of [one!, other!, third!]) socket.on('error', () => {});
  await once(third!, 'close');
  one!.write('GET / HTTP/1.1\r\nhost: here\r\n\r\n');
  expect(String(await once(one!, 'data'))).toContain('200 OK');
  for (const socket of [one!, other!]) socket.destroy();
});

test('half a request is not waited for long', async () => {
  const listening = await listen(new OpenAPIHono(), '127.0.0.1', 0);
  onTestFinished(listening.close);
  const { headersTimeout, requestTimeout } = listening.server as Server;
  expect([headersTimeout, requestTimeout]).toEqual([10_000, 30_000]);
});

test('an idle connection is kept for longer than proxies keep theirs, so that they are the first to close it', async () => {
  const root = new OpenAPIHono();
  root.get('/', (c) => c.text('here'));
  const listening = await listen(root, '127.0.0.1', 0);
  onTestFinished(listening.close);
  const kept = await new Promise((resolve) => {
    const asking = request(listening.url, { headers: { connection: 'keep-alive' } }, (answer) => {
      answer.resume();
      resolve(answer.headers['keep-alive']);
    });
    asking.end();
  });
  expect(kept).toBe('timeout=75');
});

test('a port that is taken is refused before anything is started, with what to do; a free one stays free', async () => {
  const listening = await listen(new OpenAPIHono(), '127.0.0.1', 0);
  const port = Number(new URL(listening.url).port);
  await expect(refuseTakenPort('127.0.0.1', port)).rejects.toThrow(
    `Port ${port} of 127.0.0.1 is taken. Stop what listens there, or set PORT`,
  );
  await listening.close();
  await refuseTakenPort('127.0.0.1', port);
  const again = await listen(new OpenAPIHono(), '127.0.0.1', port);
  await again.close();
});

test('a connection that has asked nothing does not hold up a stop', async () => {
  const listening = await listen(new OpenAPIHono(), '127.0.0.1', 0);
  const spare = connect(Number(new URL(listening.url).port), '127.0.0.1').on('error', () => {});
  await once(spare, 'connect');
  const gone = once(spare, 'close');
  await listening.close();
  await gone;
});
