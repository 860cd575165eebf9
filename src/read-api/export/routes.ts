import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import { type EventLog, EventStoreUnavailable } from '../../events/event-log.ts';
import { shares } from '../../events/shares.ts';
import { type AdminAccess, adminRoute } from '../../http/bearer.ts';
import { badRequest, json, problem, problemResponse, uncached } from '../../http/problem.ts';
import { TooManyRequests } from '../../http/tenant-share.ts';
import { unavailable } from '../query-routes.ts';
import { deliveryRoute } from './delivery-route.ts';
import { ExportLine, lineOf } from './export-line.ts';
import {
  digestOfRange,
  ExportQuery,
  type ExportRange,
  exportLines,
  RangeQuery,
  type ReadEvidence,
} from './export-lines.ts';

export type ExportDependencies = {
  readonly log: EventLog;
  readonly access: AdminAccess;
  readonly isTenant: (id: string) => boolean;
  readonly readEvidence: ReadEvidence;
  readonly logger: Pick<Logger, 'error'>;
  readonly now?: () => Date;
};

export type Exports = {
  /** `GET /api/export` and `/api/export/digest`; mount it at the root. */
  readonly routes: OpenAPIHono<ExportEnv>;
  /** Breaks off exports under way, with a line that says so. Call it before the server closes, which waits for them. */
  close(): Promise<void>;
};

type ExportEnv = { Bindings: Partial<HttpBindings> };

const RangeDigest = z.object({
  facts: z.int().min(0),
  digest: z.string().openapi({ description: 'What the footer of an export of this range says.' }),
});

const description = `One JSON object a line: a \`header\`, the \`fact\`s in the order of the log, each followed by its \`evidence\` where something
was signed, and a \`footer\`. **An export without a footer is not complete**; a line \`broken\` says why. Each line ends
in a digest that covers it and the fact before it. \`call-ledger export check\` verifies it. It is personal data.`;

const refusals = {
  400: problemResponse(
    '`invalid_request`: a malformed or unknown parameter. `range_beyond_log`: the log ends before `from` or `head`.',
  ),
  401: problemResponse('Not the admin key'),
  404: problemResponse('`unknown_tenant`'),
  429: problemResponse(
    '`too_many_requests`: as many exports, of this tenant or of all, are under way as may be at once.',
  ),
  503: problemResponse('`event_store_unavailable`: try again after `Retry-After` seconds.'),
};

/** The audit export, with ADMIN_KEY, straight from the log. */
export function exportRoutes(dependencies: ExportDependencies): Exports {
  const { log, access, isTenant, readEvidence, logger, now = () => new Date() } = dependencies;
  const app = new OpenAPIHono<ExportEnv>({ defaultHook: badRequest });
  app.onError(unavailable);
  const common = adminRoute(access, 'Export', 'personal');
  const closing = new AbortController();
  const open = new Set<() => void>();
  const enter = shares(EXPORTS_AT_ONCE);

  type Asked = Omit<ExportRange, 'head'> & { readonly head?: bigint | undefined };
  /** The answer to a range that does not exist; undefined where it does. */
  const refusal = (c: Context, { tenant, from, head = 0n }: Asked, end: bigint) => {
    if (tenant !== undefined && !isTenant(tenant))
      return problem(c, 404, 'unknown_tenant', { detail: 'No tenant is registered under this id.' });
    if (head > end || (from !== undefined && 'position' in from && from.position > end))
      return problem(c, 400, 'range_beyond_log', {
        detail: `The log ends at ${end}: it is another one, or was shortened.`,
      });
    return undefined;
  };
  const endOfLog = async () => (await log.head()) ?? -1n;

  const codeOf = (error: unknown): string => {
    if (error instanceof EventStoreUnavailable) return 'event_store_unavailable';
    logger.error({ reason: 'export_broken', error: (error as Error).name }, 'export');
    return 'internal_error';
  };

  app.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/export',
      operationId: 'exportFacts',
      summary: 'The facts of a range of the log, with digests, as NDJSON',
      description,
      request: { query: ExportQuery },
      responses: {
        200: { description: 'The lines.', content: { 'application/x-ndjson': { schema: ExportLine } } },
        ...refusals,
      },
    }),
    async (c) => {
      const { evidence = true, ...query } = c.req.valid('query');
      const end = await endOfLog();
      const refused = refusal(c, query, end);
      if (refused) return refused;
      const leave = enter(query.tenant ?? '');
      if (leave === undefined) throw new TooManyRequests();
      const gone = new AbortController();
      const signal = AbortSignal.any([gone.signal, closing.signal]);
      const request = { ...query, head: query.head ?? end, evidence, created: now().toISOString() };
      async function* lines() {
        try {
          yield* exportLines(log, readEvidence, request, signal);
          if (closing.signal.aborted) yield lineOf({ kind: 'broken', code: 'shutting_down' }, '').text;
        } catch (error) {
          yield lineOf({ kind: 'broken', code: codeOf(error) }, '').text;
        }
      }
      const destroy = () => void c.env?.outgoing?.destroy();
      open.add(destroy);
      const ended = () => {
        gone.abort();
        leave();
        open.delete(destroy);
      };
      const headers = { 'content-type': 'application/x-ndjson', ...uncached };
      if (c.req.method === 'HEAD') {
        ended(); // nobody would read them
        return c.body(null, 200, headers) as never;
      }
      return c.body(asBody(lines(), ended), 200, headers) as never;
    },
  );

  app.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/export/digest',
      operationId: 'getExportDigest',
      summary: 'What an export of this range has to hold',
      description:
        'From the log as it is now: an export of the same range and `head` is complete when it says the same.',
      request: { query: RangeQuery },
      responses: {
        200: json(RangeDigest, 'Count and digest.'),
        ...refusals,
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const end = await endOfLog();
      const refused = refusal(c, query, end);
      if (refused) return refused;
      const leave = enter(query.tenant ?? '');
      if (leave === undefined) throw new TooManyRequests();
      const gone = new AbortController();
      c.env?.outgoing?.once('close', () => gone.abort());
      const signal = AbortSignal.any([gone.signal, closing.signal]);
      const found = await digestOfRange(log, { ...query, head: query.head ?? end }, signal).finally(leave);
      if (found === undefined) throw new EventStoreUnavailable('the service is shutting down');
      return c.json(found, 200, uncached);
    },
  );

  app.route('/', deliveryRoute({ log, access, readEvidence }));
  return {
    routes: app,
    async close() {
      closing.abort();
      // A client that is reading gets its last line; one that is not is cut off after the limit.
      for (const limit = Date.now() + CLOSE_WITHIN_MS; open.size > 0 && Date.now() < limit; ) await sleep(20);
      for (const destroy of open) destroy();
    },
  };
}

const CLOSE_WITHIN_MS = 1000;
/** Each holds some of the log in memory. One tenant's leave as many for others. */
const EXPORTS_AT_ONCE = 8;
const CHUNK = 64 * 1024;

/** Lines as a body that is made as fast as it is read, in pieces worth sending; the first goes out at once. */
function asBody(lines: AsyncGenerator<string>, ended: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let first = true;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let text = '';
        while (text.length < CHUNK) {
          const next = await lines.next();
          if (next.done) {
            if (text !== '') controller.enqueue(encoder.encode(text));
            controller.close();
            return ended();
          }
          text += `${next.value}\n`;
          if (first) break;
        }
        first = false;
        controller.enqueue(encoder.encode(text));
      },
      async cancel() {
        ended();
        await lines.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}
