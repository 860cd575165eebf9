import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Client, credentials, Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { spawnEventStore } from '../../../src/embedded/event-store/spawn.ts';
import { event, newStream, nodeUnderTest, rows, temporaryDirectory } from './node-under-test.ts';

const MAIN = fileURLToPath(new URL('../../../src/embedded/event-store/main.ts', import.meta.url));
const node = nodeUnderTest();
const tokenOf = (url: string): string => new URL(url).searchParams.get('connectionName') ?? '';
const asIs = (bytes: Buffer): Buffer => bytes;

/** Any method, asked as by a client of its own, with an empty message, which is what most would take. */
async function ask(path: string, name: string | undefined): Promise<{ status: StatusObject; answers: Buffer[] }> {
  const client = new Client(new URL(node.process().url).host, credentials.createInsecure());
  const metadata = new Metadata();
  if (name !== undefined) metadata.set('connection-name', name);
  const call = client.makeBidiStreamRequest(path, asIs, asIs, metadata, { deadline: Date.now() + 20_000 });
  const answers: Buffer[] = [];
  call.on('data', (answer: Buffer) => answers.push(answer)).on('error', () => {});
  call.end(Buffer.alloc(0));
  const ended = await new Promise<StatusObject>((resolve) => call.once('status', resolve));
  client.close();
  return { status: ended, answers };
}

const closed = [...Object.values(StreamsService), ...Object.values(PersistentSubscriptionsService)];
const open = [ServerFeaturesService.getSupportedMethods, GossipService.read];

test('without the token no method that knows of the log is answered, and nothing is written', async () => {
  const stream = newStream('kept');
  await node.client().appendToStream(stream, event('A'));
  const token = tokenOf(node.process().url);
  const nearly = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
  expect(closed.map(({ path }) => path.split('/')[2])).toEqual(
    expect.arrayContaining(['Read', 'Append', 'BatchAppend', 'Delete', 'Tombstone']),
  );
  for (const name of [undefined, '', nearly, `${token}0`, `${token},${token}`]) {
    const refused = await Promise.all(closed.map(({ path }) => ask(path, name)));
    for (const { status: ended, answers } of refused) {
      expect(ended.code).toBe(status.UNAUTHENTICATED);
      expect(ended.details).toContain('use the whole address that it printed');
      expect(ended.details).not.toContain(token);
      expect(answers).toEqual([]);
    }
  }
  expect((await ask(StreamsService.read.path, token)).status.code).not.toBe(status.UNAUTHENTICATED);
  expect(await rows(node.client().readStream(stream))).toEqual(['0 A']);
});

test('what the client asks without a name is answered, and holds nothing of the token', async () => {
  for (const { path } of open) {
    const { status: ended, answers } = await ask(path, undefined);
    expect(ended.code).toBe(status.OK);
    expect(Buffer.concat(answers).length).toBeGreaterThan(0);
    expect(Buffer.concat(answers).toString('latin1')).not.toContain(tokenOf(node.process().url));
  }
});

test.runIf(process.platform === 'linux')(
  'on Linux: neither arguments nor environment of the node hold the token, or a secret of ours',
  async () => {
    const { pid, url } = node.process();
    process.env.MASTER_KEY = 'of-the-service-alone';
    onTestFinished(() => void delete process.env.MASTER_KEY);
    const other = await spawnEventStore({ dataDir: await temporaryDirectory() });
    for (const one of [pid, other.pid]) {
      const environment = await readFile(`/proc/${one}/environ`, 'utf8');
      const seen = `${environment}${await readFile(`/proc/${one}/cmdline`, 'utf8')}`;
      expect(seen).toContain('PATH=');
      expect(seen).not.toContain(tokenOf(url));
      expect(seen).not.toContain('of-the-service-alone');
    }
    await other.stop();
  },
);

test('its files are for nobody else; what is open from before is closed, and named once', async () => {
  const dataDir = join(await temporaryDirectory(), 'new');
  const modes = async () => {
    const paths = [dataDir, ...(await readdir(dataDir)).map((name) => join(dataDir, name))];
    return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, (await stat(path)).mode & 0o077])));
  };
  const first = await spawnEventStore({ dataDir });
  const events = join(dataDir, 'events.sqlite');
  const files = Object.keys(await modes());
  expect(files).toEqual(expect.arrayContaining([events, `${events}-wal`, `${events}-shm`]));
  expect(new Set(Object.values(await modes()))).toEqual(new Set([0]));
  await first.kill();

  for (const file of files) await chmod(file, 0o755);
  const said: string[] = [];
  const logger = { warn: (line: string) => said.push(line) };
  const second = await spawnEventStore({ dataDir, logger });
  expect(new Set(Object.values(await modes()))).toEqual(new Set([0]));
  await second.stop();
  const third = await spawnEventStore({ dataDir, logger });
  await third.stop();
  expect(said).toEqual([expect.stringContaining(`${events}-wal`)]);
});

test('a directory that holds other things is left as it is', async () => {
  const dataDir = await temporaryDirectory();
  await writeFile(join(dataDir, 'notes'), '', { mode: 0o644 });
  await chmod(dataDir, 0o755);
  await (await spawnEventStore({ dataDir })).stop();
  expect((await stat(dataDir)).mode & 0o777).toBe(0o755);
  expect((await stat(join(dataDir, 'notes'))).mode & 0o777).toBe(0o644);
});

test('a node on its own keeps its token, so that its address is the same again', async () => {
  const dataDir = await temporaryDirectory();
  const addresses: URL[] = [];
  for (let round = 0; round < 3; round++) {
    const alone = spawn(process.execPath, [MAIN, '--closed', '--port', '0', '--data', dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [address] = await once(createInterface({ input: alone.stdout }), 'line');
    addresses.push(new URL(address));
    alone.kill();
    await once(alone, 'exit');
    if (round === 1) await writeFile(join(dataDir, 'token'), tokenOf(address).slice(1)); // as cut off
  }
  const [first, again, renewed] = addresses.map(({ href }) => tokenOf(href));
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(again).toBe(first);
  expect(renewed).toMatch(/^[0-9a-f]{64}$/);
  expect(renewed).not.toBe(first);
  expect((await stat(join(dataDir, 'token'))).mode & 0o777).toBe(0o600);
});
