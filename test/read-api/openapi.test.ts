import { readFileSync } from 'node:fs';
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { beforeAll, describe, expect, test } from 'vitest';
import { openApiRoute, rolesAnswering } from '../../src/read-api/openapi.ts';
import { asText, FILE, wholeDocument } from './whole-document.ts';

const app = new OpenAPIHono();
app.route('/', openApiRoute());

type Operation = {
  operationId?: string;
  summary?: string;
  'x-roles'?: string[];
  tags: string[];
  security?: Record<string, string[]>[];
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    schema: Record<string, unknown>;
    description?: string;
  }[];
  responses: Record<string, { description: string; content?: Record<string, { schema: { $ref?: string } }> }>;
};
type Document = {
  openapi: string;
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
};

let document: Document;
beforeAll(async () => {
  document = (await (await app.request('/openapi.json')).json()) as Document;
});
const operations = () => Object.values(document.paths).flatMap((path) => Object.values(path));

describe('the OpenAPI document', () => {
  test('is of version 3.1 and says what it is about', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.info).toMatchObject({ title: 'Call Ledger', version: expect.any(String) });
    expect(document.servers).toEqual([{ url: '/', description: 'This service' }]);
  });

  test('is what the routes make: after a change, npm run openapi', async () => {
    expect(readFileSync(FILE, 'utf8')).toBe(asText(wholeDocument()));
  });

  test('says which roles answer, where not every process does', () => {
    const rolesOf = (path: string, method: string) => document.paths[path]?.[method]?.['x-roles'];
    expect(rolesOf('/api/appointments/{id}', 'get')).toEqual(['serve']);
    expect(rolesOf('/api/appointments/{id}', 'put')).toEqual(['ingest']);
    expect(rolesOf('/api/export', 'get')).toEqual(['ingest', 'serve']);
    expect(rolesOf('/api/reconciliation', 'post')).toEqual(['react']);
    expect(rolesOf('/health/ready', 'get')).toBeUndefined();
    expect(rolesAnswering('HEAD', '/api/appointments/a%2Fb')).toEqual(['serve']);
    expect(rolesAnswering('DELETE', '/api/appointments/a')).toBeUndefined();
    expect(rolesAnswering('GET', '/api/appointments/a/b')).toBeUndefined();
  });

  test('refers only to what it holds', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
    expect(references.length).toBeGreaterThan(5);
    for (const path of references) {
      const target = path.split('/').reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], document);
      expect(target, path).toBeDefined();
    }
    for (const { security = [] } of operations())
      for (const scheme of security.flatMap(Object.keys))
        expect(document.components.securitySchemes).toHaveProperty(scheme);
    const named = document.tags.map(({ name }) => name);
    expect(named.toSorted()).toEqual([...new Set(operations().flatMap(({ tags }) => tags))].toSorted());
  });

  test('declares the parameters in each path, once, and an answer to each operation', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const operation of Object.values(methods)) {
        const inPath = (operation.parameters ?? [])
          .filter((parameter) => parameter.in === 'path')
          .map(({ name }) => name);
        expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
        expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
      }
    }
    const ids = operations().flatMap(({ operationId }) => operationId ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('says of every parameter what it is for, unless it is the id of what is asked for', () => {
    for (const { parameters = [], operationId } of operations())
      for (const { name, in: where, description } of parameters)
        if (where !== 'path') expect(description, `${operationId} ${name}`).toBeDefined();
  });

  test('has no example on a parameter that may be left out: the page would send it, and find nothing', () => {
    for (const { parameters = [], operationId } of operations())
      for (const { name, in: where, required, schema, ...more } of parameters)
        if (where !== 'path' && !required)
          expect({ ...schema, ...more }, `${operationId} ${name}`).not.toMatchObject({ example: expect.anything() });
  });

  test('names every operation, says of each which key it needs, and lists what nobody calls by hand last', () => {
    for (const [path, methods] of Object.entries(document.paths))
      for (const { operationId, security } of Object.values(methods)) {
        expect(operationId, path).toMatch(/^[a-z]\w+$/);
        expect(security, path).toBeDefined();
      }
    expect(document.tags.at(-1)?.name).toBe('Webhooks');
    expect(JSON.stringify(document)).not.toMatch(/\([ABC]\d+\)/);
  });

  test('is in the order of its tags; a list comes before its items, and what is read before what changes it', () => {
    const tags = document.tags.map(({ name }) => name);
    const all = Object.entries(document.paths).map(([path, of]) => [
      tags.indexOf(Object.values(of)[0]!.tags[0]!),
      path,
    ]);
    expect(all).toEqual(all.toSorted(([a, x], [b, y]) => Number(a) - Number(b) || (x! < y! ? -1 : 1)));
    expect(Object.keys(document.paths['/api/appointments/{id}']!)).toEqual(['get', 'put']);
  });

  test('has an example of each body that its schema takes: the page offers to send it', () => {
    const bodies = operations().flatMap(({ requestBody, operationId }) =>
      requestBody ? [[operationId, requestBody.content['application/json']!] as const] : [],
    );
    expect(bodies.length).toBeGreaterThan(15);
    for (const [operationId, { schema, example }] of bodies) {
      const whole = { allOf: [schema], $defs: document.components.schemas };
      const takes = z.fromJSONSchema(JSON.parse(JSON.stringify(whole).replaceAll('#/components/schemas', '#/$defs')));
      expect(example, operationId).toBeDefined();
      expect(takes.safeParse(example).error, operationId).toBeUndefined();
    }
  });

  test('says of every operation with a key that it is refused without one, or without the scope', () => {
    for (const { operationId, security = [], responses } of operations()) {
      if (security.length > 0) expect(responses, operationId).toHaveProperty('401');
      if (security.some(({ adminKey }) => adminKey?.length)) expect(responses, operationId).toHaveProperty('403');
    }
    expect(document.paths['/api/export']!.get!.security).toEqual([{ adminKey: ['personal'] }]);
  });

  test('describes the query API by the schemas that make its answers', () => {
    const list = document.paths['/api/call-sessions']!.get!;
    expect(list.security).toEqual([{ apiKey: [] }]);
    expect(list.parameters?.map(({ name }) => name)).toEqual([
      'status',
      'direction',
      'appointmentId',
      'contactId',
      'phone',
      'from',
      'to',
      'archived',
      'fields',
      'order',
      'limit',
      'cursor',
    ]);
    expect(list.parameters?.find(({ name }) => name === 'limit')?.schema).toMatchObject({
      type: 'integer',
      minimum: 1,
      maximum: 200,
      default: 50,
    });
    expect(list.responses['200']?.content?.['application/json']?.schema.$ref).toBe(
      '#/components/schemas/CallSessionPage',
    );
    expect(Object.keys(list.responses)).toEqual(expect.arrayContaining(['200', '400', '401', '403', '503']));
    expect(document.components.schemas.CallSession).toMatchObject({
      properties: {
        status: { enum: expect.arrayContaining(['confirmed', 'answered', 'pending']) },
        createdAt: { format: 'date-time' },
      },
      required: expect.arrayContaining(['id', 'status', 'revision', 'lastEventAt']),
    });
    expect(document.components.schemas).toHaveProperty('Problem');
  });
});
