// Generated from the OpenAPI document with this SHA-256, by npm run openapi; not to be changed by hand.
// f8827855c78b97c010b397677681822e53b54c4850a61836f98ccdf6d6e979d6

export interface paths {
  readonly "/api/call-sessions": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Call sessions, newest first
    * @description By `createdAt` descending, then `id`. Filters are combined with "and". Without `transcript`, unless `fields` names it.
    */
    readonly get: operations["listCallSessions"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/call-sessions/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * One call session
    * @description By its id, or by the Retell call id of any of its calls, bare or as `call:<Retell call id>`. Encode the id: "/" is `%2F`.
    */
    readonly get: operations["getCallSession"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/call-sessions/{id}/archive": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Leave a session out of the call records
    * @description All its calls. Already so is fine. Encode the id: "/" is `%2F`.
    */
    readonly post: operations["archiveCallSession"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/call-sessions/{id}/deliveries": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** What was delivered about the calls of a session, oldest first */
    readonly get: operations["listCallSessionDeliveries"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/call-sessions/{id}/history": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The facts behind a call session, oldest first */
    readonly get: operations["getCallSessionHistory"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/call-sessions/{id}/unarchive": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Take a session back into the call records
    * @description All its calls. Already so is fine. Encode the id: "/" is `%2F`.
    */
    readonly post: operations["unarchiveCallSession"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/appointments": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Appointments, newest first
    * @description By the time they became known descending, then `id`. Filters are combined with "and".
    */
    readonly get: operations["listAppointments"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/appointments/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * One appointment
    * @description Encode the id: "/" is `%2F`.
    */
    readonly get: operations["getAppointment"];
    /**
    * Register or change an appointment
    * @description The first PUT registers it, even with an empty body; what is absent stays as it is. Encode the id: "/" is `%2F`.
    */
    readonly put: operations["putAppointment"];
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/appointments/{id}/history": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * The facts behind an appointment, oldest first
    * @description What calls that are or were about it brought, and what staff said. Encode the id: "/" is `%2F`.
    */
    readonly get: operations["getAppointmentHistory"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tickets": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Tickets, newest first
    * @description By `createdAt` descending, then `id`. Filters are combined with "and".
    */
    readonly get: operations["listTickets"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tickets/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * One ticket
    * @description Encode the id: "/" is `%2F`.
    */
    readonly get: operations["getTicket"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tickets/{id}/history": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * The facts behind a ticket, oldest first
    * @description What its call brought, what staff set, and what became of its mails. Encode the id: "/" is `%2F`.
    */
    readonly get: operations["getTicketHistory"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tickets/{id}/status": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Set a ticket's status
    * @description Stands until a later fact of the call raises the need for action to required or transferred. Said again at once, it changes nothing more. Encode the id: "/" is `%2F`.
    */
    readonly post: operations["setTicketStatus"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/customers": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Customers, newest first
    * @description By the time they became known descending, then `id`.
    */
    readonly get: operations["listCustomers"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/customers/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * One customer
    * @description Encode the id: "+" is `%2B`.
    */
    readonly get: operations["getCustomer"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/summary": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Counts of each day
    * @description Each local day that the range touches, at most 400; one that it touches in part is counted in part. What becomes known later changes earlier days. All counts are of one moment.
    */
    readonly get: operations["getSummary"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/summary/hours": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Counts of each hour
    * @description The same by whole hours of UTC, at most 336, the earliest first.
    */
    readonly get: operations["getHourlySummary"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/live": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Outcome changes as they happen
    * @description Server-Sent Events `call.outcome.changed` and `appointment.changed`, with JSON of the schemas `OutcomeChanged`
    *     and `AppointmentChanged` as data, one for each fact of a call or word of staff that changed something. The `id` of an event is the cursor behind it: a client that reconnects with it misses nothing and gets nothing twice. The first
    *     event, `ready`, carries the cursor at which the feed begins. Comments are heartbeats. The last event is `closed` with
    *     a `reason`: `too_slow`, `key_revoked` or `shutting_down`.
    *
    *     **A cursor beyond the end of the log** is of another log, or the log was restored to an earlier state; then there is an event
    *     `reset`, before `ready` or at any time, with `{"cursor", "reason": "cursor_beyond_log"}`: the feed goes on at this
    *     cursor, which is its `id` too, so that browsers keep it by themselves. What was heard before may not be so any more: read anew
    *     what you keep. A cursor that the log has and the read model has not yet is waited for.
    *
    *     **WebSocket.** The same path, upgraded: each event is a message `{"event", "id", "data"}`, heartbeats are pings, and the
    *     reason comes with the close code: 1013, 1008, 1001. Resume with `?cursor=`. A browser cannot set headers and gives
    *     its key as a subprotocol: `new WebSocket(url, ['call-ledger', 'bearer.' + apiKey])`.
    */
    readonly get: operations["getLiveFeed"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/outgoing-webhooks": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The webhook endpoints of all tenants, and how they do */
    readonly get: operations["listOutgoingWebhooks"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/webhook-endpoints": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Where news is sent to, the newest first */
    readonly get: operations["listWebhookEndpoints"];
    readonly put?: never;
    /**
    * Have news sent to an address
    * @description What changes from now on; older changes by replay. Each is a POST, signed as https://www.standardwebhooks.com has it; see `webhooks` in this document.
    */
    readonly post: operations["addWebhookEndpoint"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/webhook-endpoints/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** One webhook endpoint */
    readonly get: operations["getWebhookEndpoint"];
    readonly put?: never;
    readonly post?: never;
    /** Have nothing more sent there */
    readonly delete: operations["removeWebhookEndpoint"];
    readonly options?: never;
    readonly head?: never;
    /**
    * Change, pause or resume a webhook endpoint
    * @description What is absent stays. An empty `description` removes it.
    */
    readonly patch: operations["changeWebhookEndpoint"];
    readonly trace?: never;
  };
  readonly "/api/webhook-endpoints/{id}/deliveries": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * What became of the messages, the newest first
    * @description What was delivered is listed for a week, what was given up for ninety days.
    */
    readonly get: operations["listWebhookDeliveries"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/webhook-endpoints/{id}/deliveries/{deliveryId}/retry": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Have a message sent again
    * @description Whatever became of it, at once and under the same `webhook-id`; the schedule begins anew.
    */
    readonly post: operations["retryWebhookDelivery"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/webhook-endpoints/{id}/replay": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Have everything sent from a time or a position on
    * @description Of the events that the endpoint wants, each under the id that it had; also what was delivered, and what is from before there was the endpoint.
    */
    readonly post: operations["replayToWebhookEndpoint"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/webhook-endpoints/{id}/rotate-secret": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Have a new secret sign
    * @description The secret before it signs too for 24 hours, so that the receiver can be changed meanwhile.
    */
    readonly post: operations["rotateWebhookSecret"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/webhook-endpoints/{id}/test": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Have a message sent that is about nothing
    * @description Of type `endpoint.test`, with an id of its own, also while the endpoint is paused.
    */
    readonly post: operations["testWebhookEndpoint"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/calls": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Place an outbound call
    * @description The session is on record before Retell is asked, and one session is dialled at most once: a repeat with the same `callSessionId` or `Idempotency-Key` answers with the same session, or with the same refusal. Where Retell does not answer, the session is `pending` and settles by itself.
    */
    readonly post: operations["placeCall"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/secrets/forget-closed": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Give up the secrets that no MASTER_KEY opens
    * @description For a MASTER_KEY that is lost. Webhook keys and Retell API keys must be added again; evidence under a forgotten key is kept and cannot be verified until its key is added again.
    */
    readonly post: operations["forgetClosedSecrets"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/secrets/reseal": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Seal every secret under the present MASTER_KEY
    * @description What MASTER_KEY_PREVIOUS has sealed; afterwards that can be taken out. Asked again it does the rest.
    */
    readonly post: operations["resealSecrets"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tenants": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Tenants by id, without secrets */
    readonly get: operations["listTenants"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tenants/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** A tenant, without secrets */
    readonly get: operations["getTenant"];
    /**
    * Register a tenant or replace its settings
    * @description What is absent is unset, `retellApiKey` too. Webhook keys and API keys stay as they are.
    */
    readonly put: operations["putTenant"];
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    /**
    * Change some settings of a tenant
    * @description What is absent stays, `null` unsets, objects merge. Webhook keys and API keys stay as they are.
    */
    readonly patch: operations["patchTenant"];
    readonly trace?: never;
  };
  readonly "/api/tenants/{id}/api-keys": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Issue an API key
    * @description The key is in this answer and nowhere else. `write` includes `read`.
    */
    readonly post: operations["issueApiKey"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tenants/{id}/api-keys/{keyId}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    readonly post?: never;
    /** Revoke an API key */
    readonly delete: operations["revokeApiKey"];
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tenants/{id}/webhook-keys": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Add a webhook key
    * @description It verifies beside the one that is in force, so that a key can be rotated without a gap; two are enough for that.
    */
    readonly post: operations["addWebhookKey"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tenants/{id}/webhook-keys/{keyId}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    readonly post?: never;
    /** Retire a webhook key */
    readonly delete: operations["retireWebhookKey"];
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/admin-keys": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The named admin keys */
    readonly get: operations["listAdminKeys"];
    readonly put?: never;
    /**
    * Issue a named admin key
    * @description With ADMIN_KEY alone. The key is in this answer and nowhere else.
    */
    readonly post: operations["issueAdminKey"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/admin-keys/{keyId}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    readonly post?: never;
    /** Revoke a named admin key */
    readonly delete: operations["revokeAdminKey"];
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/audit": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * What administrators did, the newest first
    * @description Every change, and every read of personal data: an export, a body in quarantine, the preview of a mail. The same read within ten minutes is one entry.
    */
    readonly get: operations["listAudit"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/erasures": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Erasures, the newest first; those by retention too */
    readonly get: operations["listErasures"];
    readonly put?: never;
    /**
    * Erase a person
    * @description Outcomes, times and ids stay; numbers, names, words, recordings and signed bytes go, everywhere and for good. It goes on by itself, whatever restarts.
    */
    readonly post: operations["erasePerson"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/erasures/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** How far an erasure is */
    readonly get: operations["getErasure"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tenants/{id}/people": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Everything that is kept of a person
    * @description Of every call from or to the number; of sessions with others only their part. Personal data.
    */
    readonly get: operations["getPerson"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/deliveries/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * A webhook as it was delivered: the signed bytes and their signature
    * @description By the position of the fact that it led to (`position` in a history), or by its id in quarantine. Personal data.
    */
    readonly get: operations["getDelivery"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/export": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * The facts of a range of the log, with digests, as NDJSON
    * @description One JSON object a line: a `header`, the `fact`s in the order of the log, each followed by its `evidence` where something
    *     was signed, and a `footer`. **An export without a footer is not complete**; a line `broken` says why. Each line ends
    *     in a digest that covers it and the fact before it. `call-ledger export check` verifies it. It is personal data.
    */
    readonly get: operations["exportFacts"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/export/digest": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * What an export of this range has to hold
    * @description From the log as it is now: an export of the same range and `head` is complete when it says the same.
    */
    readonly get: operations["getExportDigest"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/coverage": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Whether the log has what Retell has, day by day
    * @description As of the last reconciliation; newest day first.
    */
    readonly get: operations["getCoverage"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/reconciliation": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The run of this process that is under way, and the last one */
    readonly get: operations["getReconciliation"];
    readonly put?: never;
    /**
    * Ask Retell now for what the log lacks
    * @description With `since`: whatever ended from then on. With `to` as well: of that period only (a backfill).
    */
    readonly post: operations["beginReconciliation"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/reconciliation/coverage": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Coverage of all tenants, or of one */
    readonly get: operations["getCoverageOfAll"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/quarantine": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Deliveries that could not be understood, newest first
    * @description Authentic webhooks, answered 204 and kept. Those that a retry has released are left out.
    */
    readonly get: operations["listQuarantine"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/quarantine/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * One delivery in quarantine, with what was sent
    * @description Straight from the log, so it is there before the list shows it.
    */
    readonly get: operations["getQuarantined"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/quarantine/{id}/retry": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Try a delivery in quarantine again
    * @description Reads the signed bytes as a fresh delivery would be read now, with the time of receipt, endpoint and evidence that they had then. What becomes a fact is released and no longer listed. May be repeated.
    */
    readonly post: operations["retryQuarantined"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/webhook-health": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * How webhooks were answered, by endpoint, tenant and outcome
    * @description By this process, since it started; the latest first. Metrics have the same without the tenant.
    */
    readonly get: operations["getWebhookHealth"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/mail/dead-letters": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Mails that were given up, the oldest first */
    readonly get: operations["listMailDeadLetters"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tenants/{id}/tickets/{ticketId}/mail": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The mail of a ticket as it would go out now; nothing is sent */
    readonly get: operations["previewTicketMail"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/tenants/{id}/tickets/{ticketId}/mail/redrive": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Have the mail of a ticket tried once more
    * @description Given up, not sent for want of settings, or stuck. One that was sent is never sent again.
    */
    readonly post: operations["redriveTicketMail"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/operations": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** What was requested of projections, the newest first */
    readonly get: operations["listOperations"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/operations/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** How an operation stands */
    readonly get: operations["getOperation"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/operations/{id}/cancel": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Cancel an operation
    * @description What it has half built is dropped; the live generation serves on.
    */
    readonly post: operations["cancelOperation"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/parked": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Streams that are set aside because a fact of theirs breaks a projection, the newest first */
    readonly get: operations["listParked"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/parked/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** A parked stream, with what queues behind its broken fact */
    readonly get: operations["getParked"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/parked/{id}/redrive": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Try a parked stream again, from its broken fact on
    * @description Carried out, in order and in one transaction, by the process that leads the projection. What breaks again stays parked.
    */
    readonly post: operations["redriveParked"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/projections": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** How each projection stands */
    readonly get: operations["listProjections"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/projections/{name}/accept-parked": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Let the generation that a release builds go on, whatever it parks
    * @description For a release with another version of the projection that is held up, because more than REBUILD_MAX_PARKED streams break in what it builds. It goes on where it was, and is shown with these streams parked.
    */
    readonly post: operations["acceptParked"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/projections/{name}/rebuild": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Build a projection anew from the log
    * @description Beside the live generation, which serves on until the new one has caught up and takes its place in one transaction. The replaced one is kept for GENERATION_KEEP_HOURS and can be swapped back. Streams with a fact that breaks are parked, as they are live. More than REBUILD_MAX_PARKED that the live generation has not parked end it as failed, `too_many_parked`, unless the request has `acceptParked: true`.
    */
    readonly post: operations["rebuildProjection"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/projections/{name}/swap-back": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Make the previous generation live again
    * @description Once it has caught up.
    */
    readonly post: operations["swapBackProjection"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/projections/{name}/verify": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
    * Prove that a projection is what the log says
    * @description Folds the log anew beside the live generation, which goes on undisturbed, and compares both row by row as they are at one position. The result of the operation lists what differs, with both values, which may be personal data, and the facts behind them. Nothing is changed: a rebuild mends what was found. Where the event store does not answer it ends as failed, `event_store_unavailable`.
    */
    readonly post: operations["verifyProjection"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/me": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Whose a key is, and what it may do */
    readonly get: operations["getMe"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/outside": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Whether Retell takes the keys, and the mail server the login
    * @description Asks both now, for five seconds at most: Retell for one call of each key, which is not kept. Sends no mail.
    */
    readonly get: operations["examineOutside"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/docs": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** This document as a page */
    readonly get: operations["getDocs"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/health/live": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Whether the process runs */
    readonly get: operations["getLiveness"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/health/ready": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
    * Whether the process can do its work
    * @description Ready only when every store answers and every projection serves a generation that has caught up.
    */
    readonly get: operations["getReadiness"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/metrics": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Metrics for Prometheus */
    readonly get: operations["getMetrics"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/openapi.json": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** This document */
    readonly get: operations["getOpenApiDocument"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/webhooks/retell": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Call events of appointment and reminder agents. */
    readonly post: operations["receiveWebhook"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/webhooks/retell-inbound-ticket": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Call events of inbound agents; they make tickets. */
    readonly post: operations["receiveInboundTicketWebhook"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/api/webhooks/retell-outbound-ticket": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Call events of outbound agents; they make tickets. */
    readonly post: operations["receiveOutboundTicketWebhook"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/t/{tenant}/api/webhooks/retell": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Call events of appointment and reminder agents. */
    readonly post: operations["receiveWebhookOfTenant"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/t/{tenant}/api/webhooks/retell-inbound-ticket": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Call events of inbound agents; they make tickets. */
    readonly post: operations["receiveInboundTicketWebhookOfTenant"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/t/{tenant}/api/webhooks/retell-outbound-ticket": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Call events of outbound agents; they make tickets. */
    readonly post: operations["receiveOutboundTicketWebhookOfTenant"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
}
export interface webhooks {
  readonly "call.outcome.changed": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** The outcome of a call has changed */
    readonly post: operations["receiveCallOutcomeChanged"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "appointment.changed": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** A call or staff has changed an appointment */
    readonly post: operations["receiveAppointmentChanged"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "ticket.opened": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** A ticket needs somebody, for the first time or again */
    readonly post: operations["receiveTicketOpened"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "ticket.changed": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** A ticket has another status, or another who set it */
    readonly post: operations["receiveTicketChanged"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "endpoint.test": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Asked for, to see whether messages come */
    readonly post: operations["receiveEndpointTest"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
}
export interface components {
  schemas: {
    readonly OutcomeChanged: {
      readonly tenantId: string;
      /** @description Absent when the call concerns no appointment. */
      readonly appointmentId?: string;
      /** @description Retell's call id. */
      readonly callId: string;
      /** @description The session that the call was in then. */
      readonly sessionId: string;
      /** @enum {string} */
      readonly outcome: "confirmed" | "rescheduled" | "cancelled" | "voicemail" | "no_answer" | "busy" | "failed" | "answered" | "pending";
      /** @description Why, as in a call session. */
      readonly statusReason: string;
      /**
      * Format: date-time
      * @description When what changed it took place.
      */
      readonly occurredAt: string;
    };
    readonly AppointmentChanged: {
      readonly tenantId: string;
      readonly appointmentId: string;
      /** @description Of the call that decided; absent: staff did. */
      readonly sessionId?: string;
      /** @enum {string} */
      readonly status: "scheduled" | "confirmed" | "rescheduled" | "cancelled";
      /** Format: date-time */
      readonly startsAt?: string;
      readonly rescheduleText?: string;
      readonly cancellationReason?: string;
      readonly needsReview: boolean;
      /** @description Retell's id of the call that decided the status. */
      readonly decidedByCallId?: string;
      readonly decidedBy?: components["schemas"]["DecidedBy"];
      /**
      * @description The field of the call's analysis that decided the status; `staff`. Absent: nobody has decided yet. Explained in docs/words.md; new words may come, so take one that is not listed as a word and no error.
      * @enum {string}
      */
      readonly statusReason?: "appointment_confirmed" | "appointment_rescheduled" | "appointment_cancelled" | "appointment_outcome" | "outcome" | "staff";
      /**
      * Format: date-time
      * @description When what changed it took place.
      */
      readonly occurredAt: string;
    };
    /** @description Who decided the status: a call, or staff. Absent: nobody yet. */
    readonly DecidedBy: {
      /** @enum {string} */
      readonly kind: "call" | "staff";
      /** @description Retell's id of the call. */
      readonly callId?: string;
      /** @description The call's session. */
      readonly sessionId?: string;
      /** @description The API key with which staff decided; absent where an earlier release did not record it. */
      readonly keyId?: string;
      /**
      * Format: date-time
      * @description When the call took place, or when staff said so: the latest decides.
      */
      readonly at: string;
    };
    readonly Ticket: {
      readonly id: string;
      readonly tenantId: string;
      /** @description Retell's call id. */
      readonly callId: string;
      /** @description The call's session. */
      readonly sessionId: string;
      /** @enum {string} */
      readonly direction?: "inbound" | "outbound";
      /** @enum {string} */
      readonly status: "new" | "qualified" | "contacted" | "resolved" | "closed";
      /** @description Whether something is left to be done. */
      readonly active: boolean;
      /** @description What the analysis says; null: nothing that is understood. */
      readonly actionRequired: boolean | null;
      readonly transferred: boolean;
      /** @description Absent where no usable number is known. */
      readonly customerId?: string;
      /**
      * @description Why it has this status. Explained in docs/words.md; new words may come, so take one that is not listed as a word and no error.
      * @enum {string}
      */
      readonly statusReason: "transferred" | "action_required" | "action_not_required" | "qualified" | "successful" | "conversation" | "unanswered" | "in_progress" | "analysis_missing" | "outbound_default" | "staff";
      /**
      * @description Who set the status: the rules, from what calls say, or staff.
      * @enum {string}
      */
      readonly setBy: "rule" | "staff";
      /**
      * @description What became of its mail; `none`: none is due.
      * @enum {string}
      */
      readonly mail: "none" | "queued" | "sent" | "failed" | "not_sent";
      /**
      * @description Why it was not sent, or not to all. Explained in docs/words.md; new words may come, so take one that is not listed as a word and no error.
      * @enum {string}
      */
      readonly mailReason?: "disabled" | "no_recipients" | "no_smtp" | "erased" | "recipients_refused";
      /**
      * Format: date-time
      * @description When the first fact was recorded; never changes.
      */
      readonly createdAt: string;
      /**
      * Format: date-time
      * @description When the latest fact about it took place.
      */
      readonly lastEventAt: string;
      /**
      * @description The person is erased: what identified them is absent, and stays so.
      * @enum {boolean}
      */
      readonly erased?: true;
    };
    readonly Problem: {
      /** @example about:blank */
      readonly type: string;
      readonly title: string;
      readonly status: number;
      /**
      * @description Explained in docs/words.md; a later release may have more, so take one that is not listed by its `status`.
      * @example not_found
      * @enum {string}
      */
      readonly code: "invalid_request" | "unrecordable" | "range_beyond_log" | "refused" | "method_not_allowed" | "unsupported_media_type" | "body_too_large" | "body_too_slow" | "client_gone" | "unauthorized" | "missing_scope" | "forbidden" | "rate_limited" | "too_many_requests" | "too_many_listeners" | "not_found" | "role_not_here" | "unknown_tenant" | "unknown_key" | "unknown_projection" | "unknown_operation" | "unknown_ticket" | "erased" | "stream_deleted" | "fact_unreadable" | "idempotency_key_reused" | "call_session_exists" | "no_call_yet" | "busy" | "key_from_environment" | "too_many_webhook_keys" | "url_not_allowed" | "too_many_endpoints" | "operation_under_way" | "operation_over" | "nothing_is_built" | "nothing_to_swap_back" | "sig_missing" | "sig_malformed" | "sig_stale" | "sig_mismatch" | "retell_not_configured" | "destination_not_allowed" | "daily_limit_reached" | "retell_invalid_request" | "retell_key_rejected" | "retell_payment_required" | "retell_not_found" | "retell_rate_limited" | "retell_concurrency_limit" | "retell_unreachable" | "retell_refused" | "request_expired" | "not_placed" | "event_store_unavailable" | "database_unavailable" | "read_model_unavailable" | "not_ready" | "stopping" | "overloaded" | "too_busy" | "internal_error";
      readonly detail?: string;
      readonly errors?: readonly {
        readonly path: string;
        readonly message: string;
      }[];
      /** @description The operation that is in the way. */
      readonly operationId?: string;
      /** @description Where the fact that is in the way stands in the log. */
      readonly position?: string;
    };
    /** @description Only `event` and `call.call_id` are needed; all else is optional. */
    readonly RetellWebhook: {
      readonly event: string;
      readonly call?: {
        readonly call_id: string;
      } & {
        readonly [key: string]: unknown;
      };
    } & {
      readonly [key: string]: unknown;
    };
    readonly WebhookHealth: {
      /**
      * Format: date-time
      * @description When this process began to count.
      */
      readonly since: string;
      readonly items: readonly {
        /** @description `unknown`: a signed post to a path that does not exist. */
        readonly endpoint: string;
        /** @description The registered tenant that the address names; of a refusal nobody knows who sent it. */
        readonly tenantId?: string;
        readonly status: number;
        /**
        * @description What the log says of it.
        * @example sig_mismatch
        */
        readonly outcome: string;
        readonly count: number;
        /** Format: date-time */
        readonly lastAt: string;
      }[];
    };
    readonly Tenant: {
      readonly id: string;
      readonly name?: string;
      /** @example Europe/Berlin */
      readonly timeZone?: string;
      /** @example DE */
      readonly defaultRegion?: string;
      readonly mail?: {
        readonly enabled: boolean;
        readonly recipients: readonly string[];
      };
      readonly acceptUntimestampedSignature?: boolean;
      /** @description The tenant's own names of analysis fields: our name → theirs. */
      readonly fieldNames?: {
        readonly [key: string]: readonly string[];
      };
      /** @description What an inbound ticket becomes when nobody knows whether something is to be done; of calls from now on. */
      readonly qualification?: {
        /** @enum {string} */
        readonly qualified?: "new" | "qualified" | "contacted" | "resolved" | "closed";
        /** @enum {string} */
        readonly successful?: "new" | "qualified" | "contacted" | "resolved" | "closed";
        /** @enum {string} */
        readonly conversation?: "new" | "qualified" | "contacted" | "resolved" | "closed";
        /** @enum {string} */
        readonly unanswered?: "new" | "qualified" | "contacted" | "resolved" | "closed";
      };
      /**
      * @description Agent id → the endpoint that its calls belong to where Retell had to be asked for them; a delivery of the call itself goes before. Absent: where the calls of the agent last came in.
      * @example {
      *       "agent_5f0c2b1e": "retell-inbound-ticket"
      *     }
      */
      readonly agentEndpoints?: {
        readonly [key: string]: "retell" | "retell-inbound-ticket" | "retell-outbound-ticket";
      };
      /**
      * @description Limits of placing calls: `countries` that may be called (absent: all), how many `perDay` of `timeZone` (absent: any number), and whether a key `needsScope` `call` for it (absent: `write` is enough).
      * @example {
      *       "countries": [
      *         "GB",
      *         "IE"
      *       ],
      *       "perDay": 500,
      *       "needsScope": true
      *     }
      */
      readonly calls?: {
        readonly countries?: readonly string[];
        readonly perDay?: number;
        readonly needsScope?: boolean;
      };
      /**
      * @description Days after the end of a call until its personal data, or its signed bytes, are erased by themselves. Absent: never.
      * @example {
      *       "personalDays": 365,
      *       "evidenceDays": 90
      *     }
      */
      readonly retention?: {
        readonly personalDays?: number;
        readonly evidenceDays?: number;
      };
      readonly retellApiKeySet: boolean;
      readonly webhookKeys: readonly {
        readonly keyId: string;
        /** @enum {string} */
        readonly source: "admin" | "environment";
      }[];
      readonly apiKeys: readonly {
        readonly keyId: string;
        readonly name?: string;
        readonly scopes: readonly ("read" | "write" | "call")[];
        /** Format: date-time */
        readonly createdAt: string;
        /**
        * Format: date-time
        * @description When it last opened anything. Of uses at another process, or before a restart, up to an hour late; absent: never, as far as is known.
        */
        readonly lastUsedAt?: string;
      }[];
    };
    readonly Resealed: {
      /** @description How many were sealed under MASTER_KEY_PREVIOUS. */
      readonly resealed: number;
      /** @description What neither key opens. */
      readonly closed: readonly {
        readonly tenantId: string;
        readonly keyId: string;
      }[];
    };
    readonly Forgotten: {
      readonly forgotten: readonly {
        readonly tenantId: string;
        readonly keyId: string;
      }[];
    };
    readonly QuarantineRetry: {
      /**
      * @description `duplicate`: the fact was on record already. Either way the delivery is released.
      * @enum {string}
      */
      readonly outcome: "recorded" | "duplicate" | "still_quarantined";
      /**
      * @description Why it is still in quarantine; `evidence_…`: its bytes no longer verify, or are gone.
      * @enum {string}
      */
      readonly reason?: "not_json" | "schema_invalid" | "too_deep" | "too_many_fields" | "call_id_invalid" | "not_a_call" | "untranslatable" | "tenant_mismatch" | "stream_deleted" | "evidence_failed" | "evidence_expired" | "evidence_erased";
      readonly callId?: string;
      readonly factId?: string;
    };
    readonly Appointment: {
      readonly id: string;
      readonly tenantId: string;
      /** @enum {string} */
      readonly status: "scheduled" | "confirmed" | "rescheduled" | "cancelled";
      /**
      * Format: date-time
      * @description When it is, as far as is known.
      */
      readonly startsAt?: string;
      /** @description A new time that was said in words; never guessed. */
      readonly rescheduleText?: string;
      readonly cancellationReason?: string;
      /** @description Something was said that a person has to read. */
      readonly needsReview: boolean;
      /** @description Retell's id of the call that decided the status. */
      readonly decidedByCallId?: string;
      readonly decidedBy?: components["schemas"]["DecidedBy"];
      /**
      * @description The field of the call's analysis that decided the status; `staff`. Absent: nobody has decided yet. Explained in docs/words.md; new words may come, so take one that is not listed as a word and no error.
      * @enum {string}
      */
      readonly statusReason?: "appointment_confirmed" | "appointment_rescheduled" | "appointment_cancelled" | "appointment_outcome" | "outcome" | "staff";
      /** @description What staff wrote, oldest first. */
      readonly notes: readonly {
        readonly text: string;
        /** Format: date-time */
        readonly at: string;
      }[];
      /**
      * Format: date-time
      * @description When the latest fact about it took place.
      */
      readonly lastEventAt: string;
      /**
      * @description The person is erased: what identified them is absent, and stays so.
      * @enum {boolean}
      */
      readonly erased?: true;
    };
    readonly CallSession: {
      /** @description The call session id; `call:<Retell call id>` for a call without one. */
      readonly id: string;
      readonly tenantId: string;
      /** @description The appointment that the call is about. */
      readonly appointmentId?: string;
      /** @description The id of the person in your own system, as the call named it. */
      readonly contactId?: string;
      /** @description The ticket that the call made. */
      readonly ticketId?: string;
      /** @description The latest started of `retellCallIds`. */
      readonly retellCallId?: string;
      readonly retellCallIds: readonly string[];
      /** @description Those of `retellCallIds` that named no session when they were first heard of, and were linked by their phone number to the only request that waited for a call to it; also where a later fact has confirmed it. */
      readonly matchedByPhoneNumber?: readonly string[];
      /**
      * Format: date-time
      * @description When the first fact was recorded; never changes.
      */
      readonly createdAt: string;
      /**
      * @description A call named another tenant; its correlation ids were ignored.
      * @enum {boolean}
      */
      readonly tenantMismatch?: true;
      /**
      * @description Absent as long as no fact has told.
      * @enum {string}
      */
      readonly direction?: "inbound" | "outbound" | "web";
      /**
      * @description The strongest outcome of all calls of the session.
      * @enum {string}
      */
      readonly status: "confirmed" | "rescheduled" | "cancelled" | "voicemail" | "no_answer" | "busy" | "failed" | "answered" | "pending";
      /**
      * @description Why; also a disconnection reason that Retell has had only since. Explained in docs/words.md; new words may come, so take one that is not listed as a word and no error.
      * @enum {string}
      */
      readonly statusReason: "requested" | "in_progress" | "analysis_missing" | "answered" | "undecided" | "appointment_confirmed" | "appointment_rescheduled" | "appointment_cancelled" | "appointment_outcome" | "outcome" | "in_voicemail" | "voicemail" | "no_answer" | "human_detected" | "busy" | "failed" | "not_connected" | "error" | "destination_not_allowed" | "daily_limit_reached" | "retell_invalid_request" | "retell_key_rejected" | "retell_payment_required" | "retell_not_found" | "retell_rate_limited" | "retell_concurrency_limit" | "retell_unreachable" | "retell_refused" | "request_expired" | "not_placed" | "voicemail_reached" | "machine_detected" | "dial_no_answer" | "user_declined" | "ivr_reached" | "dial_busy" | "inactivity" | "user_hangup" | "agent_hangup" | "max_duration_reached" | "manual_stopped" | "call_take_over" | "no_concurrency_fallback" | "user_requested_dnc" | "user_requested_callback" | "call_transfer" | "transfer_bridged" | "transfer_cancelled" | "dial_failed" | "invalid_destination" | "telephony_provider_permission_denied" | "telephony_provider_unavailable" | "sip_routing_error" | "marked_as_spam" | "network_blocked" | "concurrency_limit_reached" | "no_valid_payment" | "credit_exhausted" | "budget_reached" | "scam_detected" | "registered_call_timeout" | "error_inbound_webhook" | "error_llm_websocket_open" | "error_llm_websocket_lost_connection" | "error_llm_websocket_runtime" | "error_llm_websocket_corrupt_payload" | "error_frontend_corrupted_payload" | "error_twilio" | "error_no_audio_received" | "error_asr" | "error_retell" | "error_unknown" | "error_user_not_joined";
      /** @description Retell's id of the agent. */
      readonly agentId?: string;
      readonly agentName?: string;
      /** @description As Retell gave it. */
      readonly fromNumber?: string;
      /** @description As Retell gave it. */
      readonly toNumber?: string;
      /** @description The number of the other side, in E.164; absent where it is withheld or no number. */
      readonly customerPhone?: string;
      /** Format: date-time */
      readonly startedAt?: string;
      /** Format: date-time */
      readonly endedAt?: string;
      /** @description Of the call, in milliseconds, as Retell says. */
      readonly durationMs?: number;
      /** @description Retell's word; an open list. */
      readonly disconnectionReason?: string;
      /** @description Whether the caller was put through to a person. */
      readonly transferred: boolean;
      readonly analysis?: components["schemas"]["CallAnalysis"];
      /** @description In lists only where `fields` names it. */
      readonly transcript?: string;
      /** @description Where Retell keeps the recording. */
      readonly recordingUrl?: string;
      /** @description Left out of lists, unless they ask for it. */
      readonly archived: boolean;
      /**
      * Format: date-time
      * @description When the call was requested here; absent for calls placed elsewhere.
      */
      readonly requestedAt?: string;
      /**
      * Format: date-time
      * @description When the latest fact about it took place.
      */
      readonly lastEventAt: string;
      /** @description Grows with every fact of the session. */
      readonly revision: number;
      /**
      * @description The person is erased: what identified them is absent, and stays so.
      * @enum {boolean}
      */
      readonly erased?: true;
    };
    readonly CallAnalysis: {
      readonly summary?: string;
      readonly sentiment?: string;
      readonly successful?: boolean;
      readonly inVoicemail?: boolean;
      /** @description The fields that the agent was told to fill in. */
      readonly custom: Record<string, never>;
    };
    readonly Coverage: {
      readonly items: readonly components["schemas"]["CoverageDay"][];
    };
    readonly CoverageDay: {
      readonly tenantId: string;
      /**
      * Format: date
      * @description UTC; of the start of the call, else of when it became known.
      */
      readonly day: string;
      /** @description Calls that Retell was seen to know. */
      readonly retell: number;
      /** @description Calls in the log. */
      readonly log: number;
      /** @description Facts of the calls of this day, by how they came. */
      readonly facts: {
        readonly webhook: number;
        readonly reconciliation: number;
      };
      /** @description Calls of which the log lacks something that Retell has. */
      readonly missing: number;
      /** @description Of the calls that Retell knows; 100 is all. Absent: Retell was not asked for this day. */
      readonly percent?: number;
      /**
      * Format: date-time
      * @description When a list of Retell's that has calls of this day was last read to its end.
      */
      readonly askedAt?: string;
    };
    readonly CallSessionPage: {
      readonly items: readonly components["schemas"]["CallSession"][];
      /** @description Opaque; null when this is the last page. */
      readonly nextCursor: string | null;
    };
    /** @description With what `expand` names, as far as there is one. */
    readonly ExpandedCallSession: components["schemas"]["CallSession"] & {
      readonly appointment?: components["schemas"]["Appointment"];
      readonly ticket?: components["schemas"]["Ticket"];
      readonly customer?: components["schemas"]["Customer"];
    };
    readonly Customer: {
      readonly id: string;
      readonly tenantId: string;
      /**
      * @description In E.164.
      * @example +4930123456
      */
      readonly phone: string;
      /** @description Every spelling in which the number came. */
      readonly rawPhones: readonly string[];
      readonly name?: string;
      /** Format: date-time */
      readonly firstSeenAt: string;
      /** Format: date-time */
      readonly lastSeenAt: string;
      /** @description How many calls there were with this number. */
      readonly calls: number;
    };
    readonly History: {
      readonly items: readonly components["schemas"]["HistoryItem"][];
      readonly nextCursor: string | null;
    };
    readonly HistoryItem: {
      /** @description In the whole log. A string: it exceeds what a JSON number holds. */
      readonly position: string;
      /** @description Of the session, after this fact. */
      readonly revision: number;
      /** @example CallEnded */
      readonly type: string;
      /**
      * Format: date-time
      * @description When it happened. This, `source` and `evidence` are absent only where an unreadable fact does not say them.
      */
      readonly occurredAt?: string;
      /**
      * Format: date-time
      * @description When it was noted.
      */
      readonly recordedAt: string;
      /** @enum {string} */
      readonly source?: "webhook" | "reconciliation" | "command";
      /** @description Of a fact of a call: Retell's id of it. */
      readonly callId?: string;
      /** @description The API key with which staff said or asked it, or the admin key with which a mail was redriven; absent where nobody did, or an earlier release did not record it. */
      readonly keyId?: string;
      /** @description What staff wrote beside it. */
      readonly note?: string;
      /** @description What the fact changed in the resource, field by field; null: there was no value. Of a list of more than a few only what was `added` and `removed` is shown. `CallLinked` changes `matchedByPhoneNumber`: the phone number has led a call here. */
      readonly changes: readonly {
        readonly field: string;
        readonly from?: unknown;
        readonly to?: unknown;
        readonly added?: readonly unknown[];
        readonly removed?: readonly unknown[];
      }[];
      /**
      * @description Whether the signed bytes behind the fact still verify; `erased`: with their person; `expired`: they are gone otherwise; `none`: nothing was signed.
      * @enum {string}
      */
      readonly evidence?: "verified" | "failed" | "expired" | "erased" | "none";
      /**
      * @description The person is erased: what identified them is absent, and stays so.
      * @enum {boolean}
      */
      readonly erased?: true;
      /** @description What erased the person of this fact, and why. */
      readonly erasure?: {
        readonly id: string;
        /** @enum {string} */
        readonly by: "admin" | "tenant" | "retention";
        readonly reason?: string;
        /** Format: date-time */
        readonly requestedAt: string;
      };
      /** @description The fact makes no sense to this version, and has changed nothing. `reason` names fields and codes and quotes nothing. Its stream is parked (`GET /api/parked`) until an operator has mended it. */
      readonly unreadable?: {
        readonly stream: string;
        readonly reason: string;
      };
      /** @description It stands in its stream behind the unreadable fact at this position, and has not changed anything yet. */
      readonly waitsFor?: string;
    };
    readonly Deliveries: {
      readonly items: readonly components["schemas"]["Delivery"][];
    };
    readonly Delivery: {
      /** @description The fact's id. */
      readonly id: string;
      /** @description Retell's call id. */
      readonly callId: string;
      readonly event: string;
      /** @description SHA-256 of the body as it was signed. */
      readonly payloadDigest?: string;
      /** @enum {string} */
      readonly source: "webhook" | "reconciliation" | "command";
      readonly endpoint?: string;
      /** Format: date-time */
      readonly occurredAt: string;
      /** Format: date-time */
      readonly receivedAt: string;
      /** Format: date-time */
      readonly recordedAt: string;
      /** @description In the whole log. A string: it exceeds what a JSON number holds. */
      readonly position: string;
      /** @description In the call's stream. */
      readonly revision: number;
    };
    readonly AppointmentPage: {
      readonly items: readonly components["schemas"]["Appointment"][];
      /** @description Opaque; null when this is the last page. */
      readonly nextCursor: string | null;
    };
    readonly TicketPage: {
      readonly items: readonly components["schemas"]["Ticket"][];
      /** @description Opaque; null when this is the last page. */
      readonly nextCursor: string | null;
    };
    readonly CustomerPage: {
      readonly items: readonly components["schemas"]["Customer"][];
      /** @description Opaque; null when this is the last page. */
      readonly nextCursor: string | null;
    };
    readonly DailySummary: {
      /**
      * @description Whose days these are.
      * @example Europe/Berlin
      */
      readonly timeZone: string;
      /** @description Each day that the range touches, the earliest first. */
      readonly days: readonly components["schemas"]["SummaryDay"][];
    };
    readonly SummaryDay: {
      /** @description Call sessions by `startedAt`, else `createdAt`; archived ones too. */
      readonly calls: {
        readonly byOutcome: components["schemas"]["CallsByOutcome"];
        readonly byDirection: components["schemas"]["CallsByDirection"];
      };
      /** @description Tickets by `createdAt`, whatever has become of them. */
      readonly ticketsOpened: number;
      /** @description Appointments that need review now, by the call that decided: by its start, else when its session was created. */
      readonly appointmentsNeedingReview: number;
      /**
      * Format: date
      * @description In `timeZone`.
      */
      readonly date: string;
    };
    readonly CallsByOutcome: {
      readonly confirmed: number;
      readonly rescheduled: number;
      readonly cancelled: number;
      readonly voicemail: number;
      readonly no_answer: number;
      readonly busy: number;
      readonly failed: number;
      readonly answered: number;
      readonly pending: number;
    };
    /** @description `unknown`: sessions without a direction, as long as no fact has told. */
    readonly CallsByDirection: {
      readonly inbound: number;
      readonly outbound: number;
      readonly web: number;
      readonly unknown: number;
    };
    readonly HourlySummary: {
      readonly hours: readonly components["schemas"]["SummaryHour"][];
    };
    readonly SummaryHour: {
      /** @description Call sessions by `startedAt`, else `createdAt`; archived ones too. */
      readonly calls: {
        readonly byOutcome: components["schemas"]["CallsByOutcome"];
        readonly byDirection: components["schemas"]["CallsByDirection"];
      };
      /** @description Tickets by `createdAt`, whatever has become of them. */
      readonly ticketsOpened: number;
      /** @description Appointments that need review now, by the call that decided: by its start, else when its session was created. */
      readonly appointmentsNeedingReview: number;
      /** Format: date-time */
      readonly startsAt: string;
    };
    readonly QuarantinePage: {
      readonly items: readonly components["schemas"]["QuarantineItem"][];
      /** @description Opaque; null when this is the last page. */
      readonly nextCursor: string | null;
    };
    readonly QuarantineItem: {
      /** @example default.9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 */
      readonly id: string;
      readonly tenantId: string;
      readonly endpoint: string;
      /** @enum {string} */
      readonly reason: "not_json" | "schema_invalid" | "too_deep" | "too_many_fields" | "call_id_invalid" | "not_a_call" | "untranslatable" | "tenant_mismatch" | "stream_deleted";
      /** Format: date-time */
      readonly receivedAt: string;
      /** @description Bytes of the body. */
      readonly size: number;
      /** @description When a retry found it to be a fact of a call, and which. */
      readonly released?: {
        /** Format: date-time */
        readonly at: string;
        readonly callId: string;
        readonly factId: string;
      };
      /**
      * @description The person is erased: what identified them is absent, and stays so.
      * @enum {boolean}
      */
      readonly erased?: true;
    };
    readonly QuarantineReview: components["schemas"]["QuarantineItem"] & {
      /**
      * @description Whether the stored bytes still are what the webhook key signed.
      * @enum {string}
      */
      readonly evidence: "verified" | "failed" | "expired" | "erased";
      /** @description Of the webhook key that signed it. */
      readonly keyId?: string;
      readonly sha256?: string;
      /** @description What was sent. Personal data. Absent where it has expired. */
      readonly body?: {
        /**
        * @description `text` where the whole body is UTF-8.
        * @enum {string}
        */
        readonly encoding: "text" | "base64";
        readonly content: string;
        readonly truncated: boolean;
      };
    };
    readonly RecordedDelivery: {
      readonly id: string;
      readonly tenantId: string;
      /**
      * @description `verified`: the header still signs the bytes. `expired`: the bytes are gone, and so is what follows.
      * @enum {string}
      */
      readonly evidence: "verified" | "failed" | "expired";
      /** Format: date-time */
      readonly receivedAt?: string;
      readonly keyId?: string;
      /** @description The `x-retell-signature` that came with it. */
      readonly signatureHeader?: string;
      /** @description The body, byte for byte as it was signed. */
      readonly bodyBase64?: string;
    };
    readonly IssuedAdminKey: {
      /**
      * @description Whose it is, or what for; the audit trail shows it.
      * @example on-call
      */
      readonly name: string;
      /** @description `tenants`: settings and keys of tenants; `operations`: projections, parked streams, quarantine, reconciliation, mails; `personal`: exports, bodies in quarantine, previews of mails, all of a person; `audit`: who did what; `erasure`: erasing people. */
      readonly scopes: readonly ("tenants" | "operations" | "personal" | "audit" | "erasure")[];
      /**
      * Format: date-time
      * @description It opens nothing from then on.
      */
      readonly expiresAt?: string;
      readonly keyId: string;
      readonly key: string;
    };
    readonly AdminKey: {
      readonly keyId: string;
      readonly name: string;
      readonly scopes: readonly string[];
      /** Format: date-time */
      readonly expiresAt?: string;
      /** Format: date-time */
      readonly createdAt: string;
      /**
      * Format: date-time
      * @description When it last opened anything. Of uses at another process, or before a restart, up to an hour late; absent: never, as far as is known.
      */
      readonly lastUsedAt?: string;
    };
    readonly AuditItem: {
      /** Format: date-time */
      readonly at: string;
      /** @description `ADMIN_KEY`, or the id of a named key. */
      readonly keyId: string;
      readonly keyName: string;
      readonly method: string;
      readonly path: string;
      readonly status: number;
      /** @description The `x-request-id` of the answer, and in the log. */
      readonly requestId?: string;
    };
    readonly Me: {
      /** @enum {string} */
      readonly kind: "tenant";
      readonly keyId: string;
      readonly tenantId: string;
      readonly tenantName?: string;
      /**
      * @description The tenant's own, else UTC.
      * @example Europe/Berlin
      */
      readonly timeZone: string;
      readonly scopes: readonly ("read" | "write" | "call")[];
    } | {
      /** @enum {string} */
      readonly kind: "administrator";
      readonly keyId: string;
      readonly keyName: string;
      readonly scopes: readonly ("tenants" | "operations" | "personal" | "audit" | "erasure")[];
    };
    readonly Projections: {
      readonly items: readonly components["schemas"]["Projection"][];
    };
    readonly Projection: {
      /** @example calls */
      readonly name: string;
      readonly version: number;
      readonly generation: number | null;
      /** @enum {string} */
      readonly state: "live" | "starting";
      /**
      * @description A position of the log.
      * @example 1309
      */
      readonly checkpoint: string | null;
      /**
      * @description A position of the log.
      * @example 1309
      */
      readonly head: string | null;
      /** @description Null: behind, and this process does not know how far; or the event store does not answer. */
      readonly lagEvents: number | null;
      readonly lagSeconds: number | null;
      readonly caughtUp: boolean;
      /**
      * @description What is shown is not the fold of the log, which was restored to an earlier state or is another one. After a restore the next generation is built by itself.
      * @enum {boolean}
      */
      readonly stale?: true;
      /** @description The generation that will take the place of this one, and how far it is, in positions of the log. */
      readonly building?: {
        readonly generation: number;
        readonly done: number;
        readonly total: number;
        /** @description Streams that it has set aside. */
        readonly parked: number;
        /**
        * @description More streams break in it than REBUILD_MAX_PARKED: it waits for POST …/accept-parked, or for other code.
        * @enum {boolean}
        */
        readonly heldUp?: true;
      };
      readonly previous?: {
        readonly generation: number;
        readonly version: number;
        /** Format: date-time */
        readonly replacedAt: string;
      };
      /** @description What is queued or under way for it. */
      readonly operationId?: string;
    };
    readonly Requested: {
      readonly operationId: string;
    };
    readonly RebuildOrder: {
      /** @description Whatever it parks, it goes on. */
      readonly acceptParked?: boolean;
    };
    readonly ParkedAccepted: {
      readonly generation: number;
      readonly parked: number;
    };
    readonly Operations: {
      readonly items: readonly components["schemas"]["Operation"][];
    };
    readonly Operation: {
      readonly id: string;
      /** @enum {string} */
      readonly kind: "rebuild" | "verify" | "swap_back" | "rewrite";
      readonly projection: string;
      /** @enum {string} */
      readonly state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
      /**
      * @description Whatever it parks, it goes on.
      * @enum {boolean}
      */
      readonly acceptParked?: true;
      /** @description In positions of the log; absent until it has begun. */
      readonly progress?: {
        readonly done: number;
        readonly total: number;
        /** @description Streams that are parked in what is built, as long as it is. */
        readonly parked?: number;
      };
      /** @description What came of it. Of a rebuild and of a swap back: `generation`, now live, `replaced`, and `parked`: how many streams are parked in it, which GET /api/parked lists. Of a verification: `equal`; `position` and `generation` that were compared; `rowsCompared`; `parkedStreams`, left out; `parkedByRebuild`, those of them that the live generation has not parked, with their facts in `brokenFacts: [{stream, position, type, error}]`, and `notCompared`, the rows that differ and rest on one of these; `differencesTotal`, and the first 1000 of them in `differences`, which a list of operations leaves out: `{table, key, column, live, rebuilt, facts: [{stream, position, type}]}`, or `row: missing | extra` instead of `column`. */
      readonly result?: {
        readonly [key: string]: unknown;
      };
      /** @description Why it failed; `too_many_parked`: more streams break than REBUILD_MAX_PARKED, and `position`, `stream` and `type` are those of the first fact that does. */
      readonly error?: {
        /** @example too_many_parked */
        readonly code: string;
        readonly message: string;
        readonly position?: string;
        readonly stream?: string;
        readonly type?: string;
      };
      /** Format: date-time */
      readonly requestedAt: string;
      /** Format: date-time */
      readonly startedAt?: string;
      /** Format: date-time */
      readonly finishedAt?: string;
    };
    readonly ParkedPage: {
      readonly items: readonly components["schemas"]["Parked"][];
      readonly nextCursor: string | null;
    };
    readonly Parked: {
      /** @example call_sessions.1.1309 */
      readonly id: string;
      /** @example calls */
      readonly projection: string;
      /** @example call-acme.call_5f0c2b1e */
      readonly stream: string;
      /**
      * @description In the log, of the fact that breaks.
      * @example 1309
      */
      readonly position: string;
      /** @description In its stream. */
      readonly revision: number;
      /** @example CallEnded */
      readonly type: string;
      /**
      * @description Names, paths, codes and places in the code; nothing of what the fact says.
      * @example CallEnded at call-acme.call_5f0c2b1e@2 is broken: data.endedAt invalid_type
      */
      readonly error: string;
      /** Format: date-time */
      readonly parkedAt: string;
      /** @description Later events of the stream that queue behind it. */
      readonly waiting: number;
      /** @description Redrives that have failed. */
      readonly attempts: number;
      readonly redriveRequested: boolean;
    };
    readonly ParkedDetail: components["schemas"]["Parked"] & {
      /** @description What queues behind it, the first 200. */
      readonly waitingFacts: readonly {
        readonly position: string;
        readonly revision: number;
        readonly type: string;
        readonly recordedAt: string;
      }[];
    };
    readonly ParkedRedrive: components["schemas"]["Parked"] & {
      /**
      * @description `still_parked`: it breaks again, as `error` and `position` say; what stands before that is applied.
      * @enum {string}
      */
      readonly outcome: "redriven" | "still_parked" | "requested";
    };
    readonly Outside: {
      readonly retell: readonly (components["schemas"]["OutsideService"] & {
        /** @description Whose key it is. */
        readonly tenants: readonly string[];
      })[];
      /** @description Further Retell keys, of more tenants than are asked for at once. */
      readonly keysNotTried: number;
      readonly mail: components["schemas"]["OutsideService"];
    };
    readonly OutsideService: {
      /**
      * @description `refused`: it does not take the key or the login. `off`: none is set.
      * @enum {string}
      */
      readonly state: "ok" | "refused" | "no_answer" | "off";
      /** @description A code, such as `status_401` or `auth_plain_535`. */
      readonly reason?: string;
    };
    readonly TicketMail: {
      readonly subject: string;
      readonly text: string;
      readonly html: string;
    };
    readonly MailDeadLetters: {
      readonly items: readonly {
        readonly tenantId: string;
        readonly ticketId: string;
        readonly opening: number;
        /** @description A step and a code, such as `rcpt_to_550`. */
        readonly reason: string;
        readonly since: string;
      }[];
    };
    readonly WebhookEndpointWithSecret: components["schemas"]["WebhookEndpoint"] & {
      /**
      * @description Signs what is sent there. Shown this once.
      * @example whsec_…
      */
      readonly secret: string;
    };
    readonly WebhookEndpoint: {
      readonly id: string;
      readonly url: string;
      readonly events: readonly ("call.outcome.changed" | "appointment.changed" | "ticket.opened" | "ticket.changed")[];
      readonly description?: string;
      /**
      * @description What changes while it is paused is not queued: replay it. What is queued waits.
      * @enum {string}
      */
      readonly state: "active" | "paused";
      /**
      * @description It answered 410.
      * @enum {string}
      */
      readonly pausedBecause?: "gone";
      /**
      * @description No MASTER_KEY opens its secret, so nothing is sent: rotate it.
      * @enum {boolean}
      */
      readonly needsSecret?: true;
      /** Format: date-time */
      readonly createdAt: string;
    };
    readonly WebhookDelivery: {
      readonly id: string;
      /** @description The header `webhook-id`: the same across retries and replays. */
      readonly webhookId: string;
      /** @enum {string} */
      readonly type: "call.outcome.changed" | "appointment.changed" | "ticket.opened" | "ticket.changed" | "endpoint.test";
      /** @enum {string} */
      readonly state: "pending" | "delivered" | "dead";
      readonly attempts: number;
      /** @description Of the last attempt, if it was answered. */
      readonly lastStatus?: number;
      /**
      * @description Why the last attempt was not answered; `gone`: what it was about cannot be shown any more.
      * @example no_answer_in_time
      */
      readonly lastFailure?: string;
      /**
      * Format: date-time
      * @description Of one that is pending.
      */
      readonly nextAttemptAt?: string;
    };
    readonly WebhookEndpointOverview: components["schemas"]["WebhookEndpoint"] & {
      readonly tenantId: string;
      /**
      * Format: date-time
      * @description Every attempt since then has failed. Only of one that is active.
      */
      readonly failingSince?: string;
      /** @description Messages that wait. */
      readonly pending: number;
      /** @description Messages that were given up in the last ninety days. */
      readonly dead: number;
    };
    readonly Erasure: {
      readonly id: string;
      readonly tenantId: string;
      /** @enum {string} */
      readonly state: "queued" | "running" | "done" | "failed";
      /** @enum {string} */
      readonly by: "admin" | "tenant" | "retention";
      readonly reason?: string;
      /** Format: date-time */
      readonly requestedAt: string;
      /** Format: date-time */
      readonly doneAt?: string;
      /** @description Found, as far as it has been looked. */
      readonly calls: number;
      /** @description Of the calls. */
      readonly erased: number;
      /** @description Bodies in quarantine that were erased. */
      readonly quarantined: number;
      readonly deletedAtRetell?: number;
      /**
      * @description Calls by why not: `unknown`: Retell has none with this id; `no_key`: the tenant has no key of Retell; `pending`: it has given no answer yet, and is asked for a day; else its refusal.
      * @example {
      *       "unknown": 1,
      *       "pending": 2
      *     }
      */
      readonly notDeletedAtRetell?: {
        readonly [key: string]: number;
      };
      /** @description Why it failed, as a code. */
      readonly failed?: string;
      /**
      * @description `done`: no byte of it is left in the stores' files. `pending`: hidden, and still to be removed. `unknown`: the role in Postgres may not remove all of it.
      * @enum {string}
      */
      readonly physical: "done" | "pending" | "unknown";
      /** @description What somebody has to do, where it does not go on by itself. */
      readonly physicalDetail?: string;
    };
    readonly Person: {
      readonly tenantId: string;
      readonly phone: string;
      readonly sessions: readonly {
        readonly [key: string]: unknown;
      }[];
      readonly appointments: readonly {
        readonly [key: string]: unknown;
      }[];
      readonly tickets: readonly {
        readonly [key: string]: unknown;
      }[];
      readonly mails: readonly {
        readonly [key: string]: unknown;
      }[];
      readonly evidence: readonly {
        readonly [key: string]: unknown;
      }[];
    };
    readonly ReconciliationState: {
      readonly state: string;
    } & {
      readonly [key: string]: unknown;
    };
    readonly Liveness: {
      /** @enum {string} */
      readonly status: "ok";
    };
    readonly Readiness: {
      /** @enum {string} */
      readonly status: "ok" | "unavailable";
      readonly checks: {
        readonly eventStore?: components["schemas"]["Check"];
        readonly tenants?: components["schemas"]["Check"];
        readonly postgres?: components["schemas"]["Check"];
        readonly webhooks?: components["schemas"]["Check"];
        readonly projections?: {
          readonly [key: string]: components["schemas"]["Check"];
        };
      };
    };
    readonly Check: {
      /** @enum {string} */
      readonly status: "ok" | "failing";
      readonly detail?: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type OutcomeChanged = components['schemas']['OutcomeChanged'];
export type AppointmentChanged = components['schemas']['AppointmentChanged'];
export type DecidedBy = components['schemas']['DecidedBy'];
export type Ticket = components['schemas']['Ticket'];
export type Problem = components['schemas']['Problem'];
export type RetellWebhook = components['schemas']['RetellWebhook'];
export type WebhookHealth = components['schemas']['WebhookHealth'];
export type Tenant = components['schemas']['Tenant'];
export type Resealed = components['schemas']['Resealed'];
export type Forgotten = components['schemas']['Forgotten'];
export type QuarantineRetry = components['schemas']['QuarantineRetry'];
export type Appointment = components['schemas']['Appointment'];
export type CallSession = components['schemas']['CallSession'];
export type CallAnalysis = components['schemas']['CallAnalysis'];
export type Coverage = components['schemas']['Coverage'];
export type CoverageDay = components['schemas']['CoverageDay'];
export type CallSessionPage = components['schemas']['CallSessionPage'];
export type ExpandedCallSession = components['schemas']['ExpandedCallSession'];
export type Customer = components['schemas']['Customer'];
export type History = components['schemas']['History'];
export type HistoryItem = components['schemas']['HistoryItem'];
export type Deliveries = components['schemas']['Deliveries'];
export type Delivery = components['schemas']['Delivery'];
export type AppointmentPage = components['schemas']['AppointmentPage'];
export type TicketPage = components['schemas']['TicketPage'];
export type CustomerPage = components['schemas']['CustomerPage'];
export type DailySummary = components['schemas']['DailySummary'];
export type SummaryDay = components['schemas']['SummaryDay'];
export type CallsByOutcome = components['schemas']['CallsByOutcome'];
export type CallsByDirection = components['schemas']['CallsByDirection'];
export type HourlySummary = components['schemas']['HourlySummary'];
export type SummaryHour = components['schemas']['SummaryHour'];
export type QuarantinePage = components['schemas']['QuarantinePage'];
export type QuarantineItem = components['schemas']['QuarantineItem'];
export type QuarantineReview = components['schemas']['QuarantineReview'];
export type RecordedDelivery = components['schemas']['RecordedDelivery'];
export type IssuedAdminKey = components['schemas']['IssuedAdminKey'];
export type AdminKey = components['schemas']['AdminKey'];
export type AuditItem = components['schemas']['AuditItem'];
export type Me = components['schemas']['Me'];
export type Projections = components['schemas']['Projections'];
export type Projection = components['schemas']['Projection'];
export type Requested = components['schemas']['Requested'];
export type RebuildOrder = components['schemas']['RebuildOrder'];
export type ParkedAccepted = components['schemas']['ParkedAccepted'];
export type Operations = components['schemas']['Operations'];
export type Operation = components['schemas']['Operation'];
export type ParkedPage = components['schemas']['ParkedPage'];
export type Parked = components['schemas']['Parked'];
export type ParkedDetail = components['schemas']['ParkedDetail'];
export type ParkedRedrive = components['schemas']['ParkedRedrive'];
export type Outside = components['schemas']['Outside'];
export type OutsideService = components['schemas']['OutsideService'];
export type TicketMail = components['schemas']['TicketMail'];
export type MailDeadLetters = components['schemas']['MailDeadLetters'];
export type WebhookEndpointWithSecret = components['schemas']['WebhookEndpointWithSecret'];
export type WebhookEndpoint = components['schemas']['WebhookEndpoint'];
export type WebhookDelivery = components['schemas']['WebhookDelivery'];
export type WebhookEndpointOverview = components['schemas']['WebhookEndpointOverview'];
export type Erasure = components['schemas']['Erasure'];
export type Person = components['schemas']['Person'];
export type ReconciliationState = components['schemas']['ReconciliationState'];
export type Liveness = components['schemas']['Liveness'];
export type Readiness = components['schemas']['Readiness'];
export type Check = components['schemas']['Check'];
export type $defs = Record<string, never>;
export interface operations {
  readonly listCallSessions: {
    readonly parameters: {
      readonly query?: {
        /** @description Sessions with this outcome. One of confirmed, rescheduled, cancelled, voicemail, no_answer, busy, failed, answered, pending, or several with commas. */
        readonly status?: string;
        /** @description Of calls in this direction. */
        readonly direction?: "inbound" | "outbound" | "web";
        /** @description Of calls about this appointment. */
        readonly appointmentId?: string;
        /** @description Of calls that named this contact. */
        readonly contactId?: string;
        /** @description Caller, called or the customer's number, in E.164. */
        readonly phone?: string;
        /** @description Started at this time or later; for a session that has not started: created. */
        readonly from?: string;
        /** @description Started before this time; for a session that has not started: created. */
        readonly to?: string;
        /** @description `true`: only archived sessions; `all`: both. Absent or `false`: without them. */
        readonly archived?: "true" | "false" | "all";
        /** @description What a list otherwise leaves out of its items. One of transcript, or several with commas. */
        readonly fields?: string;
        /** @description `newest`: by `createdAt` descending, then `id`; `oldest`: exactly the other way round. */
        readonly order?: "newest" | "oldest";
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before, with the same other parameters. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of sessions. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["CallSessionPage"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getCallSession: {
    readonly parameters: {
      readonly query?: {
        /** @description As it was known then: by the facts recorded at this time or before (ISO 8601 with an offset, e.g. 2026-03-01T10:00:00Z), or standing at this position of the log or before (digits alone, as in the history). In the future: now. Before the first fact: 404. What is answered for a time that has passed never changes. */
        readonly at?: string;
        /** @description What is shown whole beside its id, of the same moment. One of appointment, ticket, customer, or several with commas. */
        readonly expand?: string;
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The session. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["ExpandedCallSession"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is none with this id, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description With `at`: `fact_unreadable`: a fact that this rests on makes no sense to this version; `position` says which. Repeating does not help, an operator has to mend it. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `stream_deleted`: an operator has deleted for good what this rests on. */
      readonly 410: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly archiveCallSession: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description The same key with the same body changes nothing more; with another body: 409. */
        readonly "idempotency-key"?: string;
      };
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The session. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["CallSession"];
        };
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is no such session, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `no_call_yet`: the session has no call to archive; `idempotency_key_reused`: the key came before with the opposite. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `stream_deleted`: an operator has deleted for good what this rests on. */
      readonly 410: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the event store did not confirm; `database_unavailable`: which calls the session has cannot be asked now. Repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listCallSessionDeliveries: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description All of them; there are no pages. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Deliveries"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is none with this id, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getCallSessionHistory: {
    readonly parameters: {
      readonly query?: {
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of them; `nextCursor` is null at the end. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["History"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is none with this id, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly unarchiveCallSession: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description The same key with the same body changes nothing more; with another body: 409. */
        readonly "idempotency-key"?: string;
      };
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The session. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["CallSession"];
        };
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is no such session, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `no_call_yet`: the session has no call to archive; `idempotency_key_reused`: the key came before with the opposite. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `stream_deleted`: an operator has deleted for good what this rests on. */
      readonly 410: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the event store did not confirm; `database_unavailable`: which calls the session has cannot be asked now. Repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listAppointments: {
    readonly parameters: {
      readonly query?: {
        /** @description Appointments with this status. One of scheduled, confirmed, rescheduled, cancelled, or several with commas. */
        readonly status?: string;
        /** @description Whether a person has to read something. */
        readonly needsReview?: "true" | "false";
        /** @description Starting at this time or later; without a known time: created. */
        readonly from?: string;
        /** @description Starting before this time; without a known time: created. */
        readonly to?: string;
        /** @description `newest`: by `createdAt` descending, then `id`; `oldest`: exactly the other way round. */
        readonly order?: "newest" | "oldest";
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before, with the same other parameters. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of appointments. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["AppointmentPage"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getAppointment: {
    readonly parameters: {
      readonly query?: {
        /** @description As it was known then: by the facts recorded at this time or before (ISO 8601 with an offset, e.g. 2026-03-01T10:00:00Z), or standing at this position of the log or before (digits alone, as in the history). In the future: now. Before the first fact: 404. What is answered for a time that has passed never changes. */
        readonly at?: string;
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The appointment. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Appointment"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is none with this id, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description With `at`: `fact_unreadable`: a fact that this rests on makes no sense to this version; `position` says which. Repeating does not help, an operator has to mend it. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `stream_deleted`: an operator has deleted for good what this rests on. */
      readonly 410: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly putAppointment: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description The same key with the same body changes nothing more; with another body: 409. */
        readonly "idempotency-key"?: string;
      };
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "startsAt": "2027-01-31T09:30:00+01:00"
        *     }
        */
        readonly "application/json": {
          /**
          * Format: date-time
          * @example 2026-01-31T09:30:00+01:00
          */
          readonly startsAt?: string;
          /** @enum {string} */
          readonly status?: "scheduled" | "confirmed" | "rescheduled" | "cancelled";
          readonly note?: string;
        };
      };
    };
    readonly responses: {
      /** @description The appointment. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Appointment"];
        };
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `idempotency_key_reused`: the key came before with another body. `fact_unreadable`: a fact that this rests on makes no sense to this version; `position` says which. Repeating does not help, an operator has to mend it. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `stream_deleted`: an operator has deleted for good what this rests on. */
      readonly 410: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the event store did not confirm; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getAppointmentHistory: {
    readonly parameters: {
      readonly query?: {
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of them; `nextCursor` is null at the end. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["History"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is none with this id, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listTickets: {
    readonly parameters: {
      readonly query?: {
        /** @description Tickets with this status. One of new, qualified, contacted, resolved, closed, or several with commas. */
        readonly status?: string;
        /** @description Whether something is left to be done. */
        readonly active?: "true" | "false";
        /** @description What the analysis says; `null`: nothing that is understood. */
        readonly actionRequired?: "true" | "false" | "null";
        /** @description Tickets whose latest mail is in this state. One of none, queued, sent, failed, not_sent, or several with commas. */
        readonly mail?: string;
        /** @description Retell's call id. */
        readonly callId?: string;
        /** @description Of calls in this session. */
        readonly sessionId?: string;
        /** @description Of calls with this customer. */
        readonly customerId?: string;
        /** @description Of calls in this direction. */
        readonly direction?: "inbound" | "outbound";
        /** @description Created at this time or later. */
        readonly from?: string;
        /** @description Created before this time. */
        readonly to?: string;
        /** @description `newest`: by `createdAt` descending, then `id`; `oldest`: exactly the other way round. */
        readonly order?: "newest" | "oldest";
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before, with the same other parameters. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of tickets. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["TicketPage"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getTicket: {
    readonly parameters: {
      readonly query?: {
        /** @description As it was known then: by the facts recorded at this time or before (ISO 8601 with an offset, e.g. 2026-03-01T10:00:00Z), or standing at this position of the log or before (digits alone, as in the history). In the future: now. Before the first fact: 404. What is answered for a time that has passed never changes. */
        readonly at?: string;
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The ticket. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Ticket"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is none with this id, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description With `at`: `fact_unreadable`: a fact that this rests on makes no sense to this version; `position` says which. Repeating does not help, an operator has to mend it. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `stream_deleted`: an operator has deleted for good what this rests on. */
      readonly 410: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getTicketHistory: {
    readonly parameters: {
      readonly query?: {
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of them; `nextCursor` is null at the end. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["History"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is none with this id, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly setTicketStatus: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description The same key with the same body changes nothing more; with another body: 409. */
        readonly "idempotency-key"?: string;
      };
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "status": "resolved"
        *     }
        */
        readonly "application/json": {
          /** @enum {string} */
          readonly status: "new" | "qualified" | "contacted" | "resolved" | "closed";
          readonly note?: string;
        };
      };
    };
    readonly responses: {
      /** @description The ticket. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Ticket"];
        };
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is no such ticket, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `idempotency_key_reused`: the key came before with another body. `fact_unreadable`: a fact that this rests on makes no sense to this version; `position` says which. Repeating does not help, an operator has to mend it. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `stream_deleted`: an operator has deleted for good what this rests on. */
      readonly 410: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the event store did not confirm; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listCustomers: {
    readonly parameters: {
      readonly query?: {
        /** @description This number: in E.164, e.g. +4930123456, or in a spelling in which it came with a call. */
        readonly phone?: string;
        /** @description `newest`: by `createdAt` descending, then `id`; `oldest`: exactly the other way round. */
        readonly order?: "newest" | "oldest";
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before, with the same other parameters. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of customers. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["CustomerPage"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getCustomer: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The customer. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Customer"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is none with this id, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getSummary: {
    readonly parameters: {
      readonly query?: {
        /** @description From the beginning of this day in `timeZone`, or from this time on. Default: the 30 days up to `to`. E.g. 2026-03-01. */
        readonly from?: string;
        /** @description Up to the end of this day in `timeZone`, or before this time. Default: the end of today. E.g. 2026-03-01. */
        readonly to?: string;
        /** @description E.g. Europe/Berlin. Default: the tenant's, else UTC. */
        readonly timeZone?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The days; those on which nothing was have zeros. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["DailySummary"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getHourlySummary: {
    readonly parameters: {
      readonly query?: {
        /** @description From the hour of this time on. Default: the 24 hours up to `to`. */
        readonly from?: string;
        /** @description Up to the end of the hour before this time. Default: the end of this hour. */
        readonly to?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The hours; those in which nothing was have zeros. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["HourlySummary"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getLiveFeed: {
    readonly parameters: {
      readonly query?: {
        /** @description The `id` of the last event that was received: the feed goes on behind it. Absent: it begins now. */
        readonly cursor?: string;
      };
      readonly header?: {
        /** @description The same, as browsers send it when they reconnect. Goes before `cursor`. */
        readonly "last-event-id"?: string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description For a WebSocket upgrade. */
      readonly 101: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description A stream without end. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "text/event-stream": string;
        };
      };
      /** @description `invalid_request`: a malformed cursor; `errors[]` names it. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: where to begin cannot be read now; `too_many_listeners`. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listOutgoingWebhooks: {
    readonly parameters: {
      readonly query?: {
        /** @description Of this tenant alone; absent: of all. */
        readonly tenantId?: string;
        /** @description `true`: only those that fail. */
        readonly failing?: "true" | "false";
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of them. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly items: readonly components["schemas"]["WebhookEndpointOverview"][];
            readonly nextCursor: string | null;
          };
        };
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not an admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope` */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listWebhookEndpoints: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description All of them: they are 50 at most. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly items: readonly components["schemas"]["WebhookEndpoint"][];
            readonly nextCursor: null;
          };
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly addWebhookEndpoint: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description The same key with the same body changes nothing more; with another body: 409. */
        readonly "idempotency-key"?: string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "url": "https://example.com/hooks/call-ledger",
        *       "events": [
        *         "call.outcome.changed"
        *       ]
        *     }
        */
        readonly "application/json": {
          /** @example https://example.com/hooks/call-ledger */
          readonly url: string;
          /** @description What it is sent. Others come to be: an endpoint gets those it names. */
          readonly events: readonly ("call.outcome.changed" | "appointment.changed" | "ticket.opened" | "ticket.changed")[];
          readonly description?: string;
        };
      };
    };
    readonly responses: {
      /** @description The endpoint, with its secret. */
      readonly 201: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["WebhookEndpointWithSecret"];
        };
      };
      /** @description Not as documented; `url_not_allowed`: not https, with a user name, or no address of the public internet. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_endpoints`: the tenant has 50; `idempotency_key_reused`. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getWebhookEndpoint: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The endpoint. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["WebhookEndpoint"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is no such endpoint, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly removeWebhookEndpoint: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It is gone, with what was queued for it. */
      readonly 204: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is no such endpoint, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly changeWebhookEndpoint: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "state": "paused"
        *     }
        */
        readonly "application/json": {
          /** @example https://example.com/hooks/call-ledger */
          readonly url?: string;
          /** @description What it is sent. Others come to be: an endpoint gets those it names. */
          readonly events?: readonly ("call.outcome.changed" | "appointment.changed" | "ticket.opened" | "ticket.changed")[];
          readonly description?: string | "";
          /** @enum {string} */
          readonly state?: "active" | "paused";
        };
      };
    };
    readonly responses: {
      /** @description The endpoint. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["WebhookEndpoint"];
        };
      };
      /** @description Not as documented; `url_not_allowed`: not https, with a user name, or no address of the public internet. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is no such endpoint, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listWebhookDeliveries: {
    readonly parameters: {
      readonly query?: {
        /** @description `dead`: given up. */
        readonly state?: "pending" | "delivered" | "dead";
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before, with the same `state`. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of them. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly items: readonly components["schemas"]["WebhookDelivery"][];
            readonly nextCursor: string | null;
          };
        };
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is no such endpoint, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly retryWebhookDelivery: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
        readonly deliveryId: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It is sent at once, or when the endpoint is active again. */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["WebhookDelivery"];
        };
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: the endpoint has no such delivery, or is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly replayToWebhookEndpoint: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "from": "2026-11-30T00:00:00Z"
        *     }
        */
        readonly "application/json": {
          /** @description A time, inclusive; or a position of the log, exclusive. */
          readonly from: string;
        };
      };
    };
    readonly responses: {
      /** @description So many are sent, or when the endpoint is active again. */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly count: number;
          };
        };
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is no such endpoint, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly rotateWebhookSecret: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The endpoint, with its new secret. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["WebhookEndpointWithSecret"];
        };
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is no such endpoint, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly testWebhookEndpoint: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It is sent at once. */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["WebhookDelivery"];
        };
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no write scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: there is no such endpoint, or it is not yours. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly placeCall: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description The same key with the same body changes nothing more; with another body: 409. */
        readonly "idempotency-key"?: string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "fromNumber": "+442079460018",
        *       "toNumber": "+447700900123",
        *       "appointmentId": "apt_987"
        *     }
        */
        readonly "application/json": {
          /**
          * @description A number of yours at Retell.
          * @example +442079460018
          */
          readonly fromNumber: string;
          /**
          * @description E.164, or national in the tenant's default region. Kept and dialled as E.164.
          * @example +447700900123
          */
          readonly toNumber: string;
          /** @description Absent: the agent that is bound to `fromNumber`. */
          readonly agentId?: string;
          readonly appointmentId?: string;
          readonly contactId?: string;
          /** @description One call session is dialled once, however often it is asked for. Absent: one is made. */
          readonly callSessionId?: string;
          /** @description Dynamic variables of the agent. Numbers and booleans are sent as text. */
          readonly variables?: {
            readonly [key: string]: string | number | boolean;
          };
        };
      };
    };
    readonly responses: {
      /** @description The session. */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["CallSession"];
        };
      };
      /** @description Not as documented; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `retell_payment_required`. */
      readonly 402: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the key has neither `call` nor `write`, or the tenant asks for `call`; `destination_not_allowed`. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `retell_not_configured`, `retell_key_rejected`; `call_session_exists`: the session was requested with other content; `idempotency_key_reused`: the key came before with another body. `fact_unreadable`: a fact that this rests on makes no sense to this version; `position` says which. Repeating does not help, an operator has to mend it. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `stream_deleted`: an operator has deleted for good what this rests on. */
      readonly 410: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `retell_invalid_request`, `retell_not_found`, `retell_refused`: Retell refused. */
      readonly 422: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `retell_rate_limited`, `retell_concurrency_limit`, `daily_limit_reached`; with Retry-After. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: repeat the request; `retell_unreachable`, `request_expired`, `not_placed`: nobody was called. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly forgetClosedSecrets: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description What was given up */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Forgotten"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly resealSecrets: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description What was done */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Resealed"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listTenants: {
    readonly parameters: {
      readonly query?: {
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of them; `nextCursor` is null at the end */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly items: readonly components["schemas"]["Tenant"][];
            readonly nextCursor: string | null;
          };
        };
      };
      /** @description Not as documented */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getTenant: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The tenant */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Tenant"];
        };
      };
      /** @description Not as documented */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No such tenant or key */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly putTenant: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "name": "Acme Dental",
        *       "timeZone": "Europe/Berlin",
        *       "defaultRegion": "DE"
        *     }
        */
        readonly "application/json": {
          readonly name?: string;
          /** @example Europe/Berlin */
          readonly timeZone?: string;
          /** @example DE */
          readonly defaultRegion?: string;
          readonly mail?: {
            readonly enabled: boolean;
            readonly recipients: readonly string[];
          };
          readonly acceptUntimestampedSignature?: boolean;
          /** @description The tenant's own names of analysis fields: our name → theirs. */
          readonly fieldNames?: {
            readonly [key: string]: readonly string[];
          };
          /** @description What an inbound ticket becomes when nobody knows whether something is to be done; of calls from now on. */
          readonly qualification?: {
            /** @enum {string} */
            readonly qualified?: "new" | "qualified" | "contacted" | "resolved" | "closed";
            /** @enum {string} */
            readonly successful?: "new" | "qualified" | "contacted" | "resolved" | "closed";
            /** @enum {string} */
            readonly conversation?: "new" | "qualified" | "contacted" | "resolved" | "closed";
            /** @enum {string} */
            readonly unanswered?: "new" | "qualified" | "contacted" | "resolved" | "closed";
          };
          /**
          * @description Agent id → the endpoint that its calls belong to where Retell had to be asked for them; a delivery of the call itself goes before. Absent: where the calls of the agent last came in.
          * @example {
          *       "agent_5f0c2b1e": "retell-inbound-ticket"
          *     }
          */
          readonly agentEndpoints?: {
            readonly [key: string]: "retell" | "retell-inbound-ticket" | "retell-outbound-ticket";
          };
          /**
          * @description Limits of placing calls: `countries` that may be called (absent: all), how many `perDay` of `timeZone` (absent: any number), and whether a key `needsScope` `call` for it (absent: `write` is enough).
          * @example {
          *       "countries": [
          *         "GB",
          *         "IE"
          *       ],
          *       "perDay": 500,
          *       "needsScope": true
          *     }
          */
          readonly calls?: {
            readonly countries?: readonly string[];
            readonly perDay?: number;
            readonly needsScope?: boolean;
          };
          /**
          * @description Days after the end of a call until its personal data, or its signed bytes, are erased by themselves. Absent: never.
          * @example {
          *       "personalDays": 365,
          *       "evidenceDays": 90
          *     }
          */
          readonly retention?: {
            readonly personalDays?: number;
            readonly evidenceDays?: number;
          };
          /** @description Stored encrypted; never shown again. */
          readonly retellApiKey?: string;
        };
      };
    };
    readonly responses: {
      /** @description The tenant */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Tenant"];
        };
      };
      /** @description Not as documented */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly patchTenant: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "timeZone": "Europe/Berlin"
        *     }
        */
        readonly "application/json": {
          readonly name?: string | null;
          /** @example Europe/Berlin */
          readonly timeZone?: string | null;
          /** @example DE */
          readonly defaultRegion?: string | null;
          readonly mail?: {
            readonly enabled?: boolean;
            readonly recipients?: readonly string[];
          } | null;
          readonly acceptUntimestampedSignature?: boolean | null;
          readonly fieldNames?: {
            readonly [key: string]: readonly string[] | null;
          } | null;
          readonly qualification?: {
            /** @enum {string|null} */
            readonly qualified?: "new" | "qualified" | "contacted" | "resolved" | "closed" | null;
            /** @enum {string|null} */
            readonly successful?: "new" | "qualified" | "contacted" | "resolved" | "closed" | null;
            /** @enum {string|null} */
            readonly conversation?: "new" | "qualified" | "contacted" | "resolved" | "closed" | null;
            /** @enum {string|null} */
            readonly unanswered?: "new" | "qualified" | "contacted" | "resolved" | "closed" | null;
          } | null;
          readonly agentEndpoints?: {
            readonly [key: string]: "retell" | "retell-inbound-ticket" | "retell-outbound-ticket" | null;
          } | null;
          readonly calls?: {
            readonly countries?: readonly string[] | null;
            readonly perDay?: number | null;
            readonly needsScope?: boolean | null;
          } | null;
          readonly retention?: {
            readonly personalDays?: number | null;
            readonly evidenceDays?: number | null;
          } | null;
          /** @description Stored encrypted; never shown again. */
          readonly retellApiKey?: string | null;
        };
      };
    };
    readonly responses: {
      /** @description The tenant */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Tenant"];
        };
      };
      /** @description Not as documented */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No such tenant or key */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly issueApiKey: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "name": "desk console",
        *       "scopes": [
        *         "read"
        *       ]
        *     }
        */
        readonly "application/json": {
          /**
          * @description What it is for; a list shows it.
          * @example desk console
          */
          readonly name?: string;
          readonly scopes: readonly ("read" | "write" | "call")[];
        };
      };
    };
    readonly responses: {
      /** @description The key, once */
      readonly 201: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /**
            * @description What it is for; a list shows it.
            * @example desk console
            */
            readonly name?: string;
            readonly scopes: readonly ("read" | "write" | "call")[];
            readonly keyId: string;
            readonly key: string;
          };
        };
      };
      /** @description Not as documented */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No such tenant or key */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly revokeApiKey: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
        readonly keyId: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It opens nothing any more */
      readonly 204: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Not as documented */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No such tenant or key */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly addWebhookKey: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "key": "the-api-key-with-the-webhook-badge"
        *     }
        */
        readonly "application/json": {
          readonly key: string;
        };
      };
    };
    readonly responses: {
      /** @description In force; the same key again has the same id */
      readonly 201: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly keyId: string;
          };
        };
      };
      /** @description Not as documented */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No such tenant or key */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_webhook_keys`: two are active; retire one first. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly retireWebhookKey: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
        readonly keyId: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It verifies nothing any more */
      readonly 204: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Not as documented */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No such tenant or key */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The key is in force because RETELL_WEBHOOK_SECRET holds it */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listAdminKeys: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Those that were not revoked */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly items: readonly components["schemas"]["AdminKey"][];
          };
        };
      };
      /** @description Not an admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly issueAdminKey: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "name": "on-call",
        *       "scopes": [
        *         "operations"
        *       ]
        *     }
        */
        readonly "application/json": {
          /**
          * @description Whose it is, or what for; the audit trail shows it.
          * @example on-call
          */
          readonly name: string;
          /** @description `tenants`: settings and keys of tenants; `operations`: projections, parked streams, quarantine, reconciliation, mails; `personal`: exports, bodies in quarantine, previews of mails, all of a person; `audit`: who did what; `erasure`: erasing people. */
          readonly scopes: readonly ("tenants" | "operations" | "personal" | "audit" | "erasure")[];
          /**
          * Format: date-time
          * @description It opens nothing from then on.
          */
          readonly expiresAt?: string;
        };
      };
    };
    readonly responses: {
      /** @description The key, once */
      readonly 201: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["IssuedAdminKey"];
        };
      };
      /** @description Not as documented */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not an admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly revokeAdminKey: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly keyId: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It opens nothing any more */
      readonly 204: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Not an admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_key` */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listAudit: {
    readonly parameters: {
      readonly query?: {
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of them */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly items: readonly components["schemas"]["AuditItem"][];
            readonly nextCursor: string | null;
          };
        };
      };
      /** @description `invalid_request` */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not an admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope` */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: it did not confirm; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listErasures: {
    readonly parameters: {
      readonly query?: {
        /** @description Of this tenant alone; absent: of all. */
        readonly tenantId?: string;
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of them. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly items: readonly components["schemas"]["Erasure"][];
            readonly nextCursor: string | null;
          };
        };
      };
      /** @description `invalid_request`: not as documented; `errors[]` names each fault. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not an admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the admin key lacks the scope `erasure`. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable` or `database_unavailable`: repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly erasePerson: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /** @description The same key with the same body changes nothing more; with another body: 409. */
        readonly "idempotency-key"?: string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "tenantId": "acme",
        *       "phone": "+4930123456",
        *       "reason": "request of 12 May, case 4711"
        *     }
        */
        readonly "application/json": {
          readonly tenantId: string;
          /**
          * @description Every call from or to it. In E.164, or national in the tenant's default region.
          * @example +4930123456
          */
          readonly phone?: string;
          readonly customerId?: string;
          /** @description Retell's id: this call alone. */
          readonly callId?: string;
          /** @description This session alone. */
          readonly callSessionId?: string;
          /**
          * @description Kept for good: name nobody.
          * @example request of 12 May, case 4711
          */
          readonly reason?: string;
          /** @description Has Retell delete its calls as well. */
          readonly deleteAtRetell?: boolean;
        };
      };
    };
    readonly responses: {
      /** @description It is recorded, and begins. */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Erasure"];
        };
      };
      /** @description `invalid_request`: not as documented; `errors[]` names each fault. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not an admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the admin key lacks the scope `erasure`. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_tenant`, or `not_found`: there is none with this id. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `idempotency_key_reused`: the key came before with another body. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable` or `database_unavailable`: repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getErasure: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The erasure. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Erasure"];
        };
      };
      /** @description `invalid_request`: not as documented; `errors[]` names each fault. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not an admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the admin key lacks the scope `erasure`. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found` */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable` or `database_unavailable`: repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getPerson: {
    readonly parameters: {
      readonly query: {
        /** @description In E.164, or national in the tenant's default region. */
        readonly phone: string;
        /** @description `zip`: `person.json` and `recordings.txt`, the links to recordings, which are not fetched. */
        readonly format?: "json" | "zip";
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description All of it; arrays, empty where there is nothing. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Person"];
          readonly "application/zip": unknown;
        };
      };
      /** @description `invalid_request`: no possible phone number. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not an admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the admin key lacks the scope `personal`. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_tenant` */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable` or `database_unavailable`: repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getDelivery: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The delivery. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["RecordedDelivery"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: no fact is at this position and nothing is in quarantine under this id, or nothing was signed. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly exportFacts: {
    readonly parameters: {
      readonly query?: {
        /** @description A time: from the first fact recorded then or later. A position: after it. Absent: all. E.g. 2026-01-01T00:00:00Z. */
        readonly from?: string;
        /** @description A time: up to the first fact recorded then or later, without it. A position: up to it. E.g. 2026-01-01T00:00:00Z. */
        readonly to?: string;
        /** @description Only what belongs to it. Absent: all. */
        readonly tenant?: string;
        /** @description `head` of an earlier export: nothing behind it. Absent: the head now. */
        readonly head?: string;
        /** @description Whether the signed bytes come along. Default: true. */
        readonly evidence?: "true" | "false";
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The lines. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/x-ndjson": {
            /** @enum {string} */
            readonly kind: "header";
            /** @enum {string} */
            readonly format: "call-ledger-export";
            /** @enum {number} */
            readonly version: 1;
            readonly from: string | null;
            readonly to: string | null;
            readonly tenant: string | null;
            readonly evidence: boolean;
            readonly head: string;
            /** Format: date-time */
            readonly created: string;
            readonly sha256: string;
          } | {
            /** @enum {string} */
            readonly kind: "fact";
            readonly position: string;
            readonly stream: string;
            readonly revision: string;
            readonly id: string;
            readonly type: string;
            /** Format: date-time */
            readonly recordedAt: string;
            readonly data?: unknown;
            readonly dataBase64?: string;
            readonly dataSha256?: string;
            readonly metadata?: unknown;
            readonly sha256: string;
          } | {
            /** @enum {string} */
            readonly kind: "evidence";
            readonly deliveryId: string;
            /** @enum {string} */
            readonly verdict: "verified" | "failed" | "expired";
            readonly bodySha256: string;
            readonly bytes: number;
            readonly keyId?: string;
            readonly signatureHeader?: string;
            /** Format: date-time */
            readonly receivedAt?: string;
            readonly bodyBase64?: string;
            readonly sha256: string;
          } | {
            /** @enum {string} */
            readonly kind: "footer";
            readonly facts: number;
            readonly evidence: number;
            readonly expired: number;
            readonly digest: string;
            readonly sha256: string;
          } | {
            /** @enum {string} */
            readonly kind: "broken";
            readonly code: string;
            readonly sha256: string;
          };
        };
      };
      /** @description `invalid_request`: a malformed or unknown parameter. `range_beyond_log`: the log ends before `from` or `head`. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_tenant` */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: as many exports, of this tenant or of all, are under way as may be at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getExportDigest: {
    readonly parameters: {
      readonly query?: {
        /** @description A time: from the first fact recorded then or later. A position: after it. Absent: all. E.g. 2026-01-01T00:00:00Z. */
        readonly from?: string;
        /** @description A time: up to the first fact recorded then or later, without it. A position: up to it. E.g. 2026-01-01T00:00:00Z. */
        readonly to?: string;
        /** @description Only what belongs to it. Absent: all. */
        readonly tenant?: string;
        /** @description `head` of an earlier export: nothing behind it. Absent: the head now. */
        readonly head?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Count and digest. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly facts: number;
            /** @description What the footer of an export of this range says. */
            readonly digest: string;
          };
        };
      };
      /** @description `invalid_request`: a malformed or unknown parameter. `range_beyond_log`: the log ends before `from` or `head`. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_tenant` */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: as many exports, of this tenant or of all, are under way as may be at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getCoverage: {
    readonly parameters: {
      readonly query?: {
        /** @description Days from this time on. Default: 30 days before `to`. */
        readonly from?: string;
        /** @description Days before this time. Default: now. */
        readonly to?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description One item for each day with calls. */
      readonly 200: {
        headers: {
          /** @description For `If-None-Match`. */
          readonly ETag?: string;
          /** @description For how many seconds the log has had something that this does not show yet: `0` mostly. `unknown` while the log cannot be read. */
          readonly "x-read-model-lag"?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Coverage"];
        };
      };
      /** @description Unchanged since the answer whose ETag `If-None-Match` names. */
      readonly 304: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unauthorized`: no API key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: the API key has no read scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `too_many_requests`: more at once than is this tenant's share. Send fewer at once. */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`; `read_model_unavailable`: it has not come so far yet. Try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getReconciliation: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description How it stands. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["ReconciliationState"];
        };
      };
      /** @description `invalid_request`: not as documented; `errors[]` names each fault. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly beginReconciliation: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "tenant": "default",
        *       "since": "2026-11-30T00:00:00Z"
        *     }
        */
        readonly "application/json": {
          /** @description Of this tenant alone; absent: of all. */
          readonly tenant?: string;
          /** Format: date-time */
          readonly since?: string;
          /** Format: date-time */
          readonly to?: string;
        };
      };
    };
    readonly responses: {
      /** @description It has begun. */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["ReconciliationState"];
        };
      };
      /** @description `invalid_request`: not as documented; `errors[]` names each fault. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_tenant` */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `busy`: a run is under way, here or in another process */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Body over 64 KiB. */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not JSON. */
      readonly 415: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getCoverageOfAll: {
    readonly parameters: {
      readonly query?: {
        /** @description Days from this time on. Default: 30 days before `to`. */
        readonly from?: string;
        /** @description Days before this time. Default: now. */
        readonly to?: string;
        /** @description Of this tenant alone; absent: of all. */
        readonly tenantId?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description One item for each tenant and day with calls. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Coverage"];
        };
      };
      /** @description `invalid_request`: not as documented; `errors[]` names each fault. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listQuarantine: {
    readonly parameters: {
      readonly query?: {
        /** @description Of this tenant alone; absent: of all. */
        readonly tenantId?: string;
        /** @description Why it could not be understood. One of not_json, schema_invalid, too_deep, too_many_fields, call_id_invalid, not_a_call, untranslatable, tenant_mismatch, stream_deleted, or several with commas. */
        readonly reason?: string;
        /** @description `true`: only those that a retry has released; `all`: both, and those that were erased. */
        readonly released?: "true" | "false" | "all";
        /** @description `newest`: by `createdAt` descending, then `id`; `oldest`: exactly the other way round. */
        readonly order?: "newest" | "oldest";
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before, with the same other parameters. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of them. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["QuarantinePage"];
        };
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`: try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getQuarantined: {
    readonly parameters: {
      readonly query?: {
        /** @description Of the body, at most. */
        readonly maxBytes?: number;
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The delivery. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["QuarantineReview"];
        };
      };
      /** @description `invalid_request`: a malformed or unknown parameter; `errors[]` names each. */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: nothing is in quarantine under this id */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable` or `event_store_unavailable`: try again after `Retry-After` seconds. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly retryQuarantined: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description What became of it */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["QuarantineRetry"];
        };
      };
      /** @description Not the admin key */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: nothing is in quarantine under this id */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the event store did not confirm; repeat the request */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getWebhookHealth: {
    readonly parameters: {
      readonly query?: {
        /** @description Of this tenant alone; absent: of all. */
        readonly tenantId?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The counts. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["WebhookHealth"];
        };
      };
      /** @description `invalid_request` */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not an admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope` */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listMailDeadLetters: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description All of them; there are no pages. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["MailDeadLetters"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly previewTicketMail: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
        readonly ticketId: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The mail. Personal data. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["TicketMail"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_ticket`. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `fact_unreadable`: a fact that this rests on makes no sense to this version; `position` says which. Repeating does not help, an operator has to mend it. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `stream_deleted`: an operator has deleted for good what this rests on. */
      readonly 410: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly redriveTicketMail: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
        readonly ticketId: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description What came of it. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /** @enum {string} */
            readonly outcome: "redriven" | "nothing_to_send" | "already_sent";
          };
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_ticket`. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `fact_unreadable`: a fact that this rests on makes no sense to this version; `position` says which. Repeating does not help, an operator has to mend it. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `stream_deleted`: an operator has deleted for good what this rests on. */
      readonly 410: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A store does not answer; repeat the request. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listOperations: {
    readonly parameters: {
      readonly query?: {
        /** @description Items per page. */
        readonly limit?: number;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The newest. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Operations"];
        };
      };
      /** @description `invalid_request` */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: Postgres does not answer, or this process has none. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getOperation: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description As it stands. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Operation"];
        };
      };
      /** @description `invalid_request` */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_operation` */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: Postgres does not answer, or this process has none. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly cancelOperation: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It is cancelled. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Operation"];
        };
      };
      /** @description `invalid_request` */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_operation` */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `operation_over`: it has succeeded or failed. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: Postgres does not answer, or this process has none. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listParked: {
    readonly parameters: {
      readonly query?: {
        /** @description In this projection alone. */
        readonly projection?: string;
        /** @description Items per page. */
        readonly limit?: number;
        /** @description The `nextCursor` of the page before. */
        readonly cursor?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of them. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["ParkedPage"];
        };
      };
      /** @description `invalid_request` */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: Postgres does not answer, or this process has none. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getParked: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["ParkedDetail"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: nothing is parked under this id. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: Postgres does not answer, or this process has none. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly redriveParked: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description What came of it. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["ParkedRedrive"];
        };
      };
      /** @description It is requested, and will be tried as soon as a process leads the projection. */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["ParkedRedrive"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `not_found`: nothing is parked under this id. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: Postgres does not answer, or this process has none. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly listProjections: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description All. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Projections"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: Postgres does not answer, or this process has none. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly acceptParked: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        /** @description Of the projection, or of one of its views, as `tickets`. */
        readonly name: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It goes on within seconds. `parked`: streams so far. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["ParkedAccepted"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_projection`; the detail names those there are. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `nothing_is_built`: no release builds this projection now. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: Postgres does not answer, or this process has none. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly rebuildProjection: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        /** @description Of the projection, or of one of its views, as `tickets`. */
        readonly name: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: {
      readonly content: {
        /**
        * @example {
        *       "acceptParked": false
        *     }
        */
        readonly "application/json": components["schemas"]["RebuildOrder"];
      };
    };
    readonly responses: {
      /** @description It is queued: GET /api/operations/{id}. */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Requested"];
        };
      };
      /** @description `invalid_request` */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_projection`; the detail names those there are. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `operation_under_way`, with its `operationId`; or `nothing_to_swap_back`. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: Postgres does not answer, or this process has none. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly swapBackProjection: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        /** @description Of the projection, or of one of its views, as `tickets`. */
        readonly name: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It is queued: GET /api/operations/{id}. */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Requested"];
        };
      };
      /** @description `invalid_request` */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_projection`; the detail names those there are. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `operation_under_way`, with its `operationId`; or `nothing_to_swap_back`. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: Postgres does not answer, or this process has none. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly verifyProjection: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        /** @description Of the projection, or of one of its views, as `tickets`. */
        readonly name: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It is queued: GET /api/operations/{id}. */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Requested"];
        };
      };
      /** @description `invalid_request` */
      readonly 400: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `unknown_projection`; the detail names those there are. */
      readonly 404: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `operation_under_way`, with its `operationId`; or `nothing_to_swap_back`. */
      readonly 409: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `database_unavailable`: Postgres does not answer, or this process has none. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getMe: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The tenant of an API key, or what an admin key may do. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Me"];
        };
      };
      /** @description `unauthorized`: no key, or an unknown or revoked one. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the keys have not been read yet. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly examineOutside: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description What they answered. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Outside"];
        };
      };
      /** @description Not the admin key. */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `missing_scope`: a named admin key without the scope. */
      readonly 403: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly getDocs: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page that works offline. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "text/html": string;
        };
      };
    };
  };
  readonly getLiveness: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It does. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Liveness"];
        };
      };
    };
  };
  readonly getReadiness: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Ready. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Readiness"];
        };
      };
      /** @description Not ready; the checks say why. */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": components["schemas"]["Readiness"];
        };
      };
    };
  };
  readonly getMetrics: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Prometheus text format 0.0.4. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "text/plain": string;
        };
      };
    };
  };
  readonly getOpenApiDocument: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description OpenAPI 3.1, of every role; `x-roles` names those that answer, where not every process does. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly [key: string]: unknown;
          };
        };
      };
    };
  };
  readonly receiveWebhook: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description HMAC-SHA256 of the body and v */
        readonly "x-retell-signature": string;
        /** @description Where neither path nor subdomain names it */
        readonly "x-tenant-id"?: string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "event": "call_started",
        *       "call": {
        *         "call_id": "call_5f0c2b1e",
        *         "call_type": "phone_call"
        *       }
        *     }
        */
        readonly "application/json": components["schemas"]["RetellWebhook"];
      };
    };
    readonly responses: {
      /** @description To `call_inbound`: the call goes on with the agent it is bound to. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly call_inbound: Record<string, never>;
          };
        };
      };
      /** @description Recorded: the fact is on disk. Also duplicates, unknown events and quarantined bodies. */
      readonly 204: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `sig_missing`, `sig_malformed`, `sig_stale` or `sig_mismatch`; unknown tenants too */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_slow` */
      readonly 408: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_large` */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `rate_limited`: too many unverified requests from this address; see Retry-After */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the event store did not confirm; see Retry-After */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly receiveInboundTicketWebhook: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description HMAC-SHA256 of the body and v */
        readonly "x-retell-signature": string;
        /** @description Where neither path nor subdomain names it */
        readonly "x-tenant-id"?: string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "event": "call_started",
        *       "call": {
        *         "call_id": "call_5f0c2b1e",
        *         "call_type": "phone_call"
        *       }
        *     }
        */
        readonly "application/json": components["schemas"]["RetellWebhook"];
      };
    };
    readonly responses: {
      /** @description To `call_inbound`: the call goes on with the agent it is bound to. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly call_inbound: Record<string, never>;
          };
        };
      };
      /** @description Recorded: the fact is on disk. Also duplicates, unknown events and quarantined bodies. */
      readonly 204: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `sig_missing`, `sig_malformed`, `sig_stale` or `sig_mismatch`; unknown tenants too */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_slow` */
      readonly 408: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_large` */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `rate_limited`: too many unverified requests from this address; see Retry-After */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the event store did not confirm; see Retry-After */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly receiveOutboundTicketWebhook: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description HMAC-SHA256 of the body and v */
        readonly "x-retell-signature": string;
        /** @description Where neither path nor subdomain names it */
        readonly "x-tenant-id"?: string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "event": "call_started",
        *       "call": {
        *         "call_id": "call_5f0c2b1e",
        *         "call_type": "phone_call"
        *       }
        *     }
        */
        readonly "application/json": components["schemas"]["RetellWebhook"];
      };
    };
    readonly responses: {
      /** @description To `call_inbound`: the call goes on with the agent it is bound to. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly call_inbound: Record<string, never>;
          };
        };
      };
      /** @description Recorded: the fact is on disk. Also duplicates, unknown events and quarantined bodies. */
      readonly 204: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `sig_missing`, `sig_malformed`, `sig_stale` or `sig_mismatch`; unknown tenants too */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_slow` */
      readonly 408: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_large` */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `rate_limited`: too many unverified requests from this address; see Retry-After */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the event store did not confirm; see Retry-After */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly receiveWebhookOfTenant: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description HMAC-SHA256 of the body and v */
        readonly "x-retell-signature": string;
      };
      readonly path: {
        readonly tenant: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "event": "call_started",
        *       "call": {
        *         "call_id": "call_5f0c2b1e",
        *         "call_type": "phone_call"
        *       }
        *     }
        */
        readonly "application/json": components["schemas"]["RetellWebhook"];
      };
    };
    readonly responses: {
      /** @description To `call_inbound`: the call goes on with the agent it is bound to. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly call_inbound: Record<string, never>;
          };
        };
      };
      /** @description Recorded: the fact is on disk. Also duplicates, unknown events and quarantined bodies. */
      readonly 204: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `sig_missing`, `sig_malformed`, `sig_stale` or `sig_mismatch`; unknown tenants too */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_slow` */
      readonly 408: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_large` */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `rate_limited`: too many unverified requests from this address; see Retry-After */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the event store did not confirm; see Retry-After */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly receiveInboundTicketWebhookOfTenant: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description HMAC-SHA256 of the body and v */
        readonly "x-retell-signature": string;
      };
      readonly path: {
        readonly tenant: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "event": "call_started",
        *       "call": {
        *         "call_id": "call_5f0c2b1e",
        *         "call_type": "phone_call"
        *       }
        *     }
        */
        readonly "application/json": components["schemas"]["RetellWebhook"];
      };
    };
    readonly responses: {
      /** @description To `call_inbound`: the call goes on with the agent it is bound to. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly call_inbound: Record<string, never>;
          };
        };
      };
      /** @description Recorded: the fact is on disk. Also duplicates, unknown events and quarantined bodies. */
      readonly 204: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `sig_missing`, `sig_malformed`, `sig_stale` or `sig_mismatch`; unknown tenants too */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_slow` */
      readonly 408: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_large` */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `rate_limited`: too many unverified requests from this address; see Retry-After */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the event store did not confirm; see Retry-After */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly receiveOutboundTicketWebhookOfTenant: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description HMAC-SHA256 of the body and v */
        readonly "x-retell-signature": string;
      };
      readonly path: {
        readonly tenant: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        /**
        * @example {
        *       "event": "call_started",
        *       "call": {
        *         "call_id": "call_5f0c2b1e",
        *         "call_type": "phone_call"
        *       }
        *     }
        */
        readonly "application/json": components["schemas"]["RetellWebhook"];
      };
    };
    readonly responses: {
      /** @description To `call_inbound`: the call goes on with the agent it is bound to. */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly call_inbound: Record<string, never>;
          };
        };
      };
      /** @description Recorded: the fact is on disk. Also duplicates, unknown events and quarantined bodies. */
      readonly 204: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `sig_missing`, `sig_malformed`, `sig_stale` or `sig_mismatch`; unknown tenants too */
      readonly 401: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_slow` */
      readonly 408: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `body_too_large` */
      readonly 413: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `rate_limited`: too many unverified requests from this address; see Retry-After */
      readonly 429: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description `event_store_unavailable`: the event store did not confirm; see Retry-After */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
  readonly receiveCallOutcomeChanged: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description The same across retries and replays: know repeats by it. */
        readonly "webhook-id": string;
        /** @description Seconds since 1970, of this attempt. */
        readonly "webhook-timestamp": string;
        /** @description `v1,` and the HMAC-SHA256, in Base64, of `<webhook-id>.<webhook-timestamp>.<body>` under the secret; several with spaces while it is rotated. */
        readonly "webhook-signature": string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: {
      readonly content: {
        readonly "application/json": {
          /** @enum {string} */
          readonly type: "call.outcome.changed";
          /**
          * Format: date-time
          * @description When the change was recorded.
          */
          readonly timestamp: string;
          readonly data: components["schemas"]["OutcomeChanged"];
        };
      };
    };
    readonly responses: {
      /** @description Received, within 15 seconds. 410: never again. */
      readonly "2XX": {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  readonly receiveAppointmentChanged: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description The same across retries and replays: know repeats by it. */
        readonly "webhook-id": string;
        /** @description Seconds since 1970, of this attempt. */
        readonly "webhook-timestamp": string;
        /** @description `v1,` and the HMAC-SHA256, in Base64, of `<webhook-id>.<webhook-timestamp>.<body>` under the secret; several with spaces while it is rotated. */
        readonly "webhook-signature": string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: {
      readonly content: {
        readonly "application/json": {
          /** @enum {string} */
          readonly type: "appointment.changed";
          /**
          * Format: date-time
          * @description When the change was recorded.
          */
          readonly timestamp: string;
          readonly data: components["schemas"]["AppointmentChanged"];
        };
      };
    };
    readonly responses: {
      /** @description Received, within 15 seconds. 410: never again. */
      readonly "2XX": {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  readonly receiveTicketOpened: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description The same across retries and replays: know repeats by it. */
        readonly "webhook-id": string;
        /** @description Seconds since 1970, of this attempt. */
        readonly "webhook-timestamp": string;
        /** @description `v1,` and the HMAC-SHA256, in Base64, of `<webhook-id>.<webhook-timestamp>.<body>` under the secret; several with spaces while it is rotated. */
        readonly "webhook-signature": string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: {
      readonly content: {
        readonly "application/json": {
          /** @enum {string} */
          readonly type: "ticket.opened";
          /**
          * Format: date-time
          * @description When the change was recorded.
          */
          readonly timestamp: string;
          readonly data: components["schemas"]["Ticket"];
        };
      };
    };
    readonly responses: {
      /** @description Received, within 15 seconds. 410: never again. */
      readonly "2XX": {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  readonly receiveTicketChanged: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description The same across retries and replays: know repeats by it. */
        readonly "webhook-id": string;
        /** @description Seconds since 1970, of this attempt. */
        readonly "webhook-timestamp": string;
        /** @description `v1,` and the HMAC-SHA256, in Base64, of `<webhook-id>.<webhook-timestamp>.<body>` under the secret; several with spaces while it is rotated. */
        readonly "webhook-signature": string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: {
      readonly content: {
        readonly "application/json": {
          /** @enum {string} */
          readonly type: "ticket.changed";
          /**
          * Format: date-time
          * @description When the change was recorded.
          */
          readonly timestamp: string;
          readonly data: components["schemas"]["Ticket"];
        };
      };
    };
    readonly responses: {
      /** @description Received, within 15 seconds. 410: never again. */
      readonly "2XX": {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  readonly receiveEndpointTest: {
    readonly parameters: {
      readonly query?: never;
      readonly header: {
        /** @description The same across retries and replays: know repeats by it. */
        readonly "webhook-id": string;
        /** @description Seconds since 1970, of this attempt. */
        readonly "webhook-timestamp": string;
        /** @description `v1,` and the HMAC-SHA256, in Base64, of `<webhook-id>.<webhook-timestamp>.<body>` under the secret; several with spaces while it is rotated. */
        readonly "webhook-signature": string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: {
      readonly content: {
        readonly "application/json": {
          /** @enum {string} */
          readonly type: "endpoint.test";
          /**
          * Format: date-time
          * @description When the change was recorded.
          */
          readonly timestamp: string;
          readonly data: {
            readonly tenantId: string;
          };
        };
      };
    };
    readonly responses: {
      /** @description Received, within 15 seconds. 410: never again. */
      readonly "2XX": {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
}
