import { setTimeout as sleep } from 'node:timers/promises';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Kysely } from 'kysely';
import { type EventLog, readLeft } from '../events/event-log.ts';
import { adminRoute } from '../http/bearer.ts';
import { problemRoutes } from '../http/failures.ts';
import { limitParameter } from '../http/parameters.ts';
import { json, problem, problemResponse, uncached } from '../http/problem.ts';
import {
  findParked,
  findParkedStream,
  listParked,
  type ParkedItem,
  type ParkedPlace,
  requestRedrive,
} from '../projections/engine/parked.ts';
import { type Projection, projectionCalled } from '../projections/engine/projection.ts';
import { type AdministrationRoutesDeps, databaseOf, refusals } from './answers.ts';

/**
 * docs/rules.md, "API shapes": `{id, projection, stream, position, error, parkedAt, waiting}`, and what helps to judge
 * it.
 */
export const Parked = z
  .object({
    id: z.string().openapi({ example: 'call_sessions.1.1309' }),
    projection: z.string().openapi({ example: 'calls' }),
    stream: z.string().openapi({ example: 'call-acme.call_5f0c2b1e' }),
    position: z.string().openapi({ description: 'In the log, of the fact that breaks.', example: '1309' }),
    revision: z.int().openapi({ description: 'In its stream.' }),
    type: z.string().openapi({ example: 'CallEnded' }),
    error: z.string().openapi({
      description: 'Names, paths, codes and places in the code; nothing of what the fact says.',
      example: 'CallEnded at call-acme.call_5f0c2b1e@2 is broken: data.endedAt invalid_type',
    }),
    parkedAt: z.iso.datetime(),
    waiting: z.int().openapi({ description: 'Later events of the stream that queue behind it.' }),
    attempts: z.int().openapi({ description: 'Redrives that have failed.' }),
    redriveRequested: z.boolean(),
  })
  .openapi('Parked');

export const ParkedDetail = Parked.extend({
  waitingFacts: z
    .array(z.object({ position: z.string(), revision: z.int(), type: z.string(), recordedAt: z.string() }))
    .openapi({ description: 'What queues behind it, the first 200.' }),
}).openapi('ParkedDetail');

export const Redriven = Parked.extend({
  outcome: z.enum(['redriven', 'still_parked', 'requested']).openapi({
    description: '`still_parked`: it breaks again, as `error` and `position` say; what stands before that is applied.',
  }),
}).openapi('ParkedRedrive');

const parkedOf = ({ place: _, position, revision, parkedAt, ...item }: ParkedItem): z.infer<typeof Parked> => ({
  ...item,
  position: `${position}`,
  revision: Number(revision),
  parkedAt: parkedAt.toISOString(),
});

const Place = z.tuple([z.iso.datetime({ precision: 6 }), z.string().max(200)]);

const cursorOf = (place: ParkedPlace): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** Where the page before has ended. */
const ParkedCursor = z
  .string()
  .max(1000)
  .transform((text, context): ParkedPlace => {
    try {
      const place = Place.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
      if (!place[0].startsWith('0000') && !place[1].includes('\0')) return place;
    } catch {}
    context.addIssue({ code: 'custom', message: 'must be a nextCursor of this list' });
    return z.NEVER;
  })
  .openapi({ type: 'string', description: 'The `nextCursor` of the page before.' });

type ParkedRoutesDeps = AdministrationRoutesDeps & {
  readonly log: EventLog;
  readonly projections: readonly Pick<Projection, 'name' | 'replaces'>[];
  /** How long a redrive is waited for before the answer is that it is requested. */
  readonly redriveWithinMs?: number;
};

const Filter = z.strictObject({
  projection: z.string().max(100).optional().openapi({ description: 'In this projection alone.' }),
  limit: limitParameter,
  cursor: ParkedCursor.optional(),
});
const Path = z.object({
  id: z
    .string()
    .max(200)
    .openapi({ param: { name: 'id', in: 'path' }, example: 'calls.1.1309' }),
});
const SHOWN = 200;
const ASK_EVERY_MS = 100;

