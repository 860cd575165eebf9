import type { HttpBindings } from '@hono/node-server';
import { createRoute, z } from '@hono/zod-openapi';
import { Zip, ZipDeflate } from 'fflate';
import type { Logger } from 'pino';
import { type AdminAccess, adminRoute } from '../http/bearer.ts';
import { problemRoutes } from '../http/failures.ts';
import { only, pathId } from '../http/parameters.ts';
import { problem, problemResponse, uncached } from '../http/problem.ts';
import { phoneOf } from '../model/phone.ts';
import type { TenantDirectory } from '../tenants/tenant.ts';
import { asJson, keptOf, type PersonDeps, sections } from './person.ts';

export type PersonRoutesDeps = PersonDeps & {
  readonly tenants: TenantDirectory;
  readonly access: AdminAccess;
  readonly logger: Logger;
};

const things = z.array(z.looseObject({}));
export const Person = z
  .object({
    tenantId: z.string(),
    phone: z.string(),
    ...(Object.fromEntries(sections.map((section) => [section, things])) as Record<
      (typeof sections)[number],
      typeof things
    >),
  })
  .openapi('Person');

const Query = only({
  phone: z
    .string()
    .max(64)
    .transform((text) => text.replace(/^ /, '+'))
    .openapi({ example: '+4930123456', description: "In E.164, or national in the tenant's default region." }),
  format: z.enum(['json', 'zip']).default('json').openapi({
    description: '`zip`: `person.json` and `recordings.txt`, the links to recordings, which are not fetched.',
  }),
});

/** Everything that is kept of a person, for administrators with the scope `personal`. */
export function personRoutes({ tenants, access, logger, ...deps }: PersonRoutesDeps) {
  const routes = problemRoutes<{ Bindings: HttpBindings }>(logger);
  routes.openapi(
    createRoute({
      ...adminRoute(access, 'Erasure', 'personal'),
      method: 'get',
      path: '/api/tenants/{id}/people',
      operationId: 'getPerson',
      summary: 'Everything that is kept of a person',
      description: 'Of every call from or to the number; of sessions with others only their part. Personal data.',
      request: { params: z.object({ id: pathId() }), query: Query },
      responses: {
        200: {
          description: 'All of it; arrays, empty where there is nothing.',
          content: { 'application/json': { schema: Person }, 'application/zip': { schema: z.unknown() } },
        },
        400: problemResponse('`invalid_request`: no possible phone number.'),
        401: problemResponse('Not an admin key.'),
        403: problemResponse('`missing_scope`: the admin key lacks the scope `personal`.'),
        404: problemResponse('`unknown_tenant`'),
        503: problemResponse('`event_store_unavailable` or `database_unavailable`: repeat the request.'),
      },
    }),
    async (c) => {
      const { phone: asked, format } = c.req.valid('query');
      const tenant = tenants.get(c.req.valid('param').id);
      if (!tenant) return problem(c, 404, 'unknown_tenant', { detail: 'There is no such tenant.' }) as never;
      const region = tenant.settings.defaultRegion;
      const phone = phoneOf(asked, region);
      const message = 'must be a possible phone number, as +4930123456';
      if (phone === undefined)
        return problem(c, 400, 'invalid_request', { detail: message, errors: [{ path: 'phone', message }] }) as never;
      const gone = new AbortController();
      c.env?.outgoing?.once('close', () => gone.abort());
      const kept = keptOf(deps, { tenantId: tenant.id, phone, region }, gone.signal);
      // The first thing is found before the answer begins, so that a store that is away is a 503.
      const first = await kept.next();
      const all = (async function* () {
        if (!first.done) yield first.value;
        yield* kept;
      })();
      const head = { tenantId: tenant.id, phone };
      if (format === 'json')
        return c.body(bytesOf(asJson(all, head)), 200, { 'content-type': 'application/json', ...uncached }) as never;
      const headers = {
        ...{ 'content-type': 'application/zip', ...uncached },
        'content-disposition': 'attachment; filename="person.zip"',
      };
      return c.body(zipOf(all, head), 200, headers) as never;
    },
  );
  return routes;
}

/** As fast as it is read. */
function bytesOf(texts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await texts.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    cancel: async () => void (await texts.return(undefined)),
  });
}

function zipOf(kept: ReturnType<typeof keptOf>, head: object): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const links: string[] = [];
  async function* noted() {
    for await (const one of kept) {
      const [section, item] = one;
      const { recordingUrl } = item as { recordingUrl?: unknown };
      if (section === 'sessions' && typeof recordingUrl === 'string') links.push(recordingUrl);
      yield one;
    }
  }
  const texts = asJson(noted(), head);
  const ready: Uint8Array[] = [];
  let ended = false;
  const zip = new Zip((error, data, final) => {
    if (error) throw error;
    ready.push(data);
    ended = final;
  });
  const document = new ZipDeflate('person.json', { level: 6 });
  zip.add(document);
  const step = async () => {
    const next = await texts.next();
    if (!next.done) return document.push(encoder.encode(next.value));
    document.push(new Uint8Array(), true);
    const list = new ZipDeflate('recordings.txt');
    zip.add(list);
    list.push(encoder.encode(links.map((link) => `${link}\n`).join('')), true);
    zip.end();
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (ready.length === 0 && !ended) await step();
      for (const data of ready.splice(0)) if (data.length > 0) controller.enqueue(data);
      if (ended) controller.close();
    },
    cancel: async () => void (await texts.return(undefined)),
  });
}
