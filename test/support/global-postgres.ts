// Vitest `globalSetup`: one Postgres for the run. A test file takes a database of its own from it:
//   const database = await createTestDatabase(inject('postgresUrl'));
import type { TestProject } from 'vitest/node';
import { startTestPostgres } from './postgres.ts';
import { removeScratch } from './scratch.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres();
  project.provide('postgresUrl', postgres.url);
  return () => postgres.stop().finally(removeScratch);
}
