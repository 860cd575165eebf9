import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Kysely } from 'kysely';
import { adminRoute } from '../http/bearer.ts';
import { problemRoutes } from '../http/failures.ts';
import { json, problem, problemResponse, uncached } from '../http/problem.ts';
import { generations } from '../projections/engine/generations.ts';
import { type OperationKind, requestOperation } from '../projections/engine/operations.ts';
import { overviewOf } from '../projections/engine/overview.ts';
import { acceptParked } from '../projections/engine/parked-limit.ts';
import type { ProjectionStatus } from '../projections/engine/progress.ts';
import { type Projection, projectionCalled } from '../projections/engine/projection.ts';
import { isSwapTarget } from '../projections/engine/rebuild.ts';
import { operationsByKind } from '../projections/engine/run-operations.ts';
import { type AdministrationRoutesDeps, databaseOf, refusals } from './answers.ts';

type ProjectionRoutesDeps = AdministrationRoutesDeps & {
  readonly projections: readonly Pick<Projection, 'name' | 'version'>[];
  /** What this process knows itself; nothing where it does not project. */
  readonly statuses: () => readonly ProjectionStatus[];
  /** REBUILD_MAX_PARKED */
  readonly maxParked: number;
};

const position = z.string().nullable().openapi({ description: 'A position of the log.', example: '1309' });
export const Overview = z
  .object({
    name: z.string().openapi({ example: 'calls' }),
    version: z.int(),
    generation: z.int().nullable(),
    state: z.enum(['live', 'starting']),
    checkpoint: position,
    head: position,
    lagEvents: z.int().nullable().openapi({
      description: 'Null: behind, and this process does not know how far; or the event store does not answer.',
    }),
    lagSeconds: z.number().nullable(),
    caughtUp: z.boolean(),
    stale: z
      .literal(true)
      .optional()
      .openapi({
        description:
          'What is shown is not the fold of the log, which was restored to an earlier state or is another one. After a restore ' +
          'the next generation is built by itself.',
      }),
    building: z
      .object({
        ...{ generation: z.int(), done: z.number(), total: z.number() },
        parked: z.int().openapi({ description: 'Streams that it has set aside.' }),
        heldUp: z.literal(true).optional().openapi({
          description:
            'More streams break in it than REBUILD_MAX_PARKED: it waits for POST …/accept-parked, or for other code.',
        }),
      })
      .optional()
      .openapi({
        description: 'The generation that will take the place of this one, and how far it is, in positions of the log.',
      }),
    previous: z.object({ generation: z.int(), version: z.int(), replacedAt: z.iso.datetime() }).optional(),
    operationId: z.string().optional().openapi({ description: 'What is queued or under way for it.' }),
  })
  .openapi('Projection');

const requests = [
  {
    kind: 'rebuild',
    path: '/api/projections/{name}/rebuild',
    operationId: 'rebuildProjection',
    summary: 'Build a projection anew from the log',
    description:
      'Beside the live generation, which serves on until the new one has caught up and takes its place in one transaction. ' +
      'The replaced one is kept for GENERATION_KEEP_HOURS and can be swapped back. Streams with a fact that breaks are ' +
      'parked, as they are live. More than REBUILD_MAX_PARKED that the live generation has not parked end it as failed, ' +
      '`too_many_parked`, unless the request has `acceptParked: true`.',
  },
  {
    kind: 'verify',
    path: '/api/projections/{name}/verify',
    operationId: 'verifyProjection',
    summary: 'Prove that a projection is what the log says',
    description:
      'Folds the log anew beside the live generation, which goes on undisturbed, and compares both row by row as they are at ' +
      'one position. The result of the operation lists what differs, with both values, which may be ' +
      'personal data, and the facts behind them. Nothing is changed: a rebuild mends what was found. Where the event store ' +
      'does not answer it ends as failed, `event_store_unavailable`.',
  },
  {
    kind: 'swap_back',
    path: '/api/projections/{name}/swap-back',
    operationId: 'swapBackProjection',
    summary: 'Make the previous generation live again',
    description: 'Once it has caught up.',
  },
] as const satisfies readonly { kind: OperationKind; path: string; [about: string]: string }[];

const RebuildOrder = z
  .strictObject({ acceptParked: z.boolean().optional().openapi({ description: 'Whatever it parks, it goes on.' }) })
  .openapi('RebuildOrder');