/** The streams that a broken fact has parked (A12), for administrators; every process serves them. */
export function parkedRoutes(deps: ParkedRoutesDeps): OpenAPIHono {
  const { log, projections, redriveWithinMs = 5000 } = deps;
  const routes = problemRoutes(deps.logger);
  const common = adminRoute(deps.access, 'Projections', 'operations');
  const notParked = problemResponse('`not_found`: nothing is parked under this id.');

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/parked',
      operationId: 'listParked',
      summary: 'Streams that are set aside because a fact of theirs breaks a projection, the newest first',
      request: { query: Filter },
      responses: {
        200: json(
          z.object({ items: z.array(Parked), nextCursor: z.string().nullable() }).openapi('ParkedPage'),
          'A page of them.',
        ),
        400: problemResponse('`invalid_request`'),
        ...refusals,
      },
    }),
    async (c) => {
      const { projection: called, limit, cursor } = c.req.valid('query');
      const projection = called === undefined ? called : (projectionCalled(projections, called) ?? called);
      const found = await listParked(await databaseOf(deps), { projection, limit: limit + 1, after: cursor });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      const nextCursor = found.length > limit && last ? cursorOf(last.place) : null;
      return c.json({ items: items.map(parkedOf), nextCursor }, 200, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/parked/{id}',
      operationId: 'getParked',
      summary: 'A parked stream, with what queues behind its broken fact',
      request: { params: Path },
      responses: { 200: json(ParkedDetail, 'It.'), 404: notParked, ...refusals },
    }),
    async (c) => {
      const item = await findParked(await databaseOf(deps), c.req.valid('param').id);
      if (!item) return unknown(c);
      const behind = await readLeft(log, item.stream, { from: item.revision + 1n, max: SHOWN });
      const waitingFacts = behind.map(({ position, revision, type, recordedAt }) => ({
        ...{ position: `${position}`, revision: Number(revision), type, recordedAt },
      }));
      return c.json({ ...parkedOf(item), waitingFacts }, 200, uncached);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/parked/{id}/redrive',
      operationId: 'redriveParked',
      summary: 'Try a parked stream again, from its broken fact on',
      description:
        'Carried out, in order and in one transaction, by the process that leads the projection. What breaks again stays parked.',
      request: { params: Path },
      responses: {
        200: json(Redriven, 'What came of it.'),
        202: json(Redriven, 'It is requested, and will be tried as soon as a process leads the projection.'),
        404: notParked,
        ...refusals,
      },
    }),
    async (c) => {
      const db = await databaseOf(deps);
      const before = await requestRedrive(db, c.req.valid('param').id);
      if (!before) return unknown(c);
      const { outcome, item } = await outcomeOf(db, before, redriveWithinMs);
      if (outcome === 'redriven') return c.json({ ...parkedOf(item), redriveRequested: false, outcome }, 200, uncached);
      const answer = { ...parkedOf(item), outcome };
      return outcome === 'requested' ? c.json(answer, 202, uncached) : c.json(answer, 200, uncached);
    },
  );
  return routes;
}

type Outcome = { readonly outcome: 'redriven' | 'still_parked' | 'requested'; readonly item: ParkedItem };

/** As it is once it was tried, or when the time is over. */
async function outcomeOf(db: Kysely<unknown>, requested: ParkedItem, withinMs: number): Promise<Outcome> {
  let item = requested;
  for (const limit = Date.now() + withinMs; ; await sleep(ASK_EVERY_MS)) {
    const now = await findParked(db, item.id);
    if (!now) {
      // Another generation may have taken the place of this one meanwhile, and have it parked as well.
      const again = await findParkedStream(db, item);
      if (!again) return { outcome: 'redriven', item };
      item = (await requestRedrive(db, again.id)) ?? again;
    } else if (now.attempts > item.attempts) return { outcome: 'still_parked', item: now };
    if (Date.now() > limit) return { outcome: 'requested', item: now ?? item };
  }
}

const unknown = (c: Context) =>
  problem(c, 404, 'not_found', {
    detail: 'Nothing is parked under this id: it never was, it has been redriven, or its projection was rebuilt.',
  });
