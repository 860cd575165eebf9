import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpBindings } from '@hono/node-server';
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Place } from '../../events/recorded.ts';
import { shares } from '../../events/shares.ts';
import { type Authenticate, type Caller, type CallerEnv, requireScope } from '../../http/bearer.ts';
import { only } from '../../http/parameters.ts';
import { badRequest, problem, problemResponse } from '../../http/problem.ts';
import type { ReadModel } from '../../projections/tables.ts';
import { apiKey } from '../answers.ts';
import { unavailable } from '../query-routes.ts';
import { openFeed } from './feed.ts';
import { AppointmentChanged, type Cursor, OutcomeChanged, parseCursor } from './feed-event.ts';
import { type Client, eventStream, type Listener, listen, refuse, webSocketClient } from './listener.ts';
import { BEARER, isWebSocket, PATH, upgradeHeaders } from './upgrade-request.ts';

export type LiveFeedOptions = {
  /** Over a pool of `createReadPool`. */
  readonly db: Kysely<ReadModel>;
  readonly authenticate: Authenticate;
  /** The position of the newest event of the log; undefined: it is empty. Rejects when the event store does not answer. */
  readonly endOfLog: () => Promise<bigint | undefined>;
  /** The place in the log up to which the read model shows it; undefined: not known. */
  readonly shown?: () => Promise<Place | undefined>;
  readonly holds?: (place: Place) => Promise<boolean>;
  readonly logger: Logger;
  readonly heartbeatMs?: number;
  /** For how long a client may take nothing of what it is sent. */
  readonly stalledMs?: number;
  /** How often the read model is looked at while somebody listens. */
  readonly everyMs?: number;
  /** How often the end of the log is looked at while somebody listens. */
  readonly endEveryMs?: number;
  readonly maxListeners?: number;
};

export type LiveFeed = {
  /** `GET /api/live`; mount it at the root. */
  readonly routes: OpenAPIHono<LiveEnv>;
  listeners(): number;
  /** Lets the same path be upgraded to a WebSocket. */
  attach(server: Server): void;
  /** Ends every connection, with the reason; before the server is closed, which waits for them. */
  close(): Promise<void>;
};

/** What a request brings along: the sockets of a plain one, or how to upgrade one to a WebSocket. */
type Admitted = { readonly caller: Caller; readonly cursor: Cursor; readonly leave: () => void };
type LiveEnv = CallerEnv & { Bindings: Partial<HttpBindings> & { upgrade?: (admitted: Admitted) => void } };

/** A revoked key ends its connections at the next of these looks. */
const RECHECK_MS = 500;
/** Clients have nothing to send, so a little is enough. */
const MAX_MESSAGE_BYTES = 4096;

const cursor = z.string().transform((text, context) => {
  const place = parseCursor(text);
  if (place === undefined) context.addIssue({ code: 'custom', message: 'must be the id of an event of this feed' });
  return place ?? z.NEVER;
});
const Query = only({
  cursor: cursor.optional().openapi({
    type: 'string',
    description: 'The `id` of the last event that was received: the feed goes on behind it. Absent: it begins now.',
  }),
});
const ResumeHeaders = z.object({
  'last-event-id': z
    .literal('')
    .transform(() => undefined)
    .or(cursor)
    .optional()
    .openapi({
      type: 'string',
      description: 'The same, as browsers send it when they reconnect. Goes before `cursor`.',
    }),
});

const description = `Server-Sent Events \`call.outcome.changed\` and \`appointment.changed\`, with JSON of the schemas \`OutcomeChanged\`
and \`AppointmentChanged\` as data, one for each fact of a call or word of staff that changed something. The \`id\` of an event is the cursor behind it: a client that reconnects with it misses nothing and gets nothing twice. The first
event, \`ready\`, carries the cursor at which the feed begins. Comments are heartbeats. The last event is \`closed\` with
a \`reason\`: \`too_slow\`, \`key_revoked\` or \`shutting_down\`.

**A cursor beyond the end of the log** is of another log, or the log was restored to an earlier state; then there is an event
\`reset\`, before \`ready\` or at any time, with \`{"cursor", "reason": "cursor_beyond_log"}\`: the feed goes on at this
cursor, which is its \`id\` too, so that browsers keep it by themselves. What was heard before may not be so any more: read anew
what you keep. A cursor that the log has and the read model has not yet is waited for.

**WebSocket.** The same path, upgraded: each event is a message \`{"event", "id", "data"}\`, heartbeats are pings, and the
reason comes with the close code: 1013, 1008, 1001. Resume with \`?cursor=\`. A browser cannot set headers and gives
its key as a subprotocol: \`new WebSocket(url, ['call-ledger', 'bearer.' + apiKey])\`.`;

