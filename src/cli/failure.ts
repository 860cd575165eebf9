import { isJsonObject } from '../events/json.ts';
import type { Problem } from '../http/problem.ts';

type Details = {
  /** What the person can do about it. */
  readonly remedy?: string | undefined;
  /** The service's stable word for it. */
  readonly code?: string;
  readonly status?: number;
};

/** Why a command ends: 1, the answer is no; 2, it was not carried out. The message holds no secret. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: 1 | 2;
  readonly details: Details;
  constructor(exitCode: 1 | 2, message: string, details: Details = {}) {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}

/** The service's refusal in words, and what to do about it. */
export function refusal(request: string, status: number, body: unknown, keyFrom: string | undefined): Failure {
  const { code, detail, title, errors = [] }: Partial<Problem> = isJsonObject(body) ? body : {};
  if (code === undefined)
    return new Failure(2, `What answered ${request} with ${status} is no Call Ledger, or one without this command.`, {
      status,
      remedy: 'Check --url. Where ROLES splits the processes: admin commands are answered by one with the role ingest.',
    });
  const faults = errors.map(({ path, message }) => `\n  ${path ? `${path}: ` : ''}${message}`).join('');
  const remedy = remedyOf(status, code, keyFrom);
  return new Failure(1, `${detail ?? title ?? code}${faults}`, { code, status, remedy });
}

function remedyOf(status: number, code: string, keyFrom: string | undefined): string | undefined {
  if (status === 401)
    return `The key from ${keyFrom ?? 'nowhere'} is not this service's. See --admin-key, --api-key and --data-dir.`;
  if (status === 403)
    return `The key from ${keyFrom} needs another scope: call-ledger keys issue <tenant> --scope read,write, or admin-keys issue`;
  if (code === 'unknown_tenant')
    return 'call-ledger tenants list shows those there are; call-ledger tenants put <id> registers one.';
  if (code === 'unknown_projection') return 'call-ledger projections list shows how each stands.';
  if (code === 'operation_under_way' || code === 'unknown_operation')
    return 'call-ledger projections operations shows all; call-ledger projections cancel <operation> ends one.';
  if (code === 'unknown_key') return 'call-ledger tenants show <id> lists the ids of its keys.';
  if (code === 'role_not_here')
    return 'Give --url the process with that role, or a proxy before all: docs/split-roles.md.';
  if (status === 404 && code === 'not_found')
    return 'Check the id, and the tenant whose key is used: what belongs to another is not found either.';
  if (status === 429) return 'Wait a minute.';
  if (status === 503) return 'The service, or a store behind it, is not ready: call-ledger doctor';
  if (status === 500) return "The service's log has more.";
  return undefined;
}
