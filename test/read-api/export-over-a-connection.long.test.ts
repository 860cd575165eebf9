import { get, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenAPIHono } from '@hono/zod-openapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examineExport } from '../../src/cli/export/examine.ts';
import { type Listening, listen } from '../../src/listen.ts';
import type { Exports } from '../../src/read-api/export/routes.ts';
import { eventually } from '../support/service.ts';
import { event, exportedLog, headers, linesOf, newTenant } from './exported-log.ts';

let scene: Awaited<ReturnType<typeof exportedLog>>;
beforeAll(async () => {
  scene = await exportedLog();
});
afterAll(() => scene.stop());

describe('over a connection', () => {
  /** More bytes than the buffers of a connection take, in facts that are large rather than many. */
  const FACTS = 9000;
  const tenant = newTenant();
  let exports: Exports;
  let server: Listening;
  beforeAll(async () => {
    const large = Array.from({ length: FACTS }, (_, n) => event('Happened', { n, filling: 'x'.repeat(1900) }));
    await scene.append(`call-${tenant}.1`, large);
    exports = scene.routes();
    const root = new OpenAPIHono();
    root.route('/', exports.routes);
    server = await listen(root, '127.0.0.1', 0);
  }, 60_000);

  /** An export whose reader takes nothing for now, with the service having come to wait for it. */
  const stalled = async (path = `/api/export?tenant=${tenant}`): Promise<IncomingMessage> => {
    scene.read.events = 0;
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      get(`${server.url}${path}`, { headers }, resolve).on('error', reject),
    );
    await eventually(async () => {
      const before = scene.read.events;
      await sleep(300); // in which nothing may be read
      return before > 0 && scene.read.events === before;
    });
    return response;
  };

  test('a reader that takes nothing is not read ahead for; when it reads on it gets everything', async () => {
    const response = await stalled();
    expect(scene.read.events).toBeLessThan(FACTS / 2);
    const found = await examineExport(response);
    expect(found).toMatchObject({ facts: FACTS });
    expect(found.fault).toBeUndefined();
  }, 30_000);

  test('facts that arrive meanwhile are not in it, and it is whole', async () => {
    const response = await stalled();
    await scene.append(`call-${tenant}.2`, [event()]);
    const found = await examineExport(response);
    expect([found.facts, found.fault]).toEqual([FACTS, undefined]);
  }, 30_000);

  test('the store gone in the middle: no footer, and the last line says why', async () => {
    const response = await stalled();
    scene.relay.close();
    const body = await text(response);
    scene.relay.open();
    expect(linesOf(body).at(-1)).toMatchObject({ kind: 'broken', code: 'event_store_unavailable' });
    expect((await examineExport(Readable.from([Buffer.from(body)]))).fault?.why).toContain('event_store_unavailable');
    await eventually(async () => (await scene.log.head()) !== undefined);
  }, 30_000);

  test('a reader that leaves ends it', async () => {
    const response = await stalled();
    response.destroy();
    const before = scene.read.events;
    await sleep(300); // in which little may be read
    expect(scene.read.events - before).toBeLessThan(500);
  });

  test('a service that stops does not wait for a reader that takes nothing', async () => {
    const response = await stalled();
    response.on('error', () => {});
    await exports.close();
    await server.close();
    const next = await exports.routes.request('/api/export', { headers });
    expect(linesOf(await next.text()).at(-1)).toMatchObject({ kind: 'broken', code: 'shutting_down' });
  });
});
