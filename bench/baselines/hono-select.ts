/** Baseline of the query API: plain hono routes over the same tables. No keys, no tenants, no translation, no ETag. */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL!, max: 10 });
const app = new Hono();
app.get('/one/:id', async (c) => {
  const { rows } = await pool.query('select * from call_sessions where tenant_id = $1 and id = $2', [
    'default',
    c.req.param('id'),
  ]);
  return rows[0] ? c.json(rows[0]) : c.notFound();
});
app.get('/page', async (c) => {
  const { rows } = await pool.query(
    'select * from call_sessions where tenant_id = $1 and not archived order by created_at desc, id limit 50',
    ['default'],
  );
  return c.json({ items: rows });
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) =>
  console.log(`http://127.0.0.1:${port}`),
);
