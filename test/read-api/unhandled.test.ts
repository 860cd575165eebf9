import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { badRequest, Problem } from '../../src/http/problem.ts';
import { answerUnhandled } from '../../src/read-api/unhandled.ts';

const secret = 'Jane Doe, +4930111, key-of-acme';

function application(roles = ['ingest']) {
  const log: string[] = [];
  const root = new OpenAPIHono();
  answerUnhandled(root, pino({ level: 'error' }, { write: (line: string) => void log.push(line) }), roles);
  const things = new OpenAPIHono({ defaultHook: badRequest });
  things.get('/things/:id', (c) => (c.req.param('id') === '404' ? c.json({ own: true }, 404) : c.text('found')));
  things.put('/things/:id', (c) => c.text('put'));
  things.get('/broken/:id', () => {
    throw new Error(`${secret}\n    at ${secret} (/home/jane:1:1)`, { cause: new RangeError(secret) });
  });
  things.openapi(
    createRoute({
      method: 'post',
      path: '/things',
      request: {
        body: { required: true, content: { 'application/json': { schema: z.object({ name: z.string() }) } } },
      },
      responses: { 200: { description: '' } },
    }),
    (c) => c.text('made'),
  );
  root.route('/', things);
  return { root, log };
}

const ask = async (path: string, init: RequestInit = {}) => {
  const { root, log } = application();
  const response = await root.request(path, init);
  const text = await response.text();
  const problem =
    response.headers.get('content-type') === 'application/problem+json' ? Problem.parse(JSON.parse(text)) : undefined;
  return { response, text, problem, log };
};

describe('a path that', () => {
  test('nobody serves is a problem 404', async () => {
    const { response, problem } = await ask('/nowhere');
    expect([response.status, problem?.code, problem?.status]).toEqual([404, 'not_found', 404]);
  });

  test('is none leads a browser to the console, where this process serves it, else to the docs, and nobody else', async () => {
    const browser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };
    const { response } = await ask('/', browser);
    expect([response.status, response.headers.get('location')]).toEqual([302, 'docs']);
    const { root } = application(['serve']);
    expect((await root.request('/', browser)).headers.get('location')).toBe('console');
    expect((await ask('/')).problem?.code).toBe('not_found');
    expect((await ask('/', { method: 'POST', ...browser })).problem?.code).toBe('not_found');
  });

  test('is served with other methods is a problem 405 that names them', async () => {
    for (const method of ['POST', 'DELETE', 'OPTIONS']) {
      const { response, problem } = await ask('/things/1', { method });
      expect([response.status, problem?.code]).toEqual([405, 'method_not_allowed']);
      expect(response.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'PUT']);
    }
    expect((await ask('/things/1', { method: 'HEAD' })).response.status).toBe(200);
  });

  test('another process serves is a problem that names the roles, whatever else the path answers here', async () => {
    const { response, problem } = await ask('/api/appointments/a');
    expect(response.status).toBe(404);
    expect(problem).toMatchObject({
      code: 'role_not_here',
      detail: 'This process has the role ingest; ask one with the role serve.',
    });
    // Its own role's, which is not mounted in this test: it is none that another process has.
    expect((await ask('/api/appointments/a', { method: 'PUT' })).problem?.code).toBe('not_found');
  });

  test('answers 404 itself keeps its answer', async () => {
    const { response, text } = await ask('/things/404');
    expect([response.status, text]).toEqual([404, '{"own":true}']);
  });
});

describe('a body that', () => {
  const post = (body: string, type: string) =>
    ask('/things', { method: 'POST', body, headers: { 'content-type': type } });
  test.each([
    ['is no JSON', '{"name": "Jane', 'application/json', 400, 'invalid_request'],
    ['is of another type', '{"name":"x"}', 'text/plain', 415, 'unsupported_media_type'],
  ])('%s is a problem', async (_, body, type, status, code) => {
    const { response, problem, text, log } = await post(body, type);
    expect([response.status, problem?.code]).toEqual([status, code]);
    expect(problem?.errors?.length).toBe(status === 400 ? 1 : undefined);
    expect(text).not.toContain('Jane');
    expect(log).toEqual([]);
  });
});

describe('what nobody expected', () => {
  test('is a problem 500 that leads to the log and tells nothing', async () => {
    const { response, problem, text, log } = await ask('/broken/call_1?phone=%2B4930111');
    const id = response.headers.get('x-correlation-id')!;
    expect([response.status, problem?.code]).toEqual([500, 'internal_error']);
    expect(problem?.detail).toContain(id);
    expect(text).not.toMatch(/Jane|4930111|key-of|unhandled\.test/);
    expect(log).toHaveLength(1);
    expect(JSON.parse(log[0]!)).toMatchObject({
      correlationId: id,
      method: 'GET',
      route: '/broken/:id',
      msg: 'unexpected_error',
    });
  });

  test('is logged with its place, and without its words', async () => {
    const { log } = await ask('/broken/call_1?phone=%2B4930111');
    const { error } = JSON.parse(log[0]!);
    expect(error.name).toBe('Error');
    expect(error.at[0]).toMatch(/unhandled\.test\.ts\S*:\d+/);
    expect(error.cause).toMatchObject({ name: 'RangeError' });
    expect(log[0]).not.toMatch(/[Jj]ane|4930111|key-of|call_1/);
  });
});
