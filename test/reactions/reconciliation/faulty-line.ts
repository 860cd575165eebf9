import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one request on its way to Retell and back. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | 'hang'
  | 'cut'
  /** Headers and half of the body, and then nothing. */
  | 'half'
  /** A body that goes on for ever. */
  | 'endless'
  | { readonly answer: (body: string) => string };
export type Passing = {
  readonly method: string;
  readonly path: string;
  readonly at: number;
  readonly key: string;
  readonly body: string;
};

/** A line to Retell that fails as it is told; it writes down what goes over it. */
export async function faultyLine(targetUrl: string) {
  const passed: Passing[] = [];
  let fault: (request: Passing, nth: number) => Fault | undefined = () => undefined;
  let rekey: ((key: string) => string | undefined) | undefined;
  const spoil = (response: ServerResponse, how: Exclude<Fault, { answer: unknown }>) => {
    if (how === 'cut') response.socket?.destroy();
    else if (how === 'half') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '4000' });
      response.write('{"items":[{"call_id":"call_');
    } else if (how === 'endless') {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(1024 * 1024)));
      };
      response.on('drain', more);
      more();
    } else if (how !== 'hang') {
      response.writeHead(how.status, { 'content-type': 'application/json', ...how.headers });
      response.end('{"status":"error","message":"as told"}');
    }
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const key = (request.headers.authorization ?? '').replace('Bearer ', '');
    const sent = Buffer.concat(chunks);
    const { method = '', url: path = '' } = request;
    const passing = { method, path, at: performance.now(), key, body: sent.toString() };
    passed.push(passing);
    const now = fault(passing, passed.filter(({ path }) => path === passing.path).length);
    if (now !== undefined && !(typeof now === 'object' && 'answer' in now)) return spoil(response, now);
    const onward = await fetch(`${targetUrl}${passing.path}`, {
      method: passing.method,
      headers: {
        authorization: `Bearer ${rekey?.(key) ?? key}`,
        'content-type': request.headers['content-type'] ?? '',
      },
      ...(passing.method === 'POST' && { body: sent }),
    });
    const body = await onward.text();
    response.writeHead(now === undefined ? onward.status : 200, { 'content-type': 'application/json' });
    response.end(now === undefined ? body : now.answer(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    gets: () => passed.filter(({ path }) => path.startsWith('/v2/get-call/')),
    lists: () => passed.filter(({ path }) => path === '/v3/list-calls'),
    /** From now on; `nth` counts the requests for the same path. */
    fails: (how: typeof fault) => {
      fault = how;
    },
    /** Which of the emulator's keys a key stands for. */
    keys: (how: typeof rekey) => {
      rekey = how;
    },
    clear: () => {
      fault = () => undefined;
      passed.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
