import { z } from 'zod';
import type { EventOf } from './json.ts';

/** What an admin key may do: see to tenants, run the service, read personal data, read who did what, erase people. */
export const adminScopes = ['tenants', 'operations', 'personal', 'audit', 'erasure'] as const;
export type AdminScope = (typeof adminScopes)[number];

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.

const AdminKeyIssued = z.object({
  keyId: z.string(),
  name: z.string(),
  sha256: z.string(),
  scopes: z.array(z.string()),
  expiresAt: z.iso.datetime().optional(),
});
const AdminKeyRevoked = z.object({ keyId: z.string() });
/** A request of an administrator, once it was answered. Its query and body are left out: they may name people. */
const AdminRequestAnswered = z.object({
  keyId: z.string(),
  keyName: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.number().int(),
  requestId: z.string().optional(),
});

/** When keys were last used, admin keys and API keys alike; a key is in it at most once an hour. */
const KeysUsed = z.object({ uses: z.array(z.object({ keyId: z.string(), lastUsedAt: z.iso.datetime() })) });

export const administrationEventSchemas = { AdminKeyIssued, AdminKeyRevoked, AdminRequestAnswered, KeysUsed } as const;

// End of the stored format.

export type AdministrationEvent = EventOf<typeof administrationEventSchemas>;
