import { isUtf8 } from 'node:buffer';
import type { EventLog } from '../../events/event-log.ts';
import type { TenantDirectory } from '../tenants/tenant.ts';
import { type QuarantineId, readQuarantined } from './quarantined.ts';

/** The beginning of the body, for a person to look at. */
const beginningOf = (body: Uint8Array, maxBytes: number) => {
  const bytes = body.subarray(0, maxBytes);
  const truncated = bytes.length < body.length;
  // With `stream`, a character that the cut has split is left out instead of replaced.
  const content = isUtf8(body)
    ? {
        encoding: 'text' as const,
        content: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true }),
      }
    : { encoding: 'base64' as const, content: Buffer.from(bytes).toString('base64') };
  return { ...content, truncated };
};

/** One delivery in quarantine as an administrator reviews it, straight from the log. It is personal data. */
export const reviewQuarantined =
  (log: EventLog, tenants: TenantDirectory) => async (id: QuarantineId, maxBytes: number) => {
    const found = await readQuarantined(log, tenants, id);
    if (found === undefined) return undefined;
    const { tenantId, listed, released, evidence, raw } = found;
    return {
      id,
      tenantId,
      endpoint: listed.endpoint,
      reason: listed.reason,
      receivedAt: listed.receivedAt,
      size: listed.size,
      ...(released && { released }),
      evidence,
      ...(raw && { keyId: raw.keyId, sha256: raw.sha256, body: beginningOf(raw.body, maxBytes) }),
    };
  };
