/** Baseline (b): Hono and HMAC, and nothing is kept. What a door can do when it stores nothing. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const key = process.env.RETELL_WEBHOOK_SECRET!;
const app = new Hono();
app.post('/api/webhooks/retell', async (c) => {
  const body = new Uint8Array(await c.req.arrayBuffer());
  const [, v, d] = /^v=(\d+),d=([0-9a-f]{64})$/.exec(c.req.header('x-retell-signature') ?? '') ?? [];
  const expected = createHmac('sha256', key).update(body).update(String(v)).digest();
  if (d === undefined || !timingSafeEqual(Buffer.from(d, 'hex'), expected)) return c.body(null, 401);
  JSON.parse(Buffer.from(body).toString());
  return c.body(null, 204);
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => console.log(`http://127.0.0.1:${port}`));
