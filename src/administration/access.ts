import type { Context } from 'hono';
import type { Logger } from 'pino';
import { type AdministrationEvent, adminScopes } from '../events/administration-facts.ts';
import { decode, type Fact } from '../events/codec.ts';
import { keyedMutex } from '../events/concurrency-limit.ts';
import { type Decider, handle, overFacts } from '../events/decider.ts';
import { type EventLog, EventStoreUnavailable, type Expected } from '../events/event-log.ts';
import { byCommand, type FactMetadata } from '../events/metadata.ts';
import type { Recorded } from '../events/recorded.ts';
import { ADMIN_AUDIT, ADMIN_KEYS } from '../events/streams.ts';
import { steps, supervise, waitUntil } from '../events/waiting.ts';
import { type AdminAccess, type Administrator, adminAccess, isAdminKey, isKeyOf } from '../http/bearer.ts';
import type { KeyUses } from '../tenants/key-uses.ts';
import { keyIdOfApiKey, newApiKey } from '../tenants/keys.ts';

type Issued = Extract<AdministrationEvent, { type: 'AdminKeyIssued' }>;
type Revoked = Extract<AdministrationEvent, { type: 'AdminKeyRevoked' }>;
type Answered = Extract<AdministrationEvent, { type: 'AdminRequestAnswered' }>;

/** A named key as it is shown; the key itself is nowhere. */
export type AdminKey = Omit<Issued['data'], 'sha256'> & { readonly createdAt: string; readonly lastUsedAt?: string };
type AdminKeys = ReadonlyMap<string, Fact<Issued>>;

/** Issuing is always possible, and revoking what is gone is nothing. */
const decider: Decider<AdminKeys, Issued | Revoked, Issued | Revoked> = {
  initialState: new Map(),
  evolve: overFacts<AdminKeys, Issued | Revoked>({ AdminKeyIssued: true, AdminKeyRevoked: true }, (keys, fact) => {
    const others = [...keys].filter(([keyId]) => keyId !== fact.data.keyId);
    return new Map(fact.type === 'AdminKeyIssued' ? [...others, [fact.data.keyId, fact]] : others);
  }),
  decide: (event, keys) => (event.type === 'AdminKeyRevoked' && !keys.has(event.data.keyId) ? [] : [event]),
};

/** ADMIN_KEY: every scope, and alone in that it issues and revokes others. */
export const ROOT: Administrator = { keyId: 'ADMIN_KEY', name: 'ADMIN_KEY', scopes: adminScopes };

/** How long a change may take to come back from the log. */
const IN_FORCE_WITHIN_MS = 5000;
/** A read again within this time is in the trail already: a command that waits asks twice a second. */
const SAME_READ_MS = 10 * 60_000;
/** Reads that are remembered for it. */
const MOST_READS = 10_000;

type Options = {
  readonly log: EventLog;
  readonly adminKey: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly keyUses?: KeyUses;
  readonly now?: () => Date;
};

export type Administrators = ReturnType<typeof openAdministrators>;

