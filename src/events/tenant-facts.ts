import { z } from 'zod';
import type { EventOf } from './json.ts';
import { endpoints } from './metadata.ts';
import { Qualification } from './ticket-facts.ts';

export const scopes = ['read', 'write', 'call'] as const;
export type Scope = (typeof scopes)[number];

/** What a tenant can have sent to its webhook endpoints. */
export const newsTypes = ['call.outcome.changed', 'appointment.changed', 'ticket.opened', 'ticket.changed'] as const;
export type NewsType = (typeof newsTypes)[number];

// STORED FORMAT. These names and fields are on disk for good: add optional fields, never rename, retype or remove.
// `sealed…` is encrypted under MASTER_KEY; API keys are hashes.

export const TenantSettings = z.object({
  name: z.string().optional(),
  /** IANA time zone for dates and times without an offset; default UTC. */
  timeZone: z.string().optional(),
  /** ISO 3166 region for national phone numbers. */
  defaultRegion: z.string().optional(),
  mail: z.object({ enabled: z.boolean(), recipients: z.array(z.string()) }).optional(),
  acceptUntimestampedSignature: z.boolean().optional(),
  /** The tenant's own names of analysis fields: our name → theirs. */
  fieldNames: z.record(z.string(), z.array(z.string())).optional(),
  qualification: Qualification.optional(),
  /** Agent id → the endpoint that its reconciled calls belong to. */
  agentEndpoints: z.record(z.string(), z.enum(endpoints)).optional(),
  sealedRetellApiKey: z.string().optional(),
  /** Days after a call's end until its personal data, or its signed bytes, are erased. */
  retention: z.object({ personalDays: z.int().optional(), evidenceDays: z.int().optional() }).optional(),
  /** What placing calls may do. */
  calls: z
    .object({
      /** ISO 3166 countries that may be called; absent: all. */
      countries: z.array(z.string()).optional(),
      perDay: z.number().int().optional(),
      /** Only keys with the scope `call` may place calls. */
      needsScope: z.boolean().optional(),
    })
    .optional(),
});
export type TenantSettings = z.infer<typeof TenantSettings>;

const TenantRegistered = z.object({ tenantId: z.string() });
const SettingsChanged = z.object({ settings: TenantSettings });
const WebhookKeyAdded = z.object({
  keyId: z.string(),
  sealedKey: z.string(),
  /** `environment`: kept only to check evidence; the environment says whether it is in force. */
  source: z.enum(['admin', 'environment']),
});
const WebhookKeyRetired = z.object({ keyId: z.string() });
const ApiKeyIssued = z.object({
  keyId: z.string(),
  sha256: z.string(),
  scopes: z.array(z.enum(scopes)),
  name: z.string().optional(),
});
const ApiKeyRevoked = z.object({ keyId: z.string() });
/** The same secrets under another MASTER_KEY. */
const SecretsResealed = z.object({ secrets: z.array(z.object({ keyId: z.string(), sealedKey: z.string() })) });
/** Secrets that no MASTER_KEY opens any more. */
const SecretsForgotten = z.object({ keyIds: z.array(z.string()) });

/** Where news is sent. `by` here and below: the id of the API key. */
const WebhookEndpointAdded = z.object({
  endpointId: z.string(),
  url: z.string(),
  events: z.array(z.enum(newsTypes)),
  description: z.string().optional(),
  keyId: z.string(),
  sealedKey: z.string(),
  by: z.string().optional(),
  /** Of the whole request, where its id is made of an Idempotency-Key. */
  requestDigest: z.string().optional(),
});
/** What is absent stays. */
const WebhookEndpointChanged = z.object({
  endpointId: z.string(),
  url: z.string().optional(),
  events: z.array(z.enum(newsTypes)).optional(),
  /** Empty: none any more. */
  description: z.string().optional(),
  state: z.enum(['active', 'paused']).optional(),
  /** Why it was paused by itself. */
  reason: z.enum(['gone']).optional(),
  by: z.string().optional(),
});
/** A new secret signs; those before it do so too until this time. */
const WebhookEndpointSecretRotated = z.object({
  endpointId: z.string(),
  keyId: z.string(),
  sealedKey: z.string(),
  othersUntil: z.iso.datetime(),
  by: z.string().optional(),
});
const WebhookEndpointRemoved = z.object({ endpointId: z.string(), by: z.string().optional() });

export const tenantEventSchemas = {
  TenantRegistered,
  SettingsChanged,
  WebhookKeyAdded,
  WebhookKeyRetired,
  ApiKeyIssued,
  ApiKeyRevoked,
  SecretsResealed,
  SecretsForgotten,
  WebhookEndpointAdded,
  WebhookEndpointChanged,
  WebhookEndpointSecretRotated,
  WebhookEndpointRemoved,
} as const;

// End of the stored format.

export type TenantEvent = EventOf<typeof tenantEventSchemas>;
