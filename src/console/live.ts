import type { Hono } from 'hono';
import { type ConsoleEnv, tenantOf } from './console-env.ts';

/** `GET /console/live`: the live feed of the API, for a browser, which has the key in its cookie alone. */
export function liveRoute(app: Hono<ConsoleEnv>): void {
  app.get('/console/live', (c) => {
    const last = c.req.header('last-event-id');
    return tenantOf(c).api.raw('/api/live', last ? { 'last-event-id': last } : {});
  });
}
