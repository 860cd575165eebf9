import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Env } from 'hono';
import { PROBLEM } from '../http/problem.ts';

/** In the order of the docs page. A tag that no route has is left out; one that is not here comes last. */
const tags: readonly { readonly name: string; readonly description: string }[] = [
  { name: 'Call sessions', description: 'What became of a call: the strongest outcome that its facts support.' },
  { name: 'Appointments', description: 'What calls and staff decided about an appointment.' },
  { name: 'Tickets', description: 'What calls left to be done.' },
  { name: 'Customers', description: 'Who called or was called, by phone number.' },
  { name: 'Summary', description: 'How much of what there was on each day.' },
  { name: 'Live', description: 'Outcome changes as they happen; resumable.' },
  { name: 'Outgoing webhooks', description: 'Your own systems are sent what changes, signed. Needs the scope write.' },
  { name: 'Calls', description: 'Placing calls.' },
  { name: 'Tenants', description: 'Tenants and their keys. Needs the admin key.' },
  { name: 'Admin keys and audit', description: 'Who administers, and what they did. Needs the admin key.' },
  { name: 'Erasure', description: 'What is kept of a person, and erasing it. Needs the admin key.' },
  { name: 'Export', description: 'The facts and the signed bytes behind them, for an auditor. Needs the admin key.' },
  { name: 'Reconciliation', description: 'Asking Retell for what never came, and whether anything is missing.' },
  {
    name: 'Quarantine',
    description: 'Webhooks that could not be understood, and how all were answered. Needs the admin key.',
  },
  { name: 'Ticket mail', description: 'Previews, and mails that were given up. Needs the admin key.' },
  { name: 'Projections', description: 'The read model: rebuild, verify, parked streams. Needs the admin key.' },
  { name: 'Operations', description: 'Health, metrics, this document, whose a key is, and what is asked of others.' },
  { name: 'Webhooks', description: 'Retell posts here. Verified by signature; 204 once the fact is durable.' },
];

const description = `Signed Retell webhooks become immutable facts; everything read here is a fold of those facts.

**Keys.** An API key sees its own tenant only: an id of another tenant answers 404 like an id that does not exist.

**Ids** are compared without white space and invisible characters around them. In a path, an id that cannot exist answers 404.

**Lists** are sorted by \`createdAt\` descending, then \`id\`, and paged by \`nextCursor\`, which is null at the end.
A page ends before \`limit\` where its items are large (8 MiB); go by \`nextCursor\`. \`from\` is inclusive, \`to\` exclusive. Unknown and malformed parameters answer 400; \`errors[]\` names each.

**JSON.** What is not known is absent, not null. Times are ISO 8601 in UTC with milliseconds.

**Errors** are RFC 9457 problems; programs go by \`code\`. 503 carries \`Retry-After\`.`;

const securitySchemes = {
  apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of a tenant, with scope read, write or call.' },
  adminKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'ADMIN_KEY of the service, or a named admin key with the scope (`POST /api/admin-keys`).',
  },
} as const;

type Operation = {
  tags?: string[];
  security?: Record<string, string[]>[];
  responses: Record<number, unknown>;
};
const lacksScope = {
  description: '`missing_scope`: a named admin key without the scope.',
  content: { [PROBLEM]: { schema: { $ref: '#/components/schemas/Problem' } } },
};

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];

/** By tag, then by path: a list before its items, what can be read before what changes it. */
function inOrder<Paths extends object>(paths: Paths | undefined): Paths {
  const tagOf = (path: object) =>
    tags.findIndex(({ name }) => name === Object.values(path as Record<string, Operation>)[0]?.tags?.[0]);
  const byMethod = ([a]: [string, unknown], [b]: [string, unknown]) => METHODS.indexOf(a) - METHODS.indexOf(b);
  return Object.fromEntries(
    Object.entries(paths ?? {})
      .map(
        ([path, operations]) =>
          [path, Object.fromEntries(Object.entries(operations as object).sort(byMethod))] as const,
      )
      .sort(([a, of], [b, others]) => tagOf(of) - tagOf(others) || (a < b ? -1 : 1)),
  ) as Paths;
}

/** OpenAPI 3.1 of every route that is mounted on the application, from the schemas that validate. */
export function openApiDocument<E extends Env>(app: OpenAPIHono<E>) {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Call Ledger', version: '1', description },
    servers: [{ url: '/', description: 'This service' }],
  });
  const used = new Set(
    Object.values(document.paths ?? {}).flatMap((path) =>
      Object.values(path as Record<string, { tags?: string[] }>).flatMap((operation) => operation.tags ?? []),
    ),
  );
  for (const path of [...Object.values(document.paths ?? {}), ...Object.values(document.webhooks ?? {})])
    for (const operation of Object.values(path as Record<string, Operation>)) {
      operation.security ??= []; // no key
      if (operation.security.some(({ adminKey = [] }) => adminKey.length > 0)) operation.responses[403] ??= lacksScope;
    }
  const known = new Set(tags.map(({ name }) => name));
  // Mounting puts a slash before each path, also before a webhook's name.
  const webhooks = Object.entries(document.webhooks ?? {}).map(([name, one]) => [name.replace(/^\//, ''), one]);
  return {
    ...document,
    paths: inOrder(document.paths),
    info: { ...document.info, license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' } },
    ...(webhooks.length > 0 && { webhooks: Object.fromEntries(webhooks) as object }),
    tags: [
      ...tags.filter(({ name }) => used.has(name)),
      ...[...used].filter((name) => !known.has(name)).map((name) => ({ name })),
    ],
    components: { ...document.components, securitySchemes },
  };
}

/** The document of the whole API, which `npm run openapi` makes of all routes: any process may have only some of them. */
const file = readFileSync(join(import.meta.dirname, 'openapi.json'), 'utf8');

type Paths = Readonly<Record<string, Readonly<Record<string, { readonly 'x-roles'?: readonly string[] }>>>>;

/** Each path as a pattern, with the roles that answer each of its methods; undefined: every process does. */
const paths = Object.entries((JSON.parse(file) as { paths: Paths }).paths).map(([path, operations]) => ({
  pattern: new RegExp(`^${path.replaceAll(/\{[^/]+\}/g, '[^/]+')}$`),
  roles: new Map(Object.entries(operations).map(([method, of]) => [method.toUpperCase(), of['x-roles']])),
}));

/** The roles that answer a request, where not every process does; undefined: nobody, or everybody. */
export function rolesAnswering(method: string, path: string): readonly string[] | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  return paths.find(({ pattern, roles }) => pattern.test(path) && roles.has(asked))?.roles.get(asked);
}

/** `GET /openapi.json` */
export function openApiRoute(): OpenAPIHono {
  const app = new OpenAPIHono();
  app.openapi(
    createRoute({
      method: 'get',
      path: '/openapi.json',
      operationId: 'getOpenApiDocument',
      tags: ['Operations'],
      summary: 'This document',
      responses: {
        200: {
          description: 'OpenAPI 3.1, of every role; `x-roles` names those that answer, where not every process does.',
          content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } },
        },
      },
    }),
    (c) => c.body(file, 200, { 'content-type': 'application/json', 'cache-control': 'no-cache' }) as never,
  );
  return app;
}
