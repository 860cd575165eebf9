import { z } from '@hono/zod-openapi';
import { Kysely, PostgresDialect } from 'kysely';
import type { Logger } from 'pino';
import type { AdminAccess } from '../http/bearer.ts';
import { DatabaseUnavailable } from '../http/failures.ts';
import { problemResponse } from '../http/problem.ts';
import { connect } from '../postgres/connection.ts';
import { createPool } from '../postgres/pool.ts';
import { prepare } from '../projections/engine/migrations.ts';
import { type Operation, operationKinds, operationStates } from '../projections/engine/operations.ts';

/** Where what operators request is written down: the query API's own connections cannot write. */
export type OperationsDatabase = {
  /** With the tables there, whether or not a projection has run on this database yet. Rejects when it does not answer. */
  ready(): Promise<Kysely<unknown>>;
  close(): Promise<void>;
};

const LIMIT_MS = 5000;

export function openOperationsDatabase(databaseUrl: string): OperationsDatabase {
  const pool = createPool(databaseUrl, { name: 'administration', max: 2, statementMs: LIMIT_MS });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  let prepared: Promise<void> | undefined;
  return {
    async ready() {
      prepared ??= prepareTables(databaseUrl).catch((error) => {
        prepared = undefined;
        throw error;
      });
      await prepared;
      return db;
    },
    close: () => db.destroy(),
  };
}

/** On a connection of its own: with it ends the lock, also when Postgres hangs. */
async function prepareTables(databaseUrl: string): Promise<void> {
  await using connection = await connect(databaseUrl, 'administration', { queryTimeoutMs: LIMIT_MS });
  await prepare(connection.db);
}

/** What the routes of this room have in common. */
export type AdministrationRoutesDeps = {
  readonly access: AdminAccess;
  /** Absent where the process's roles need no Postgres. */
  readonly database: OperationsDatabase | undefined;
  readonly logger: Logger;
};

const progress = z.object({
  done: z.number(),
  total: z.number(),
  parked: z.int().optional().openapi({ description: 'Streams that are parked in what is built, as long as it is.' }),
});
export const OperationAnswer = z
  .object({
    id: z.string(),
    kind: z.enum(operationKinds),
    projection: z.string(),
    state: z.enum(operationStates),
    acceptParked: z.literal(true).optional().openapi({ description: 'Whatever it parks, it goes on.' }),
    progress: progress.optional().openapi({ description: 'In positions of the log; absent until it has begun.' }),
    result: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({
        description:
          'What came of it. Of a rebuild and of a swap back: `generation`, now live, `replaced`, and `parked`: how many streams ' +
          'are parked in it, which GET /api/parked lists. Of a verification: `equal`; `position` and `generation` that were ' +
          'compared; `rowsCompared`; `parkedStreams`, left out; `parkedByRebuild`, those of them that the live generation has ' +
          'not parked, with their facts in `brokenFacts: [{stream, position, type, error}]`, and `notCompared`, the rows that ' +
          'differ and rest on one of these; `differencesTotal`, and the first 1000 of them in `differences`, which a list of ' +
          'operations leaves out: `{table, key, column, live, rebuilt, facts: [{stream, position, type}]}`, or ' +
          '`row: missing | extra` instead of `column`.',
      }),
    error: z
      .object({
        code: z.string().openapi({ example: 'too_many_parked' }),
        message: z.string(),
        position: z.string().optional(),
        stream: z.string().optional(),
        type: z.string().optional(),
      })
      .optional()
      .openapi({
        description:
          'Why it failed; `too_many_parked`: more streams break than REBUILD_MAX_PARKED, and `position`, `stream` and ' +
          '`type` are those of the first fact that does.',
      }),
    requestedAt: z.iso.datetime(),
    startedAt: z.iso.datetime().optional(),
    finishedAt: z.iso.datetime().optional(),
  })
  .openapi('Operation');

export const answerOf = ({
  requestedAt,
  startedAt,
  finishedAt,
  ...rest
}: Operation): z.infer<typeof OperationAnswer> => ({
  ...rest,
  requestedAt: requestedAt.toISOString(),
  ...(startedAt && { startedAt: startedAt.toISOString() }),
  ...(finishedAt && { finishedAt: finishedAt.toISOString() }),
});

export const refusals = {
  401: problemResponse('Not the admin key.'),
  503: problemResponse('`database_unavailable`: Postgres does not answer, or this process has none.'),
};

/** The prepared database. Throws DatabaseUnavailable where the process has none. */
export async function databaseOf({ database }: AdministrationRoutesDeps): Promise<Kysely<unknown>> {
  if (!database)
    throw new DatabaseUnavailable('This process has no Postgres. Ask one with the role project, serve or react.');
  return database.ready();
}
