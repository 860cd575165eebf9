import type { Random } from '../../src/retell-emulator/random.ts';
import type { ServicePart } from './parts.ts';
import type { World } from './world.ts';

const kinds = ['rebuild', 'rebuild', 'rebuild', 'swap-back', 'verify'] as const;

/** What an operator will ask for, and where. */
export type Request = {
  readonly kind: (typeof kinds)[number];
  readonly projection: string;
  readonly at: ServicePart;
  readonly cancels: boolean;
};

export const drawRequest = ({ services }: World, projections: readonly string[], random: Random): Request => ({
  kind: random.pick(kinds),
  projection: random.pick(projections),
  at: random.pick(services),
  cancels: random.next() < 0.1,
});

/** Asks for it; answers in words what was asked, and what came of that at once. */
export async function operate({ clientAt }: World, { kind, projection, at, cancels }: Request): Promise<string> {
  const asked = `${kind} ${projection}`;
  try {
    const client = await clientAt(at);
    const { status, body } = await client.admin('POST', `/api/projections/${projection}/${kind}`);
    if (status !== 202) return `${asked}: ${String(body.code ?? status)}`;
    if (!cancels) return asked;
    const cancelled = await client.admin('POST', `/api/operations/${body.operationId}/cancel`);
    return `${asked}, cancelled: ${cancelled.status}`;
  } catch {
    return `${asked}: no answer`;
  }
}
