import { OpenAPIHono } from '@hono/zod-openapi';
import { pino } from 'pino';
import { adminRoutes } from '../../../src/administration/tenant-routes.ts';
import type { EventLog } from '../../../src/events/event-log.ts';
import { requireScope } from '../../../src/http/bearer.ts';
import { listen } from '../../../src/listen.ts';
import { openTenantDirectory } from '../../../src/tenants/directory.ts';
import { sealingUnder } from '../../../src/tenants/sealing.ts';
import { accessWith } from '../../support/admin-access.ts';
import { patientLog } from '../../support/patient-log.ts';
import { startRestorableStore } from '../../support/restorable-store.ts';

export const ADMIN_KEY = 'admin-key-of-the-tests';
export const MASTER_KEY = 'master-key-of-the-tests';

/** An event store of this test file's own, and the one client of its process. */
export async function eventStore() {
  const node = await startRestorableStore();
  const log = patientLog(node.url);
  const stop = async () => {
    await log.close();
    await node.stop();
  };
  return { ...node, log, stop };
}

/** What a process logged, as text. */
export function listeningLogger() {
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  return { logger, text: () => lines.join('') };
}

type Options = {
  readonly environmentKeys?: readonly string[];
  readonly masterKey?: string;
  readonly previous?: string;
  readonly lost?: boolean;
};

/** The administration over HTTP, as one process serves it. Disposing it ends that process. */
export async function service(
  log: EventLog,
  { environmentKeys = [], masterKey = MASTER_KEY, previous, lost = false }: Options = {},
) {
  const sealing = sealingUnder(masterKey, previous);
  const stopped = new AbortController();
  const { logger, text } = listeningLogger();
  const directory = openTenantDirectory({
    ...{ log, sealing, environmentKeys, logger, signal: stopped.signal },
    mayOpenNothing: lost,
  });
  await directory.caughtUp();
  const app = new OpenAPIHono();
  app.route('/', adminRoutes({ log, directory, sealing, access: accessWith(ADMIN_KEY), logger }));
  app.get('/whoami', requireScope(directory.authenticate, 'read'), (c) => c.json(c.var.caller));
  const { url, close } = await listen(app, '127.0.0.1', 0);
  const answers: string[] = [];

  /** Asks with ADMIN_KEY; a body is sent as JSON, text as it stands. */
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    answers.push(text);
    // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever it is until the test has looked
    return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : undefined) as any };
  };

  const whoami = async (apiKey: string) =>
    (await fetch(`${url}/whoami`, { headers: { authorization: `Bearer ${apiKey}` } })).status;

  const stop = async () => {
    stopped.abort();
    await close();
  };
  return { url, directory, ask, whoami, logged: text, answers: () => answers.join('\n'), stop };
}

export type Service = Awaited<ReturnType<typeof service>>;
