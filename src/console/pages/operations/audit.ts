import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { z } from 'zod';
import type { AuditItem as AuditItemAnswer } from '../../../administration/access-routes.ts';
import type { Page } from '../../api.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv } from '../../console-env.ts';
import { type Html, pager, table, utc } from '../../parts.ts';
import { showOperations } from './frame.ts';

type AuditItem = z.infer<typeof AuditItemAnswer>;

const HERE = '/console/operations/audit';

async function list(c: ConsoleContext): Promise<Html> {
  const { items, nextCursor } = await adminOf(c).api.get<Page<AuditItem>>('/api/audit', {
    cursor: c.req.query('cursor'),
  });
  return html`<p class="faint">Every change by an administrator, and every read of personal data.</p>
${table(
  'What administrators did, the newest first',
  items,
  {
    When: ({ at }) => utc(at),
    Key: ({ keyName }) => keyName,
    What: ({ method, path }) => html`<span class="id">${method} ${path}</span>`,
    Answer: ({ status }) => status,
    Request: ({ requestId }) => requestId && html`<span class="id">${requestId}</span>`,
  },
  'Nothing yet.',
)}
${pager(HERE, {}, nextCursor)}`;
}

/** `GET /console/operations/audit`: what administrators did. */
export const auditPage = (app: Hono<ConsoleEnv>): void => showOperations(app, HERE, 'Audit', list);