/** Who may administer, kept up to date by a subscription, and the trail of what they did. */
export function openAdministrators({ log, adminKey, logger, signal, keyUses, now = () => new Date() }: Options) {
  const isRoot = isAdminKey(adminKey);
  const changes = steps();
  let keys: AdminKeys = decider.initialState;
  let handled = -1n;

  const apply = (event: Recorded) => {
    try {
      keys = decider.evolve(keys, event);
    } catch (err) {
      logger.error({ err, reason: 'admin_key_event_broken' }, 'passed over');
    }
    handled = event.position;
  };
  const onBreak = (err: unknown, retryInMs: number) =>
    logger.warn({ reason: 'subscription_broken', error: (err as Error).name, retryInMs }, 'admin keys');
  /** From the beginning: after a restore keys are as they were then, and in another log there are none. */
  const follow = async () => {
    [keys, handled] = [decider.initialState, -1n];
    for await (const { events } of log.subscribe({ prefixes: [ADMIN_KEYS], signal, onBreak })) {
      for (const event of events) apply(event);
      changes.done();
    }
  };
  void supervise(follow, { signal, onFailure: onBreak });

  const authenticate = (key: string): Administrator | undefined => {
    if (isRoot(key)) return ROOT;
    const known = keys.get(keyIdOfApiKey(key) ?? '')?.data;
    if (known === undefined || !isKeyOf(known.sha256, key)) return undefined;
    if (known.expiresAt !== undefined && Date.parse(known.expiresAt) <= now().getTime()) return undefined;
    const { keyId, name, scopes } = known;
    keyUses?.note(keyId);
    return { keyId, name, scopes: adminScopes.filter((scope) => scopes.includes(scope)) };
  };

  const byAdministrator = (stream: string) => byCommand('', stream, now());

  async function change(event: Issued | Revoked): Promise<void> {
    const { position } = await handle(log, ADMIN_KEYS, decider, event, byAdministrator(ADMIN_KEYS));
    const isInForce = () => position === undefined || handled >= position;
    if (!(await waitUntil(isInForce, { timeoutMs: IN_FORCE_WITHIN_MS, steps: changes })))
      throw new EventStoreUnavailable('the change of admin keys did not come back from the log');
  }

  const trail = auditTrail(log, () => byAdministrator(ADMIN_AUDIT));
  const reads = new Map<string, number>();
  const isInTrail = (read: string): boolean => performance.now() - (reads.get(read) ?? -Infinity) < SAME_READ_MS;
  const remember = (read: string): void => {
    reads.delete(read);
    reads.set(read, performance.now());
    if (reads.size > MOST_READS) reads.delete(reads.keys().next().value!);
  };

  /** Changes and reads of personal data. Such a read is refused where it cannot be recorded; a change has been made. */
  async function record(c: Context, { keyId, name: keyName }: Administrator, readsPersonal: boolean): Promise<void> {
    const { method, path } = c.req;
    const isRead = method === 'GET' || method === 'HEAD';
    if (isRead && !readsPersonal) return;
    const { status } = c.res;
    const read = `${keyId} ${path} ${status}`;
    if (isRead && isInTrail(read)) return;
    const requestId = c.get('requestId') as string | undefined;
    const request = { keyId, keyName, method, path, status, ...(requestId !== undefined && { requestId }) };
    try {
      await trail.append(request);
      if (isRead) remember(read);
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable)) throw error;
      logger.error({ reason: 'audit_not_recorded', ...request }, 'administrative request');
      if (isRead) throw error;
    }
  }

  return {
    /** Undefined: this is no admin key, or one that has ended. */
    authenticate,
    access: adminAccess(authenticate, record) satisfies AdminAccess,
    /** For what ADMIN_KEY alone may do. */
    rootAccess: adminAccess((key) => (isRoot(key) ? ROOT : undefined), record) satisfies AdminAccess,
    async keys(): Promise<readonly AdminKey[]> {
      const lastUsed = await keyUses?.lastUsed();
      return [...keys.values()].map(({ data: { sha256: _, ...key }, recordedAt }) => {
        const lastUsedAt = lastUsed?.(key.keyId);
        return { ...key, createdAt: recordedAt, ...(lastUsedAt !== undefined && { lastUsedAt }) };
      });
    },
    /** `key` is in this answer and nowhere else. */
    async issue(wanted: Pick<Issued['data'], 'name' | 'scopes' | 'expiresAt'>) {
      const { keyId, key, sha256 } = newApiKey();
      await change({ type: 'AdminKeyIssued', data: { keyId, sha256, ...wanted } });
      return { keyId, key };
    },
    async revoke(keyId: string): Promise<'done' | 'unknown_key'> {
      if (!keys.has(keyId)) return 'unknown_key';
      await change({ type: 'AdminKeyRevoked', data: { keyId } });
      return 'done';
    },
    requests: trail.page,
  };
}

/** The stream of what administrators did. */
function auditTrail(log: Pick<EventLog, 'append' | 'read'>, metadataNow: () => FactMetadata) {
  let last: Expected = 'no_stream';
  const turns = keyedMutex();

  async function append(data: Answered['data']): Promise<void> {
    const event = { id: crypto.randomUUID(), type: 'AdminRequestAnswered', data, metadata: metadataNow() };
    for (;;) {
      const result = await log.append(ADMIN_AUDIT, last, [event]);
      last = result.outcome === 'conflict' ? result.actual : result.revision;
      if (result.outcome === 'appended') return;
    }
  }

  return {
    /** One after the other, so that only another process's can be in the way. */
    append: (data: Answered['data']) => turns.run(ADMIN_AUDIT, () => append(data)),
    /** The newest first, before a revision. */
    async page(limit: number, before?: bigint): Promise<{ items: Fact<Answered>[]; next: bigint | undefined }> {
      if (before !== undefined && before <= 0n) return { items: [], next: undefined };
      const from = before === undefined ? {} : { from: before - 1n };
      const events = await log.read(ADMIN_AUDIT, { ...from, backwards: true, max: limit + 1 });
      const items = events.slice(0, limit).flatMap((event) => {
        const fact = decode(event);
        return fact?.type === 'AdminRequestAnswered' ? [fact as Fact<Answered>] : [];
      });
      return { items, next: events.length > limit ? events[limit - 1]!.revision : undefined };
    },
  };
}
