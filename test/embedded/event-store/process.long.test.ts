import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient, NO_STREAM, START } from '@eventstore/db-client';
import { UsersClient } from '@eventstore/db-client/generated/users_grpc_pb.js';
import users from '@eventstore/db-client/generated/users_pb.js';
import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { serve } from '../../../src/embedded/event-store/server.ts';
import { spawnEventStore } from '../../../src/embedded/event-store/spawn.ts';
import { newToken } from '../../../src/embedded/event-store/token.ts';
import { event, eventually, rows, temporaryDirectory } from './node-under-test.ts';

const MAIN = fileURLToPath(new URL('../../../src/embedded/event-store/main.ts', import.meta.url));
const SPAWN = new URL('../../../src/embedded/event-store/spawn.ts', import.meta.url).href;

const run = (...args: string[]): Promise<{ readonly code: number | null; readonly stderr: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], (_, __, stderr) =>
      resolve({ code: child.exitCode, stderr }),
    );
  });

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('a taken port is named, with the remedy', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const starting = spawnEventStore({ dataDir: await temporaryDirectory(), port });
  await expect(starting).rejects.toThrow(
    `port ${port} of 127.0.0.1 is taken: stop what listens there, or choose another with --port`,
  );
  other.close();
});

test('a data directory has one node at a time, and a killed one lets go of it', async () => {
  const dataDir = await temporaryDirectory();
  const first = await spawnEventStore({ dataDir });
  await expect(spawnEventStore({ dataDir })).rejects.toThrow(
    `another event-store node has the data directory ${dataDir} open`,
  );
  await first.kill();
  const second = await spawnEventStore({ dataDir });
  await second.stop();
});

test('a data directory that cannot be made is named, with the remedy', async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'file'), '');
  const { code, stderr } = await run('--data', join(directory, 'file', 'below'));
  expect(code).toBe(1);
  expect(stderr).toContain(`cannot write to the data directory ${join(directory, 'file', 'below')}`);
  expect(stderr).toContain('--data');
});

test('a file that is no log is left alone, and named', async () => {
  const dataDir = await temporaryDirectory();
  await mkdir(dataDir, { recursive: true });
  await writeFile(join(dataDir, 'events.sqlite'), 'not a database, but long enough to be read as one'.repeat(100));
  await expect(spawnEventStore({ dataDir })).rejects.toThrow(`cannot open ${join(dataDir, 'events.sqlite')}`);
});

test.each([
  [['--prot', '1'], "Unknown option '--prot'"],
  [['--port', 'x'], '--port must be a number from 0 to 65535, not "x"'],
])('%o is refused', async (args, message) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});

test('SIGTERM ends it cleanly, and what was acknowledged is there again', async () => {
  const dataDir = await temporaryDirectory();
  const first = await spawnEventStore({ dataDir });
  const client = EventStoreDBClient.connectionString(first.url);
  const repeat = event('A');
  const written = await client.appendToStream('kept', repeat, { expectedRevision: NO_STREAM });
  const said: string[] = [];
  for (const open of [client.subscribeToAll(), client.subscribeToStream('not yet', { fromRevision: START })]) {
    open.on('error', (error) => said.push(error.constructor.name));
    await once(open, 'confirmation');
  }
  expect(await first.stop()).toEqual({ code: 0, signal: null });
  expect(said, 'try again').toEqual(['UnavailableError', 'UnavailableError']);

  const second = await spawnEventStore({ dataDir, port: Number(new URL(first.url).port) });
  await eventually(async () => expect(await rows(client.readStream('kept'))).toEqual(['0 A']));
  // Recognised from disk: memory is new.
  expect(await client.appendToStream('kept', repeat, { expectedRevision: NO_STREAM })).toEqual(written);
  const next = await client.appendToStream('kept', event('B'));
  expect(next.position!.commit).toBeGreaterThan(written.position!.commit);
  await client.dispose();
  await second.stop();
});

test('a stop waits for nobody who only keeps a call open', async () => {
  const node = await serve(join(await temporaryDirectory(), 'events.sqlite'), '127.0.0.1', 0, newToken());
  const client = EventStoreDBClient.connectionString(`${node.url}&keepAliveInterval=-1`);
  await client.appendToStream('any', event('A')); // by a call that the client keeps
  vi.useFakeTimers({ toFake: ['setTimeout'] }); // no patience ends
  await node.stop().finally(() => vi.useRealTimers());
  await client.dispose();
});

test('it ends when its parent is killed', async () => {
  const dataDir = await temporaryDirectory();
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `const { spawnEventStore } = await import(${JSON.stringify(SPAWN)});
       console.log((await spawnEventStore({ dataDir: ${JSON.stringify(dataDir)} })).pid); setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [said] = await once(parent.stdout!, 'data');
  const pid = Number(said);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await eventually(() => expect(isAlive(pid)).toBe(false));
});

test('what it does not serve answers UNIMPLEMENTED', async () => {
  const node = await spawnEventStore({ dataDir: await temporaryDirectory() });
  const client = new UsersClient(new URL(node.url).host, credentials.createInsecure());
  const error = await new Promise<ServiceError | null>((resolve) =>
    client.create(new users.CreateReq(), (answer) => resolve(answer)),
  );
  expect(error?.code).toBe(status.UNIMPLEMENTED);
  client.close();
  await node.stop();
});
