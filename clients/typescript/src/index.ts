export { CallLedger, type ClientOptions } from './client.ts';
export { ProblemError } from './errors.ts';
export type { LiveEvent, LiveOptions } from './live.ts';
export type { AnswerOf, ItemOf, ListPath, PathOf, RequestOf } from './routes.ts';
export type * from './schema.ts';
export { type VerifiedWebhook, type VerifyOptions, verifyWebhook, WebhookVerificationError } from './webhook.ts';
