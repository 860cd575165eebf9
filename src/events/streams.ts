/**
 * Stream names: `<category>-<tenant>.<id>`. A tenant id has no dot, so no call id can lead into the stream of another
 * tenant (docs/rules.md, "The door").
 */
export const categories = [
  'call',
  'session',
  'ticket',
  'appointment',
  'tenant',
  'evidence',
  'quarantine',
  'erasure',
] as const;
export type Category = (typeof categories)[number];

/** The prefix of every stream of a category; subscriptions filter by it. */
export const prefixOf = (category: Category): string => `${category}-`;

export const callStream = (tenantId: string, callId: string): string => `call-${tenantId}.${callId}`;
export const sessionStream = (tenantId: string, sessionId: string): string => `session-${tenantId}.${sessionId}`;
export const appointmentStream = (tenantId: string, appointmentId: string): string =>
  `appointment-${tenantId}.${appointmentId}`;
export const ticketStream = (tenantId: string, ticketId: string): string => `ticket-${tenantId}.${ticketId}`;
export const evidenceStream = (tenantId: string, callId: string): string => `evidence-${tenantId}.${callId}`;
export const quarantineStream = (tenantId: string, digest: string): string => `quarantine-${tenantId}.${digest}`;
/** What an erasure was to do, and how far it is. */
export const erasureStream = (tenantId: string, erasureId: string): string => `erasure-${tenantId}.${erasureId}`;
export const tenantStream = (tenantId: string): string => `tenant-${tenantId}`;

/** A reaction belongs to no tenant, so it is none of the categories. */
export const reactionStream = (name: string): string => `reaction-${name}`;

/** Counts a tenant's calls of a local day. It holds no facts, so it is none of the categories. */
export const dialledStream = (tenantId: string, date: string): string => `dialled-${tenantId}.${date}`;

/** Admin keys, and what was done with them; these belong to no tenant either. */
export const ADMIN_KEYS = 'administration-keys';
export const ADMIN_AUDIT = 'administration-audit';
/** When keys of all kinds were last used. */
export const KEY_USES = 'administration-uses';

type StreamName = { readonly category: Category; readonly tenantId: string; readonly id: string };

/** The parts of one of our stream names; undefined for a stream that is not ours. A tenant's own stream has the id ''. */
export function parseStream(name: string): StreamName | undefined {
  const dash = name.indexOf('-');
  const category = categories.find((c) => c === name.slice(0, dash));
  if (dash < 0 || category === undefined) return undefined;
  const rest = name.slice(dash + 1);
  if (category === 'tenant') return { category, tenantId: rest, id: '' };
  const dot = rest.indexOf('.');
  if (dot < 0) return undefined;
  return { category, tenantId: rest.slice(0, dot), id: rest.slice(dot + 1) };
}
