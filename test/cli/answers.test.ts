import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');

test('each route that a command calls is one of the OpenAPI document, and its answer has the name that it has there', async () => {
  type Schema = { $ref?: string; properties: { items: { items: Schema } } };
  const document = JSON.parse(await readFile(join(SRC, 'read-api/openapi.json'), 'utf8')) as {
    paths: Record<
      string,
      Record<string, { responses: Record<string, { content?: Record<string, { schema: Schema }> }> }>
    >;
    components: { schemas: Record<string, Schema> };
  };
  const nameOf = ({ $ref = '' }: Schema) => $ref.slice($ref.lastIndexOf('/') + 1);
  const source = await readFile(join(SRC, 'cli/api.ts'), 'utf8');
  const routes = [...source.matchAll(/^ {2}'(\w+) (\/\S+)': (?:(Items|Page)<)?(\w*)/gm)];
  expect(routes.length).toBeGreaterThan(20);
  for (const [, method = '', path = '', list, type] of routes) {
    const responses = document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
    const answered = ['200', '201', '202'].flatMap((status) => responses[status]?.content?.['application/json'] ?? []);
    const schema = answered[0]?.schema;
    if (type === 'NoContent') expect(responses, path).toHaveProperty('204');
    else if (schema === undefined) expect.fail(`${method} ${path} is not in the document`);
    else if (list) {
      const { properties } = document.components.schemas[nameOf(schema)] ?? schema;
      expect(nameOf(properties.items.items), path).toBe(type);
    } else if (type) expect(nameOf(schema), path).toBe(type);
  }
});