/** The projections, for administrators. Every process takes requests; the one that leads carries them out. */
export function projectionRoutes(deps: ProjectionRoutesDeps): OpenAPIHono {
  const { access, projections, statuses, logger } = deps;
  const routes = problemRoutes(logger);
  const common = adminRoute(access, 'Projections', 'operations');

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/projections',
      operationId: 'listProjections',
      summary: 'How each projection stands',
      responses: { 200: json(z.object({ items: z.array(Overview) }).openapi('Projections'), 'All.'), ...refusals },
    }),
    async (c) => {
      const items = await overviewOf(await databaseOf(deps), projections, statuses(), deps.maxParked);
      const shown = items.map(({ previous, ...item }) => ({
        ...item,
        ...(previous && { previous: { ...previous, replacedAt: previous.replacedAt.toISOString() } }),
      }));
      return c.json({ items: shown }, 200, uncached);
    },
  );

  for (const { kind, ...about } of requests) {
    if (!operationsByKind[kind]) continue;
    routes.openapi(
      createRoute({
        ...common,
        ...about,
        method: 'post',
        request: {
          params: Name,
          ...(kind === 'rebuild' && {
            body: { content: { 'application/json': { schema: RebuildOrder, example: { acceptParked: false } } } },
          }),
        },
        responses: {
          202: json(
            z.object({ operationId: z.string() }).openapi('Requested'),
            'It is queued: GET /api/operations/{id}.',
          ),
          400: problemResponse('`invalid_request`'),
          404: unknownProjection,
          409: problemResponse('`operation_under_way`, with its `operationId`; or `nothing_to_swap_back`.'),
          ...refusals,
        },
      }),
      async (c) => {
        const name = projectionCalled(projections, c.req.valid('param').name);
        if (name === undefined) return unknown(c, projections);
        const db = await databaseOf(deps);
        const missing = kind === 'swap_back' ? await whyNotSwapBack(db, name) : undefined;
        if (missing !== undefined) return problem(c, 409, 'nothing_to_swap_back', { detail: missing });
        const order = kind === 'rebuild' ? (c.req.valid('json' as never) as z.infer<typeof RebuildOrder>) : {};
        const requested = await requestOperation(db, kind, name, order);
        if ('underWay' in requested) {
          const { id, kind: other, state } = requested.underWay;
          return problem(c, 409, 'operation_under_way', {
            detail: `A ${other} of ${name} is ${state}: operation ${id}. Wait for its end, or cancel it.`,
            operationId: id,
          });
        }
        const { queued: operationId } = requested;
        return c.json({ operationId }, 202, { ...uncached, location: `/api/operations/${operationId}` });
      },
    );
  }

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/projections/{name}/accept-parked',
      operationId: 'acceptParked',
      summary: 'Let the generation that a release builds go on, whatever it parks',
      description:
        'For a release with another version of the projection that is held up, because more than REBUILD_MAX_PARKED streams ' +
        'break in what it builds. It goes on where it was, and is shown with these streams parked.',
      request: { params: Name },
      responses: {
        200: json(
          z.object({ generation: z.int(), parked: z.int() }).openapi('ParkedAccepted'),
          'It goes on within seconds. `parked`: streams so far.',
        ),
        404: unknownProjection,
        409: problemResponse('`nothing_is_built`: no release builds this projection now.'),
        ...refusals,
      },
    }),
    async (c) => {
      const name = projectionCalled(projections, c.req.valid('param').name);
      if (name === undefined) return unknown(c, projections);
      const accepted = await acceptParked(await databaseOf(deps), name);
      if (accepted) return c.json(accepted, 200, uncached);
      return problem(c, 409, 'nothing_is_built', {
        detail: 'No release builds this projection now. A rebuild is told when it is requested.',
      });
    },
  );
  return routes;
}

const Name = z.object({
  name: z.string().openapi({
    param: { name: 'name', in: 'path' },
    example: 'calls',
    description: 'Of the projection, or of one of its views, as `tickets`.',
  }),
});
const unknownProjection = problemResponse('`unknown_projection`; the detail names those there are.');

const unknown = (c: Context, projections: ProjectionRoutesDeps['projections']) =>
  problem(c, 404, 'unknown_projection', {
    detail: `There is no such projection. There are ${projections.map(({ name }) => name).join(', ')}.`,
  });

/** Undefined: it can be done. */
async function whyNotSwapBack(db: Kysely<unknown>, name: string): Promise<string | undefined> {
  const all = await generations(db, name);
  const [live, previous] = (['live', 'previous'] as const).map((state) => all.find((one) => one.state === state));
  if (live && all.some((one) => isSwapTarget(one, live))) return undefined;
  return previous
    ? `The previous generation is of version ${previous.version}: starting that release makes it live again.`
    : 'There is no previous generation: none was replaced, or it was kept long enough.';
}
