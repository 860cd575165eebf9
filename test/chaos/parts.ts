import { setTimeout as sleep } from 'node:timers/promises';
import { type EventStoreProcess, spawnEventStore } from '../../src/embedded/event-store/spawn.ts';
import { clusterIn } from '../../src/embedded/postgres/cluster.ts';
import { processesIn } from '../../src/embedded/postgres/processes.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres/start.ts';
import { type SpawnedService, spawnService } from '../support/service.ts';

/** Something that runs in a process of its own, or in several, and can be killed. */
export type Part = {
  readonly name: string;
  /** Every process of it at once, as hard as a power cut is for a process. */
  kill(): Promise<void>;
  /** Settles when it is there again. */
  start(): Promise<void>;
  /** SIGSTOP: it is there, and does nothing. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
};

/** What has happened and should not have. */
export type Incidents = string[];

/** What a part has said since it was asked last. */
export type Line = { readonly who: string; readonly line: string };

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // Gone meanwhile.
  }
};

/** A port that was just left may be lent to somebody's connection for a moment. */
async function persistently<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === 5) throw error;
      await sleep(200);
    }
  }
}

export async function eventStorePart(dataDir: string, moved: (url: string) => void, said: Line[]) {
  const name = 'event store';
  const logger = { warn: (line: string) => said.push({ who: name, line }) };
  const spawn = () => spawnEventStore({ dataDir, logger });
  let store: EventStoreProcess = await spawn();
  moved(store.url);
  const part: Part = {
    name,
    kill: async () => void (await store.kill()),
    async start() {
      store = await persistently(spawn);
      moved(store.url);
    },
    freeze: async () => signal(store.pid, 'SIGSTOP'),
    thaw: async () => signal(store.pid, 'SIGCONT'),
  };
  return { ...part, end: part.kill };
}

/** A killed process loses nothing that it has given to the system, so nothing here waits for the disk. */
const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '150' };

export async function postgresPart(dataDir: string, moved: (url: string) => void) {
  const start = () => startEmbeddedPostgres({ dataDir, settings });
  let postgres: EmbeddedPostgres = await start();
  moved(postgres.url);
  const toAll = async (name: NodeJS.Signals) => {
    for (const pid of await processesIn(clusterIn(dataDir))) signal(pid, name);
  };
  const part: Part = {
    name: 'Postgres',
    async kill() {
      await toAll('SIGKILL');
      await postgres.exited;
    },
    async start() {
      postgres = await persistently(start);
      moved(postgres.url);
    },
    freeze: () => toAll('SIGSTOP'),
    thaw: () => toAll('SIGCONT'),
  };
  return { ...part, urls: () => postgres, end: () => postgres.stop() };
}
export type PostgresPart = Awaited<ReturnType<typeof postgresPart>>;

/** The code as it is, or as the release after it. */
export type Release = 'this' | 'next';
const entries = { this: 'src/main.ts', next: 'test/chaos/next-release.ts' } as const satisfies Record<Release, string>;

/** One process of the service, started again whatever happens to it, as a supervisor would. */
export function servicePart(
  name: string,
  release: Release,
  environment: Readonly<Record<string, string>>,
  said: Line[],
  incidents: Incidents,
) {
  let running: SpawnedService | undefined;
  let url: string | undefined;
  let expected = true;

  function spawn(): SpawnedService {
    const service = spawnService(environment, entries[release]);
    running = service;
    expected = false;
    void service.exited.then((code) => {
      if (service !== running) return;
      url = undefined;
      if (!expected) incidents.push(`${name} ended by itself with ${code}: ${service.logs.slice(-40).join('\n')}`);
    });
    return service;
  }
  const drain = () => said.push(...(running?.logs.splice(0) ?? []).map((line) => ({ who: name, line })));

  const part: Part = {
    name,
    async kill() {
      expected = true;
      url = undefined;
      await running?.kill();
      drain();
    },
    async start() {
      url = await spawn().listening;
    },
    freeze: async () => void (running && signal(running.pid, 'SIGSTOP')),
    thaw: async () => void (running && signal(running.pid, 'SIGCONT')),
  };
  return {
    ...part,
    release,
    /** Where it listens; undefined while it does not. */
    url: () => url,
    roles: (environment.ROLES ?? 'ingest,project,serve,react').split(','),
    /** Begins a start and kills it in the middle. */
    async startAndKill(afterMs: number) {
      const service = spawn();
      await Promise.race([service.listening.catch(() => {}), sleep(afterMs)]);
      await part.kill();
    },
    /** Asks it to end, and says with which code it did. */
    async end() {
      expected = true;
      url = undefined;
      const code = await running?.stop();
      drain();
      return code;
    },
    drain,
    /** For the end of this process, which does not wait. */
    killNow: () => void (running && signal(running.pid, 'SIGKILL')),
  };
}
export type ServicePart = ReturnType<typeof servicePart>;

/** How many there are at once. */
export const releasesOf = (services: readonly ServicePart[]): number =>
  new Set(services.map(({ release }) => release)).size;
