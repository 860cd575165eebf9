import type { Endpoint, FactMetadata } from '../../events/metadata.ts';

export type Direction = 'inbound' | 'outbound';

/** The endpoints that make tickets and customers, and the direction that the URL claims (B1). */
const claims: { readonly [E in Endpoint]?: Direction } = {
  'retell-inbound-ticket': 'inbound',
  'retell-outbound-ticket': 'outbound',
};

export const directionClaimed = ({ endpoint }: FactMetadata): Direction | undefined => endpoint && claims[endpoint];

export const makesTickets = (metadata: FactMetadata): boolean => directionClaimed(metadata) !== undefined;
