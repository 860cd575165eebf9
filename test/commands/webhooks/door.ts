import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenAPIHono } from '@hono/zod-openapi';
import { pino } from 'pino';
import type { OnAnswered } from '../../../src/commands/webhooks/answers.ts';
import { routedPath, type WebhookConfig, webhookRoutes } from '../../../src/commands/webhooks/routes.ts';
import type { EventLog } from '../../../src/events/event-log.ts';
import { listen } from '../../../src/listen.ts';
import type { Tenant, TenantDirectory } from '../../../src/tenants/tenant.ts';
import { startHostedStore } from '../../support/hosted-store.ts';

export const KEY = 'key_test_webhook_0123456789abcdef';

export const tenant = (id: string, keys: readonly string[], settings: Tenant['settings'] = {}): Tenant => ({
  id,
  settings,
  webhookKeys: keys.map((key, i) => ({ keyId: `${id}-key-${i + 1}`, key })),
  formerWebhookKeys: [],
  apiKeys: [],
});

/** `default` and `acme` with keys of their own, and `raw`, which takes bare hex. */
export const someTenants = [
  tenant('default', [KEY]),
  tenant('acme', ['acme-secret-one', 'acme-secret-two'], { timeZone: 'Europe/Berlin', defaultRegion: 'DE' }),
  tenant('raw', ['raw-secret'], { acceptUntimestampedSignature: true }),
];

export const directory = (tenants: readonly Tenant[]): TenantDirectory => ({
  get: (id) => tenants.find((t) => t.id === id),
  list: () => tenants,
  holding: (key) => tenants.filter(({ webhookKeys }) => webhookKeys.some((one) => one.key === key)),
  ready: () => true,
});

export const signature = (body: Uint8Array | string, key = KEY, at: number = Date.now()): string =>
  `v=${at},d=${createHmac('sha256', key).update(body).update(String(at)).digest('hex')}`;

export const bare = (body: Uint8Array | string, key: string): string =>
  createHmac('sha256', key).update(body).digest('hex');

export type Posted = { status: number; headers: Headers; code: string | undefined; text: string };
export type PostOptions = {
  path?: string;
  key?: string;
  at?: number;
  /** Instead of a genuine signature; null: none. */
  header?: string | null;
  headers?: Record<string, string>;
};

export type Door = {
  readonly url: string;
  readonly port: number;
  /** Every line that was logged. */
  readonly lines: string[];
  logged(): Record<string, unknown>[];
  post(body: Uint8Array | string | object, options?: PostOptions): Promise<Posted>;
  drain(): Promise<void>;
  close(): Promise<void>;
};

export const standard: WebhookConfig = {
  bodyLimitBytes: 10 * 1024 * 1024,
  rateLimitPerMinute: 1_000_000,
  rateLimitScope: 'unverified',
  trustProxy: 'nobody',
  keepTranscriptUpdates: false,
  storeTimeoutMs: 30_000,
};

export type DoorOptions = {
  config?: Partial<WebhookConfig>;
  tenants?: TenantDirectory;
  now?: () => number;
  onAnswered?: OnAnswered;
};

/** The real door on a free port. */
export async function openDoor(
  log: EventLog,
  { config = {}, tenants, now, onAnswered }: DoorOptions = {},
): Promise<Door> {
  const lines: string[] = [];
  const webhooks = webhookRoutes({
    log,
    tenants: tenants ?? directory(someTenants),
    now: now ?? Date.now,
    logger: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
    config: { ...standard, ...config },
    ...(onAnswered && { onAnswered }),
  });
  const app = new OpenAPIHono({ getPath: routedPath });
  app.route('/', webhooks.routes);
  const { url, server, close } = await listen(app, '127.0.0.1', 0);
  const port = Number(new URL(url).port);
  return {
    url,
    port,
    lines,
    logged: () => lines.map((line) => JSON.parse(line)),
    async post(body, { path = '/api/webhooks/retell', key = KEY, at, header, headers = {} } = {}) {
      const bytes = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body);
      const signed = header === undefined ? signature(bytes, key, at) : header;
      const response = await fetch(url + path, {
        method: 'POST',
        body: bytes as string,
        headers: {
          'content-type': 'application/json',
          ...(signed === null ? {} : { 'x-retell-signature': signed }),
          ...headers,
        },
      });
      const text = await response.text();
      const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
      return {
        status: response.status,
        headers: response.headers,
        text,
        code: isProblem ? JSON.parse(text).code : undefined,
      };
    },
    drain: webhooks.drain,
    close: () => {
      const closed = close();
      server.closeAllConnections();
      return closed;
    },
  };
}

/** A door for as long as it is used. */
export async function withDoor(log: EventLog, options: DoorOptions, use: (door: Door) => Promise<void>): Promise<void> {
  const door = await openDoor(log, options);
  try {
    await use(door);
  } finally {
    await door.close();
  }
}

export type Store = Awaited<ReturnType<typeof startStore>>;

export async function startStore() {
  const dataDir = await mkdtemp(join(tmpdir(), 'webhooks-'));
  const node = await startHostedStore({ dataDir });
  return {
    ...node,
    async remove() {
      await node.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

let calls = 0;
/** A call id that no other test uses. */
export const newCallId = (): string => `call_${process.pid}_${++calls}`;

export const ended = (callId: string, call: object = {}, rest: object = {}) => ({
  event: 'call_ended',
  call: {
    call_id: callId,
    call_type: 'phone_call',
    direction: 'outbound',
    disconnection_reason: 'user_hangup',
    ...call,
  },
  ...rest,
});
