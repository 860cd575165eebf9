import { OpenAPIHono } from '@hono/zod-openapi';
import { openOperationsDatabase } from '../../src/administration/answers.ts';
import { operationRoutes } from '../../src/administration/operation-routes.ts';
import { parkedRoutes } from '../../src/administration/parked-routes.ts';
import { projectionRoutes } from '../../src/administration/projection-routes.ts';
import { listen } from '../../src/listen.ts';
import type { ProjectionStatus } from '../../src/projections/engine/progress.ts';
import type { RunningProjections } from '../../src/projections/engine/start.ts';
import { type Scene, startScene } from '../projections/operations-scene.ts';
import { logger } from '../projections/stores.ts';
import { tally } from '../projections/tally.ts';
import { accessWith } from '../support/admin-access.ts';

export const ADMIN_KEY = 'the-admin-key-of-the-test';

/** The administration's routes over a tally, and a server that answers them. */
export async function startAdministration() {
  const scene: Scene = await startScene();
  const database = openOperationsDatabase(scene.databaseUrl);
  let running: RunningProjections | undefined;
  const statuses = (): readonly ProjectionStatus[] => running?.status() ?? [];
  const app = new OpenAPIHono();
  const common = { access: accessWith(ADMIN_KEY), database, logger };
  app.route('/', projectionRoutes({ ...common, projections: [tally()], statuses, maxParked: 2 }));
  app.route('/', operationRoutes(common));
  app.route('/', parkedRoutes({ ...common, log: scene.log, projections: [tally()] }));
  const { url, close } = await listen(app, '127.0.0.1', 0);
  return {
    ...scene,
    /** Whose runners the routes know of; undefined as in a process that does not project. */
    project(by: RunningProjections | undefined) {
      running = by;
    },
    url,
    async ask(method: 'GET' | 'POST', path: string, key = ADMIN_KEY, order?: object) {
      const response = await app.request(path, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(order && { 'content-type': 'application/json' }) },
        ...(order && { body: JSON.stringify(order) }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever it is until the test has looked
      return { status: response.status, headers: response.headers, body: (await response.json()) as any };
    },
    async stop() {
      await close();
      await database.close();
      await scene.stop();
    },
  };
}
