/** `npm run generate`: src/schema.ts from the service's OpenAPI document. `npm run openapi` in the repository does both. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';

const document = readFileSync(join(import.meta.dirname, '../../src/read-api/openapi.json'), 'utf8');
const schema = await openapiTS(JSON.parse(document), {
  immutable: true,
  rootTypes: true,
  rootTypesNoSchemaPrefix: true,
});
const sha256 = createHash('sha256').update(document).digest('hex');
writeFileSync(
  join(import.meta.dirname, 'src/schema.ts'),
  `// Generated from the OpenAPI document with this SHA-256, by npm run openapi; not to be changed by hand.\n// ${sha256}\n\n${astToString(schema).replace(/^ +/gm, (indent) => ' '.repeat(indent.length / 2))}`,
);
