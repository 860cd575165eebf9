import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { z } from 'zod';
import type { AuditItem as AuditItemAnswer } from '../../../administration/access-routes.ts';
import type { Page } from '../../api.ts';
import { adminOf, type ConsoleEnv } from '../../console-env.ts';
import { pager, table, time } from '../../parts.ts';
import { operationsPage } from './frame.ts';

type AuditItem = z.infer<typeof AuditItemAnswer>;

/** `GET /console/operations/audit`: what administrators did. */
export function auditPage(app: Hono<ConsoleEnv>): void {
  app.get('/console/operations/audit', async (c) => {
    const { items, nextCursor } = await adminOf(c).api.get<Page<AuditItem>>('/api/audit', {
      cursor: c.req.query('cursor'),
    });
    const rows = items.map((one) => [
      time(one.at, 'UTC'),
      one.keyName,
      html`<span class="id">${one.method} ${one.path}</span>`,
      one.status,
      html`<span class="id">${one.requestId ?? '–'}</span>`,
    ]);
    return c.html(
      operationsPage(
        c,
        'Audit',
        html`<p class="faint">Every change by an administrator, and every read of personal data.</p>
${items.length === 0 ? html`<p>Nothing yet.</p>` : table('What administrators did, the newest first', ['When', 'Key', 'What', 'Answer', 'Request'], rows)}
${pager('/console/operations/audit', {}, nextCursor)}`,
      ),
    );
  });
}
