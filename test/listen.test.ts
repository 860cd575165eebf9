import { request } from 'node:http';
import { OpenAPIHono } from '@hono/zod-openapi';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../src/listen.ts';

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
