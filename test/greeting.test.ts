import { pino } from 'pino';
import { expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { logWhatIsOff, warnOfShortKeys } from '../src/greeting.ts';
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

const NO_KEY = 'no RETELL_API_KEY, and no tenant has a retellApiKey';

test('a start names what is off, and why, in a line each', () => {
  expect(logged({})).toMatchObject([
    { level: 30, msg: 'switched_off', off: { calls: NO_KEY } },
    { level: 30, msg: 'switched_off', off: { reconciliation: NO_KEY } },
    { level: 30, msg: 'switched_off', off: { mail: 'no SMTP_URL' } },
  ]);
  expect(logged({ SMTP_URL: 'smtp://localhost' })).toHaveLength(2);
});

test('what is set, or left to other processes, is not named', () => {
  expect(logged({ SMTP_URL: 'smtp://localhost', RETELL_API_KEY: 'key_of_a_test' })).toEqual([]);
  expect(logged({ SMTP_URL: 'smtp://localhost' }, 'key_of_a_tenant')).toEqual([]);
  expect(logged({ ROLES: 'ingest' })).toMatchObject([{ off: { calls: NO_KEY } }]);
  expect(logged({ ROLES: 'serve' })).toEqual([]);
});

test('a key that is short is taken, and warned of by the name of its variable alone', () => {
  const warnings = (adminKey: string, masterKey: string) => {
    const lines: string[] = [];
    warnOfShortKeys({ adminKey, masterKey }, pino({ base: null }, { write: (line) => lines.push(line) }));
    return lines;
  };
  const long = 'f'.repeat(32);
  expect(warnings(long, long)).toEqual([]);
  const said = warnings('hunter2', 'swordfish');
  expect(said.map((line) => JSON.parse(line))).toMatchObject([
    { level: 40, msg: 'key_short', variable: 'ADMIN_KEY' },
    { level: 40, msg: 'key_short', variable: 'MASTER_KEY' },
  ]);
  expect(said.join()).not.toMatch(/hunter2|swordfish/);
});
