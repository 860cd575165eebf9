import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createLogger } from '../src/logger.ts';

/** What stands in the log of one error. */
function logged(err: unknown): string {
  const lines: string[] = [];
  createLogger('info', { write: (line) => void lines.push(line) }).error({ err }, 'broken');
  return lines.join('');
}

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

const refused = Object.assign(new pg.DatabaseError('invalid input "Jane Roe"', 1, 'error'), {
  ...{ code: '23505', severity: 'ERROR', constraint: 'customers_key', table: 'customers' },
  ...{ detail: 'Key (phone)=(+4366412345) already exists: Jane Roe', where: 'COPY line 1: "Jane Roe"' },
});

test.each<[string, unknown]>([
  ['what Postgres refuses', refused],
  ['what wraps it', new Error('could not save', { cause: refused })],
  ['text that does not parse', thrownBy(() => JSON.parse('Jane Roe, +4366412345, secret'))],
  ['an address that is none', thrownBy(() => new URL('postgres://me:secret@host:port/Jane Roe'))],
  ['an address in a message', new Error('connecting to esdb://admin:secret@store.example:2113 failed')],
  ['an error with what it was about', Object.assign(new Error('no'), { parameters: ['Jane Roe'], body: 'secret' })],
  ['something thrown that is no error', { key: 'secret', of: 'Jane Roe' }],
])('no value and no secret of an error comes into the log: %s', (_, error) => {
  expect(logged(error)).not.toMatch(/Jane|Roe|4366|secret/);
});

test('what it is and where it was thrown is there', () => {
  const { err } = JSON.parse(logged(new TypeError('x is undefined'))) as { err: Record<string, string> };
  expect(err).toMatchObject({ type: 'TypeError', message: 'x is undefined' });
  expect(err.stack).toMatch(/^ {4}at .*logger\.test\.ts\S*:\d+:\d+/);
  expect(JSON.parse(logged(refused))).toMatchObject({
    err: { type: 'DatabaseError', message: 'Postgres 23505 (customers_key) on customers', code: '23505' },
  });
});

test('an error that is its own cause is logged like any other', () => {
  const error = new Error('in a circle');
  error.cause = error;
  expect(logged(error)).toContain('in a circle');
});

test('fields have one style, and a line says its own', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  logger.info({ event: 'tenant_changed', tenantId: 'acme', call_id: 'c', retryInMs: 50, err: new Error('no') }, 'said');
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  expect(line).toMatchObject({
    event: 'tenant_changed',
    tenant_id: 'acme',
    call_id: 'c',
    retry_in_ms: 50,
    msg: 'said',
  });
  expect(Object.keys(line).filter((name) => /[A-Z]/.test(name))).toEqual([]);
  expect(line.err).toMatchObject({ type: 'Error', message: 'no' });
});

test('the lines that docs/logs.md names are there', () => {
  const root = join(import.meta.dirname, '..');
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const source = files.map((file) => readFileSync(join(root, 'src', file), 'utf8')).join('\n');
  const rows = readFileSync(join(root, 'docs/logs.md'), 'utf8').matchAll(/^\| (`[^|]*) \| (?:warn|error)/gm);
  const named = [...rows].flatMap(([, line]) => [...line!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
  expect(named.length).toBeGreaterThan(15);
  expect(
    named.filter((name) => name !== 'address' && !source.includes(`'${name}'`) && !source.includes(`${name}:`)),
  ).toEqual([]);
});
