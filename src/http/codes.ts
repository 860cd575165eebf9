/** Every `code` of a problem, with a sentence for its reader. A release may add some; none is renamed or taken away. */
export const codes = {
  // What is wrong with the request.
  invalid_request: 'The request is not as documented; `errors[]` names each parameter or field.',
  unrecordable:
    'What was sent could not be read back from the log, so nothing was recorded; `errors[]` names the field.',
  range_beyond_log: 'The export was asked to begin behind the end of the log.',
  refused: 'The request was refused before it was read; `detail` says why.',
  method_not_allowed: 'The resource exists and does not answer this method; `Allow` names those that it does.',
  unsupported_media_type: 'The body must be sent as `application/json`.',
  body_too_large: 'The body is larger than is taken here.',
  body_too_slow: 'The body did not arrive in time.',
  client_gone: 'The connection ended before the body did.',

  // Whose request it is.
  unauthorized: 'There is no key, or it is unknown or revoked, or it is a key of the other kind; `detail` says which.',
  missing_scope: 'The key is known and lacks the scope that this needs.',
  forbidden: 'This may not be done with this request.',
  rate_limited: 'Too many requests from this address; `Retry-After` says when to come again.',
  too_many_requests: 'The tenant asks for more at once than is answered; `Retry-After` says when to come again.',
  too_many_listeners: 'As many clients listen to the live feed as there is place for.',

  // What was asked for.
  not_found: 'There is none with this id, or it is not yours.',
  role_not_here: 'Another process answers this: `detail` names the roles that do.',
  unknown_tenant: 'No tenant has this id.',
  unknown_key: 'The tenant, or the service, has no key with this id.',
  unknown_projection: 'No projection has this name.',
  unknown_operation: 'No operation has this id, or it was long ago.',
  unknown_ticket: 'There is no such ticket.',
  erased: 'The person that this was about is erased.',
  stream_deleted: 'An operator has deleted for good what this rests on.',
  fact_unreadable:
    'A fact that this rests on makes no sense to this version; `position` says which, and an operator has to mend it.',

  // What is in the way.
  idempotency_key_reused: 'The Idempotency-Key came before with another body; use a new one for a new change.',
  call_session_exists: 'The `callSessionId` was requested before with other content.',
  no_call_yet: 'The session has no call yet, so there is nothing to archive.',
  busy: 'The same is being done just now; try again.',
  key_from_environment: 'The webhook key is in force through `RETELL_WEBHOOK_SECRET`; take it out there.',
  too_many_webhook_keys: 'Two webhook keys are active, which is enough for a rotation; retire one first.',
  url_not_allowed: 'Nothing may be sent to this address; `detail` says why.',
  too_many_endpoints: 'The tenant has as many webhook endpoints as it may have.',
  operation_under_way: 'Another operation on this projection is under way; `operationId` says which.',
  operation_over: 'The operation has ended already.',
  nothing_is_built: 'No rebuild of the projection is under way that could be taken over.',
  nothing_to_swap_back: 'There is no previous generation to go back to.',

  // What a webhook's signature lacks.
  sig_missing: 'The webhook carries no `x-retell-signature`: it is not from Retell, or a proxy drops the header.',
  sig_malformed: 'The signature is not `v=<milliseconds>,d=<hex>`, which is the form that Retell gives it.',
  sig_stale:
    'The webhook was signed over five minutes before or after the clock here: a clock is wrong, or it was held back.',
  sig_mismatch:
    'The signature is not that of these bytes under a key of the tenant: check the webhook key and the URL of the agent at Retell.',

  // Why Retell placed no call.
  retell_not_configured: "The tenant has no key for Retell's API, so no call can be placed.",
  destination_not_allowed: "The tenant's setting `calls.countries` does not have the country of `toNumber`.",
  daily_limit_reached: "The tenant's setting `calls.perDay` allows no more calls today.",
  retell_invalid_request: 'Retell finds the request invalid: check the numbers, the agent and the variables.',
  retell_key_rejected: "Retell does not accept the tenant's API key.",
  retell_payment_required: 'The Retell account needs a payment method.',
  retell_not_found: 'Retell knows no such number or agent under this API key.',
  retell_rate_limited: 'Retell takes no more requests for now.',
  retell_concurrency_limit: 'As many calls as the Retell account allows are under way.',
  retell_unreachable: 'Retell could not be reached; nobody was called.',
  retell_refused: 'Retell refused the request.',
  request_expired: 'The event store confirmed the request too late for it to be carried out; nobody was called.',
  not_placed: 'Retell did not answer, and its lists hold no such call; nobody was called.',

  // What does not work just now.
  event_store_unavailable: 'The event store did not confirm; nothing is known to be recorded, so repeat the request.',
  database_unavailable: 'Postgres does not answer; repeat the request.',
  read_model_unavailable: 'What is shown has not come as far as what was asked for; try again.',
  not_ready: 'The service is starting; send it again.',
  stopping: 'The service is stopping; send it again.',
  overloaded: 'More came at once than can be recorded in time; send it again.',
  too_busy: 'Too many large bodies came at once; send it again.',
  internal_error: 'Something went wrong here; the log has it under the request id.',
} as const;

export type Code = keyof typeof codes;
