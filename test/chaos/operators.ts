import type { Random } from '../../src/retell-emulator/random.ts';
import type { World } from './world.ts';

const requests = ['rebuild', 'rebuild', 'rebuild', 'swap-back', 'verify'] as const;

/** Asks for something to be done to a projection, at whichever service answers; what was asked, and the answer. */
export async function operate(world: World, projections: readonly string[], random: Random): Promise<string> {
  const [request, projection, cancels] = [random.pick(requests), random.pick(projections), random.next() < 0.1];
  const asked = `${request} ${projection}`;
  try {
    const client = await world.clientAt(random.pick(world.services));
    const { status, body } = await client.admin('POST', `/api/projections/${projection}/${request}`);
    if (status !== 202) return `${asked}: ${String(body.code ?? status)}`;
    if (!cancels) return asked;
    const cancelled = await client.admin('POST', `/api/operations/${body.operationId}/cancel`);
    return `${asked}, cancelled: ${cancelled.status}`;
  } catch {
    return `${asked}: no answer`;
  }
}
