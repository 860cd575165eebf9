import { pino } from 'pino';
import { expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { logWhatIsOff } from '../src/greeting.ts';
import { directory, tenant } from './commands/webhooks/door.ts';

/** What a start with these variables logs. */
function logged(environment: Record<string, string>, key?: string): object[] {
  const lines: string[] = [];
  const config = readConfig(environment);
  if ('problems' in config) throw new Error(config.problems.join());
  const tenants = { ...directory([tenant('default', []), tenant('acme', [])]), retellApiKey: () => key };
  logWhatIsOff(config, tenants, pino({ base: null }, { write: (line) => lines.push(line) }));
  return lines.map((line) => JSON.parse(line));
}

test('a start names in one line what is off, and why', () => {
  const [line, ...more] = logged({});
  expect(line).toMatchObject({
    ...{ level: 30, msg: 'switched_off' },
    off: { reconciliation: 'no RETELL_API_KEY, and no tenant has a retellApiKey', mail: 'no SMTP_URL' },
  });
  expect(more).toEqual([]);
  expect(logged({ SMTP_URL: 'smtp://localhost' })).toMatchObject([{ off: { reconciliation: expect.any(String) } }]);
});

test('what is set, or left to other processes, is not named', () => {
  expect(logged({ SMTP_URL: 'smtp://localhost', RETELL_API_KEY: 'key_of_a_test' })).toEqual([]);
  expect(logged({ SMTP_URL: 'smtp://localhost' }, 'key_of_a_tenant')).toEqual([]);
  expect(logged({ ROLES: 'ingest' })).toEqual([]);
});
