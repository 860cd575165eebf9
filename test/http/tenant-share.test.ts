import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenAPIHono } from '@hono/zod-openapi';
import { expect, test } from 'vitest';
import { failures } from '../../src/http/failures.ts';
import { answerInTurn, tenantShare } from '../../src/http/tenant-share.ts';

/** What a server knows of an answer on its way. */
class Outgoing extends EventEmitter {
  destroyed = false;
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

/** An API of which four requests are answered at once, each when `answer` is called. */
function api(mostWaiting: number) {
  const enter = tenantShare(4, mostWaiting);
  const app = new OpenAPIHono();
  app.onError(failures());
  const underWay: (() => void)[] = [];
  app.use((c, next) => answerInTurn(c, enter, c.req.header('tenant')!, next));
  app.get('/', async (c) => {
    await new Promise<void>((resolve) => underWay.push(resolve));
    return c.text('answered');
  });
  const ask = (tenant: string, outgoing?: Outgoing) =>
    app.request('/', { headers: { tenant } }, outgoing && ({ outgoing } as object)) as Promise<Response>;
  return { ask, underWay };
}

test('a tenant with much at once waits for itself, with too much is refused at once; another is answered', async () => {
  const { ask, underWay } = api(4);
  const hostile = [ask('hostile'), ask('hostile')];
  await sleep(0);
  hostile.push(...Array.from({ length: 4 }, () => ask('hostile')));
  await sleep(0);
  expect(underWay).toHaveLength(2);
  const other = ask('other');
  await sleep(0);
  expect(underWay).toHaveLength(3);
  const done = Promise.all([other, ...hostile]);
  while (!(await Promise.race([done.then(() => true), sleep(1)]))) for (const answer of underWay.splice(0)) answer();
  expect((await other).status).toBe(200);
  const statuses = (await Promise.all(hostile)).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, 200, 200, 200, 429, 429]);
  const refused = (await Promise.all(hostile)).find(({ status }) => status === 429)!;
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await refused.json()).toMatchObject({ code: 'too_many_requests' });
});

test('an answer that is not taken keeps its place until the client is gone', async () => {
  const { ask, underWay } = api(400);
  const slow = [new Outgoing(), new Outgoing()];
  const first = slow.map((outgoing) => ask('a', outgoing));
  await sleep(0);
  for (const answer of underWay.splice(0)) answer();
  await Promise.all(first);
  const next = ask('a');
  await sleep(5);
  expect(underWay).toHaveLength(0);
  slow[0]!.destroy();
  await sleep(0);
  expect(underWay).toHaveLength(1);
  underWay[0]!();
  expect((await next).status).toBe(200);
});

test('a client that left while it waited is no work', async () => {
  const { ask, underWay } = api(400);
  const [one, two, left] = [new Outgoing(), new Outgoing(), new Outgoing()];
  const asked = [one, two, left].map((outgoing) => ask('a', outgoing));
  await sleep(0);
  left.destroy();
  for (const answer of underWay.splice(0)) answer();
  await Promise.all(asked.slice(0, 2));
  for (const outgoing of [one, two]) outgoing.destroy();
  expect((await asked[2]!).status).toBe(429); // which nobody reads
  expect(underWay).toHaveLength(0);
});
