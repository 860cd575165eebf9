import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventStream, hears, openWebSocket, webSocket } from './live-clients.ts';
import { liveFeedOfFile } from './live-scene.ts';

const { service, serviceOf, open, happen, many, now } = await liveFeedOfFile();

describe('the event stream', () => {
  test('is one that no proxy keeps and no browser takes for a page', async () => {
    const sent = request(`${service.url}/api/live`, { headers: { authorization: 'Bearer acme-reads' } }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    });
    const [chunk] = await once(response, 'data');
    expect(String(chunk)).toMatch(/^retry: 2000\nevent: ready\nid: \d+\ndata: \{"cursor":"\d+"\}\n\n$/);
    response.destroy();
  });

  test('takes the header of a browser that comes back before the parameter that it came with', async () => {
    const early = now();
    await many(2);
    const late = now();
    const [third] = await happen({});
    const ears = await open(eventStream, service.url, { cursor: early, lastEventId: late });
    expect(await hears(ears, 1)).toEqual([third]);
    const empty = await open(eventStream, service.url, { cursor: late, lastEventId: '' });
    expect(await hears(empty, 1)).toEqual([third]);
  });

  test('is not begun for a HEAD, nor with other parameters', async () => {
    const headers = { authorization: 'Bearer acme-reads' };
    const head = await fetch(`${service.url}/api/live`, { method: 'HEAD', headers });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect((await fetch(`${service.url}/api/live?access_token=acme-reads`)).status).toBe(401);
    expect((await fetch(`${service.url}/api/live?since=1`, { headers })).status).toBe(400);
    expect((await fetch(`${service.url}/api/live`, { method: 'POST', headers })).status).toBe(405);
  });

  test('is not begun by more than leave as many places free for other tenants', async () => {
    const small = await serviceOf({ maxListeners: 4 });
    onTestFinished(small.stop);
    const first = await open(eventStream, small.url);
    await open(webSocket, small.url);
    await expect(open(eventStream, small.url)).rejects.toThrow('too_many_listeners');
    await expect(open(webSocket, small.url)).rejects.toThrow('too_many_listeners');
    (await open(eventStream, small.url, { key: 'other-reads' })).cut();
    first.cut();
    await expect
      .poll(() =>
        open(eventStream, small.url).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });
});

describe('the WebSocket', () => {
  test('takes the key as a subprotocol, and answers with the other one', async () => {
    const { socket, heard } = await openWebSocket(`${service.url}/api/live`, ['bearer.acme-reads', 'call-ledger']);
    expect(socket.protocol).toBe('call-ledger');
    const [id] = await happen({});
    expect(await hears({ heard }, 1)).toEqual([id]);
    socket.terminate();
    const alone = await openWebSocket(`${service.url}/api/live`, ['bearer.acme-reads']);
    expect(alone.socket.protocol).toBe('bearer.acme-reads');
    alone.socket.terminate();
    await expect(openWebSocket(`${service.url}/api/live`, ['bearer.nobody'])).rejects.toThrow('401');
  });

  test.each([
    ['to a WebSocket', 'Upgrade', 'websocket'],
    // Java's HttpClient asks like this with every request.
    ['to HTTP/2', 'Upgrade, HTTP2-Settings', 'h2c'],
  ])('leaves other routes alone, though asked for an upgrade %s', async (_, connection, upgrade) => {
    const headers = { connection, upgrade, 'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA' };
    const sent = request(`${service.url}/plain`, { headers }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  test('lets nobody send a novel', async () => {
    const { socket, ended } = await openWebSocket(`${service.url}/api/live`, ['bearer.acme-reads']);
    socket.send('hello');
    socket.send('x'.repeat(10_000));
    expect((await ended).code).not.toBe(1000);
    const ears = await open(webSocket, service.url);
    const [id] = await happen({});
    expect(await hears(ears, 1)).toEqual([id]);
  });

  test('is given up when nobody answers its pings', async () => {
    const quick = await serviceOf({ heartbeatMs: 50 });
    onTestFinished(quick.stop);
    const silent = await openWebSocket(`${quick.url}/api/live`, ['bearer.acme-reads'], { autoPong: false });
    expect((await silent.ended).code).toBe(1006);
    const lively = await open(webSocket, quick.url);
    await expect.poll(() => lively.beats()).toBeGreaterThan(6);
  });
});
