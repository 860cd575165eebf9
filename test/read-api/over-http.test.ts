import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { queryApi } from './callers.ts';
import { createReadModel } from './read-model.ts';

// The server has its own way from the request line to a URL; what app.request() proves does not hold for it.
let readModel: Awaited<ReturnType<typeof createReadModel>>;
let server: ReturnType<typeof serve>;
beforeAll(async () => {
  readModel = await createReadModel();
  server = serve({ fetch: queryApi(readModel.db).app.fetch, hostname: '127.0.0.1', port: 0 });
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await readModel.drop();
});

/** Sends the path as it stands: no client tidies it up. */
async function get(path: string, headers: Record<string, string> = {}) {
  const { port } = server.address() as AddressInfo;
  const sent = request({
    port,
    host: '127.0.0.1',
    path,
    headers: { authorization: 'Bearer acme-reads', ...headers },
  }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, text: await text(response) };
}

test.each(['a/b', '/', '%2F', '100%', 'a b+c', '?at=1#x', 'ü — 電話 📞', 'a\\b', '"', 'a/../b'])(
  'a session called %s is found over the wire',
  async (id) => {
    await readModel.sessions({ id });
    const found = await get(`/api/call-sessions/${encodeURIComponent(id)}`);
    expect([found.status, JSON.parse(found.text).id]).toEqual([200, id]);
    const again = await get(`/api/call-sessions/${encodeURIComponent(id)}`, {
      'if-none-match': String(found.headers.etag),
    });
    expect([again.status, again.text]).toEqual([304, '']);
  },
);

test.each(['%', '%00', '%E4', '..', '%2e%2e', '%zz', 'a/b', 'a//b', '%c0%af'])(
  '%s finds nothing and breaks nothing',
  async (path) => {
    const { status, headers } = await get(`/api/call-sessions/nobody${path}`);
    expect([status, headers['content-type']]).toEqual([404, 'application/problem+json']);
  },
);