/** The live feed (A10): sends each listener the changes of outcomes and appointments of its tenant. */
export function liveFeed(options: LiveFeedOptions): LiveFeed {
  const { db, authenticate, logger, maxListeners = 1000 } = options;
  const pace = { heartbeatMs: options.heartbeatMs ?? 15_000, stalledMs: options.stalledMs ?? 10_000 };
  const feed = openFeed(db, {
    ...{ logger, endOfLog: options.endOfLog },
    shown: options.shown ?? (async () => undefined),
    holds: options.holds ?? (async () => true),
    everyMs: options.everyMs ?? 50,
    endEveryMs: options.endEveryMs ?? 5000,
  });
  let closing = false;
  const listeners = new Map<Listener, { readonly key: string; readonly caller: Caller }>();
  const enter = shares(maxListeners);

  const mayListen = (key: string, { tenantId, keyId }: Caller): boolean => {
    const now = authenticate(key);
    return now !== undefined && now.tenantId === tenantId && now.keyId === keyId && now.scopes.length > 0;
  };
  const recheck = setInterval(() => {
    for (const [listener, { key, caller }] of listeners) if (!mayListen(key, caller)) listener.end('key_revoked');
  }, RECHECK_MS).unref();

  const admit = (client: Client, key: string, { caller, cursor, leave }: Admitted) => {
    const listener = listen(client, caller, cursor, { feed, pace, logger });
    listeners.set(listener, { key, caller });
    client.gone.addEventListener('abort', () => {
      listeners.delete(listener);
      leave();
    });
    listener.ended.catch((error) => {
      logger.error({ reason: 'live_listener_failed', error: (error as Error).name }, 'live feed');
      client.destroy();
    });
    if (closing) listener.end('shutting_down'); // it came before the server took no more
  };

  const routes = new OpenAPIHono<LiveEnv>({ defaultHook: badRequest });
  routes.onError(unavailable);
  routes.openAPIRegistry.register('OutcomeChanged', OutcomeChanged);
  routes.openAPIRegistry.register('AppointmentChanged', AppointmentChanged);
  routes.openapi(
    createRoute({
      method: 'get',
      path: PATH,
      operationId: 'getLiveFeed',
      tags: ['Live'],
      summary: 'Outcome changes as they happen',
      description,
      security: apiKey,
      middleware: requireScope(authenticate, 'read'),
      request: { query: Query, headers: ResumeHeaders },
      responses: {
        101: { description: 'For a WebSocket upgrade.' },
        200: { description: 'A stream without end.', content: { 'text/event-stream': { schema: z.string() } } },
        400: problemResponse('`invalid_request`: a malformed cursor; `errors[]` names it.'),
        401: problemResponse('`unauthorized`: no API key, or an unknown or revoked one.'),
        403: problemResponse('`missing_scope`: the API key has no read scope.'),
        503: problemResponse(
          '`database_unavailable`: where to begin cannot be read now; `too_many_listeners`. Try again after `Retry-After` seconds.',
        ),
      },
    }),
    async (c) => {
      const place = c.req.valid('header')['last-event-id'] ?? c.req.valid('query').cursor ?? (await feed.now());
      if (c.req.method === 'HEAD') return c.body(null, 200, streamHeaders) as never; // nobody would read the stream
      const leave = enter(c.var.caller.tenantId);
      if (leave === undefined)
        return problem(c, 503, 'too_many_listeners', {
          detail: 'This tenant has as many listeners here as leaves the same number free for others.',
          headers: { 'retry-after': '10' },
        });
      const admitted = { caller: c.var.caller, cursor: place, leave };
      const { upgrade, outgoing } = c.env ?? {};
      if (upgrade) {
        upgrade(admitted);
        return c.body(null, 204) as never;
      }
      const { body, client } = eventStream(() => outgoing?.destroy());
      admit(client, keyOf(c.req.header('authorization')!), admitted);
      return c.body(body, 200, streamHeaders) as never;
    },
  );

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => [...offered].find((name) => !name.startsWith(BEARER)) ?? [...offered][0]!,
  });

  /** The request goes through the route above, so that both transports admit the same clients to the same place. */
  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const headers = upgradeHeaders(request);
    let admitted: Admitted | undefined;
    const response = await routes.fetch(new Request(new URL(request.url!, 'http://localhost'), { headers }), {
      upgrade: (a) => {
        admitted = a;
      },
    });
    if (admitted === undefined) return refuse(socket, response);
    const place = admitted;
    if (socket.destroyed) return place.leave();
    socket.once('close', place.leave); // also where it was never upgraded
    sockets.handleUpgrade(request, socket, head, (ws: WebSocket) =>
      admit(webSocketClient(ws), keyOf(headers.get('authorization')!), place),
    );
  }

  return {
    routes,
    listeners: () => listeners.size,
    attach(server) {
      // Others ask for upgrades that nobody needs to follow (`h2c`): those stay plain requests.
      (server as Server & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean }).shouldUpgradeCallback = (
        request,
      ) => isWebSocket(request);
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.on('error', () => socket.destroy());
        upgrade(request, socket, head).catch((error) => {
          logger.error({ reason: 'live_upgrade_failed', error: (error as Error).name }, 'live feed');
          socket.destroy();
        });
      });
    },
    async close() {
      closing = true;
      clearInterval(recheck);
      const all = [...listeners.keys()];
      for (const listener of all) listener.end('shutting_down');
      feed.close();
      await Promise.allSettled(all.map(({ ended }) => ended));
    },
  };
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-accel-buffering': 'no', // or a proxy keeps events back until it has more
};

const keyOf = (authorization: string): string => authorization.slice('Bearer '.length);
