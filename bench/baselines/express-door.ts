import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import express from 'express';

export type Payload = { readonly event: string; readonly call: { readonly call_id: string } & Record<string, unknown> };

export function digestOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

/** The door of the baselines: Express and HMAC over the raw body, 204 once `record` has. Prints its address. */
export function listen(record: (payload: Payload, body: Buffer) => Promise<void>): void {
  const key = process.env.RETELL_WEBHOOK_SECRET!;
  const app = express();
  app.post('/api/webhooks/retell', express.raw({ type: 'application/json', limit: '10mb' }), async (req, res) => {
    const body = req.body as Buffer;
    const [, v, d] = /^v=(\d+),d=([0-9a-f]{64})$/.exec(String(req.headers['x-retell-signature'])) ?? [];
    const expected = createHmac('sha256', key).update(body).update(String(v)).digest();
    if (d === undefined || !timingSafeEqual(Buffer.from(d, 'hex'), expected)) return void res.status(401).end();
    await record(JSON.parse(body.toString()) as Payload, body);
    res.status(204).end();
  });
  const server = app.listen(0, '127.0.0.1', () =>
    console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  );
}
