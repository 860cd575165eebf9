/**
 * Baseline (a): what most people write. Express, HMAC over the raw body, one INSERT into a table with a UNIQUE
 * constraint. No evidence, no tenants, no translation, no limits. Prints its address when it listens.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import express from 'express';
import pg from 'pg';

const key = process.env.RETELL_WEBHOOK_SECRET!;
// Its table is the only copy, so what it answers 204 for must be on disk; the embedded Postgres, a read model that can
// be built again, does not wait for that by itself.
const options = '-c synchronous_commit=on';
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL!, max: 10, options });
await pool.query(`create table if not exists retell_events (
  id bigint generated always as identity primary key, call_id text not null, event text not null,
  payload_digest text not null, raw_json jsonb not null, created_at timestamptz not null default now(),
  unique (call_id, event, payload_digest))`);

const app = express();
app.post('/api/webhooks/retell', express.raw({ type: 'application/json', limit: '10mb' }), async (req, res) => {
  const body = req.body as Buffer;
  const [, v, d] = /^v=(\d+),d=([0-9a-f]{64})$/.exec(String(req.headers['x-retell-signature'])) ?? [];
  const expected = createHmac('sha256', key).update(body).update(String(v)).digest();
  if (d === undefined || !timingSafeEqual(Buffer.from(d, 'hex'), expected)) return void res.status(401).end();
  const payload = JSON.parse(body.toString()) as { event: string; call: { call_id: string } };
  const digest = createHmac('sha256', '').update(body).digest('hex');
  await pool.query(
    'insert into retell_events (call_id, event, payload_digest, raw_json) values ($1, $2, $3, $4) on conflict do nothing',
    [payload.call.call_id, payload.event, digest, body.toString()],
  );
  res.status(204).end();
});
const server = app.listen(0, '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
