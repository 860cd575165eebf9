import type { z } from 'zod';
import type { AdminKey as AdminKeyAnswer, AuditItem as AuditItemAnswer } from '../administration/access-routes.ts';
import type { OperationAnswer } from '../administration/answers.ts';
import type { Forgotten as ForgottenAnswer, Resealed as ResealedAnswer } from '../administration/key-routes.ts';
import type {
  Parked as ParkedAnswer,
  ParkedDetail as ParkedDetailAnswer,
  Redriven,
} from '../administration/parked-routes.ts';
import type { Overview } from '../administration/projection-routes.ts';
import type { ShownTenant } from '../administration/tenant-routes.ts';
import type { RetryAnswer } from '../commands/quarantine.ts';
import type { ErasureShown } from '../erasure/routes.ts';
import type { Appointment, CallSession, Ticket } from '../http/resources.ts';
import type { DeliveryItem } from '../reactions/outgoing-webhooks/delivery-routes.ts';
import type { Endpoint as EndpointAnswer, WithSecret } from '../reactions/outgoing-webhooks/endpoint-routes.ts';
import type { Outside as OutsideAnswer } from '../reactions/outside.ts';
import type { ReconciliationStatus as ReconciliationState } from '../reactions/reconciliation/start.ts';
import type { DeadLetters, Rendered } from '../reactions/ticket-mail/mail-routes.ts';
import type { ExpandedCallSession } from '../read-api/call-session.ts';
import type { CoverageDay } from '../read-api/coverage.ts';
import type { Delivery } from '../read-api/deliveries.ts';
import type { RecordedDelivery } from '../read-api/export/delivery-route.ts';
import type { HistoryItem } from '../read-api/history.ts';
import type { QuarantineItem, QuarantineReview } from '../read-api/quarantine.ts';

// Only types are imported here, and of the service's own schemas: a command must not load the service to speak to it.

type Items<Item> = { readonly items: readonly Item[] };
export type Page<Item> = Items<Item> & { readonly nextCursor: string | null };
type NoContent = Readonly<Record<string, never>>;

export type Tenant = z.infer<typeof ShownTenant>;
type AdminKey = z.infer<typeof AdminKeyAnswer>;
type AuditItem = z.infer<typeof AuditItemAnswer>;
type Resealed = z.infer<typeof ResealedAnswer>;
type Forgotten = z.infer<typeof ForgottenAnswer>;
export type Operation = z.infer<typeof OperationAnswer>;
export type Projection = z.infer<typeof Overview>;
export type Parked = z.infer<typeof ParkedAnswer>;
type ParkedDetail = z.infer<typeof ParkedDetailAnswer>;
type ParkedRedrive = z.infer<typeof Redriven>;
type QuarantineRetry = z.infer<typeof RetryAnswer>;
type TicketMail = z.infer<typeof Rendered>;
type Outside = z.infer<typeof OutsideAnswer>;
type MailDeadLetters = z.infer<typeof DeadLetters>;

type WebhookEndpoint = z.infer<typeof EndpointAnswer>;
type WebhookEndpointWithSecret = z.infer<typeof WithSecret>;
export type WebhookDelivery = z.infer<typeof DeliveryItem>;

export type Erasure = z.infer<typeof ErasureShown>;
export type { CallSession, HistoryItem, ReconciliationState };

/** What the routes that a command calls answer, under their names in the OpenAPI document. */
export type Answers = {
  'GET /api/tenants': Page<Tenant>;
  'GET /api/tenants/{id}': Tenant;
  'PUT /api/tenants/{id}': Tenant;
  'PATCH /api/tenants/{id}': Tenant;
  'POST /api/tenants/{id}/api-keys': { readonly keyId: string; readonly key: string };
  'DELETE /api/tenants/{id}/api-keys/{keyId}': NoContent;
  'POST /api/tenants/{id}/webhook-keys': { readonly keyId: string };
  'DELETE /api/tenants/{id}/webhook-keys/{keyId}': NoContent;
  'POST /api/admin-keys': { readonly keyId: string; readonly key: string };
  'GET /api/admin-keys': Items<AdminKey>;
  'DELETE /api/admin-keys/{keyId}': NoContent;
  'GET /api/audit': Page<AuditItem>;
  'POST /api/secrets/reseal': Resealed;
  'POST /api/secrets/forget-closed': Forgotten;
  'GET /api/tenants/{id}/tickets/{ticketId}/mail': TicketMail;
  'POST /api/tenants/{id}/tickets/{ticketId}/mail/redrive': {
    readonly outcome: 'redriven' | 'nothing_to_send' | 'already_sent';
  };
  'GET /api/mail/dead-letters': MailDeadLetters;
  'GET /api/projections': Items<Projection>;
  'POST /api/projections/{name}/rebuild': { readonly operationId: string };
  'POST /api/projections/{name}/verify': { readonly operationId: string };
  'POST /api/projections/{name}/swap-back': { readonly operationId: string };
  'POST /api/projections/{name}/accept-parked': { readonly generation: number; readonly parked: number };
  'GET /api/operations': Items<Operation>;
  'GET /api/operations/{id}': Operation;
  'POST /api/operations/{id}/cancel': Operation;
  'GET /api/parked': Page<Parked>;
  'GET /api/parked/{id}': ParkedDetail;
  'POST /api/parked/{id}/redrive': ParkedRedrive;
  'GET /api/quarantine': Page<QuarantineItem>;
  'GET /api/quarantine/{id}': QuarantineReview;
  'POST /api/quarantine/{id}/retry': QuarantineRetry;
  'GET /api/deliveries/{id}': RecordedDelivery;
  'POST /api/erasures': Erasure;
  'GET /api/erasures/{id}': Erasure;
  'GET /api/outside': Outside;
  'GET /api/reconciliation': ReconciliationState;
  'POST /api/reconciliation': ReconciliationState;
  'GET /api/reconciliation/coverage': Items<CoverageDay>;
  'GET /api/call-sessions': Page<CallSession>;
  'GET /api/call-sessions/{id}': ExpandedCallSession;
  'GET /api/call-sessions/{id}/deliveries': Items<Delivery>;
  'GET /api/call-sessions/{id}/history': Page<HistoryItem>;
  'GET /api/appointments/{id}': Appointment;
  'GET /api/tickets/{id}': Ticket;
  'GET /api/webhook-endpoints': Items<WebhookEndpoint>;
  'POST /api/webhook-endpoints': WebhookEndpointWithSecret;
  'PATCH /api/webhook-endpoints/{id}': WebhookEndpoint;
  'DELETE /api/webhook-endpoints/{id}': NoContent;
  'POST /api/webhook-endpoints/{id}/rotate-secret': WebhookEndpointWithSecret;
  'POST /api/webhook-endpoints/{id}/test': WebhookDelivery;
  'POST /api/webhook-endpoints/{id}/replay': { readonly count: number };
  'GET /api/webhook-endpoints/{id}/deliveries': Page<WebhookDelivery>;
  'POST /api/webhook-endpoints/{id}/deliveries/{deliveryId}/retry': WebhookDelivery;
};
export type Route = keyof Answers;
