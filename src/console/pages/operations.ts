import type { Hono } from 'hono';
import { html } from 'hono/html';
import { adminOf, type ConsoleContext, type ConsoleEnv } from '../console-env.ts';
import { page } from '../layout.ts';
import { type Html, nothing } from '../parts.ts';

export async function operationsToDo(_c: ConsoleContext): Promise<Html | string> {
  return nothing;
}

export function operationPages(app: Hono<ConsoleEnv>): void {
  app.get('/console/operations', (c) => {
    adminOf(c);
    return c.html(page(c, 'Operations', html`<h1>Operations</h1>`));
  });
}
