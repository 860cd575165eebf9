import { z } from 'zod';
import { type ProxyTrust, proxyTrust } from './http/rate-limit.ts';
import { serversIn } from './postgres/servers.ts';

/** What a process does; `ROLES` splits the work over several. */
export const roles = ['ingest', 'project', 'serve', 'react'] as const;
export type Role = (typeof roles)[number];

const port = z.coerce.number().int().min(0).max(65535);
const positive = z.coerce.number().int().positive();
const flag = z.enum(['true', 'false', 'on', 'off', '1', '0']).transform((word) => ['true', 'on', '1'].includes(word));
/** An empty variable is one that is not set: that is how compose files and shells unset one. */
const set = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** What the parser throws is the problem; each problem begins with the variable's name anyway. */
const parsedBy =
  <T>(parse: (text: string) => T) =>
  (text: string, context: z.RefinementCtx): T => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue((error as Error).message.replace('TRUST_PROXY: ', ''));
      return z.NEVER;
    }
  };

/** `user:password@`, hosts with ports, `key=value` after `?`: what is malformed is refused before a driver quotes it. */
const EVENT_STORE =
  /^esdb(\+discover)?:\/\/([^\s@/?]+@)?[^\s@/?,:]+(:\d{1,5})?(,[^\s@/?,:]+(:\d{1,5})?)*\/?(\?\w+=[^\s&]*(&\w+=[^\s&]*)*)?$/;
const hasHost = (url: string): boolean => Boolean(URL.parse(url)?.hostname);

/** Three days, so that a receiver may be away over a weekend. */
const RETRY_SECONDS = [5, 30, 300, 1800, 7200, 18_000, ...Array<number>(7).fill(36_000)];

/** Seconds with commas between. Throws for anything else. */
function retrySeconds(text: string): readonly number[] {
  const seconds = text.split(',').map((word) => (/^\s*\d{1,6}\s*$/.test(word) ? Number(word) : Number.NaN));
  if (seconds.length > 100 || seconds.some(Number.isNaN))
    throw new Error('must be up to 100 numbers of seconds with commas between, as 5,30,300');
  return seconds;
}

const key = z.string().min(16, 'must be at least 16 characters');

const Environment = z.object({
  HOST: set(z.string()),
  PORT: set(port),
  METRICS_PORT: set(port),
  MAX_CONNECTIONS: set(positive),
  DATA_DIR: set(z.string()),
  EVENTSTORE_URL: set(
    z
      .string()
      .regex(/^esdb(\+discover)?:\/\//, { error: 'must begin with esdb:// or esdb+discover://', abort: true })
      .regex(EVENT_STORE, 'is malformed; as esdb://user:password@host:2113?tls=true, special characters as %40'),
  ),
  DATABASE_URL: set(
    z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
      .transform(parsedBy((url) => serversIn(url) && url)),
  ),
  RETELL_WEBHOOK_SECRET: set(z.string()),
  RETELL_API_KEY: set(z.string()),
  RETELL_BASE_URL: set(z.url()),
  ADMIN_KEY: set(key),
  MASTER_KEY: set(key),
  MASTER_KEY_PREVIOUS: set(key),
  MASTER_KEY_LOST: set(flag),
  WEBHOOK_RATE_LIMIT_PER_MINUTE: set(positive),
  WEBHOOK_RATE_LIMIT_SCOPE: set(z.enum(['unverified', 'all'])),
  WEBHOOK_BODY_LIMIT_BYTES: set(positive),
  TRUST_PROXY: set(z.string().transform(parsedBy(proxyTrust))),
  PUBLIC_HOST: set(z.string().toLowerCase()),
  CONSOLE_API_URL: set(z.url({ protocol: /^https?$/, error: 'must be an http or https URL' })),
  KEEP_TRANSCRIPT_UPDATES: set(flag),
  SESSION_MATCH_MINUTES: set(positive),
  GENERATION_KEEP_HOURS: set(z.coerce.number().min(0)),
  REBUILD_MAX_PARKED: set(z.coerce.number().int().min(0)),
  RETENTION_EVERY_MINUTES: set(positive),
  RECONCILE_EVERY_MINUTES: set(positive),
  RECONCILE_AFTER_MINUTES: set(z.coerce.number().int().min(0)),
  RECONCILE_REQUESTS_PER_SECOND: set(z.coerce.number().positive().max(1000)),
  SMTP_URL: set(
    z
      .string()
      .regex(/^smtps?:\/\//, { error: 'must begin with smtp:// or smtps://', abort: true })
      .refine(hasHost, 'is malformed; as smtp://user:password@host:587, special characters as %40'),
  ),
  MAIL_FROM: set(z.string()),
  MAIL_WAIT_SECONDS: set(z.coerce.number().int().min(0)),
  WEBHOOK_RETRY_SECONDS: set(z.string().transform(parsedBy(retrySeconds))),
  WEBHOOK_ALLOW_PRIVATE: set(flag),
  LOG_LEVEL: set(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])),
  ROLES: set(
    z
      .string()
      .transform((list) => list.split(',').map((role) => role.trim()))
      .pipe(z.array(z.enum(roles)).min(1)),
  ),
});

export type Config = {
  readonly host: string;
  readonly port: number;
  /** Absent: /metrics is at the port of everything else. */
  readonly metricsPort: number | undefined;
  /** More are closed as they come. */
  readonly maxConnections: number;
  readonly dataDir: string;
  /** Absent: the embedded node under `dataDir`. */
  readonly eventStoreUrl: string | undefined;
  /** Absent: the embedded Postgres under `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Both stores are given: nothing is kept or generated under `dataDir`. */
  readonly embedded: boolean;
  /** Keys that verify webhooks of tenant `default`. Empty in embedded mode: one is generated. */
  readonly webhookSecrets: readonly string[];
  readonly adminKey: string | undefined;
  readonly masterKey: string | undefined;
  /** Opens what it sealed, until that is sealed anew. */
  readonly previousMasterKey: string | undefined;
  /** Starts although MASTER_KEY opens none of the secrets in the log. */
  readonly masterKeyLost: boolean;
  readonly webhooks: {
    readonly rateLimitPerMinute: number;
    readonly rateLimitScope: 'unverified' | 'all';
    readonly bodyLimitBytes: number;
    readonly trustProxy: ProxyTrust;
    readonly publicHost: string | undefined;
    readonly keepTranscriptUpdates: boolean;
  };
  /** Retell's API for tenant `default`; other tenants have a key of their own. */
  readonly retell: { readonly apiKey: string | undefined; readonly baseUrl: string | undefined };
  /** Whom the console asks what this process has not the role for. */
  readonly consoleApiUrl: string | undefined;
  readonly sessionMatchMinutes: number;
  /** How long a generation of a projection that was replaced can be swapped back. */
  readonly generationKeepHours: number;
  /** How many streams may break in a generation that is built, beside those that the live one has parked. */
  readonly rebuildMaxParked: number;
  /** How often it is looked for what is due by a tenant's retention. */
  readonly retentionEveryMinutes: number;
  /** How often Retell is asked, and how long a session may be pending before it is asked about. */
  readonly reconcile: {
    readonly everyMinutes: number;
    readonly afterMinutes: number;
    readonly requestsPerSecond: number;
  };
  readonly mail: {
    /** Absent: mails are recorded as not sent. */
    readonly smtpUrl: string | undefined;
    readonly from: string;
    /** How long a transferred call's mail waits for an analysis after the call's end. */
    readonly waitSeconds: number;
  };
  /** What is sent to tenants' webhook endpoints. */
  readonly outgoing: {
    /** Between the attempts. */
    readonly retrySeconds: readonly number[];
    /** Also to addresses that are not of the public internet, and by plain http. */
    readonly allowPrivate: boolean;
  };
  readonly logLevel: string;
  readonly roles: readonly Role[];
};

/** Every problem of the environment at once, each with the variable's name. */
export type ConfigProblems = { readonly problems: readonly string[] };

/** Reads the configuration; what is absent has the documented default (docs/configuration.md). */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config | ConfigProblems {
  const parsed = Environment.safeParse(environment);
  const problems = (parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const raw = (name: string) => environment[name] || undefined;
  const embedded = raw('EVENTSTORE_URL') === undefined || raw('DATABASE_URL') === undefined;
  if (!embedded) {
    for (const name of ['ADMIN_KEY', 'MASTER_KEY'])
      if (raw(name) === undefined)
        problems.push(
          `${name}: is required when both EVENTSTORE_URL and DATABASE_URL are set; e.g. openssl rand -hex 32`,
        );
  }
  const webhookSecrets = (raw('RETELL_WEBHOOK_SECRET') ?? '')
    .split(',')
    .map((s) => s.trim())
    .filter(Boolean);
  if (webhookSecrets.length > 2)
    problems.push('RETELL_WEBHOOK_SECRET: at most two keys, separated by a comma (the old and the new one)');
  if (!parsed.success || problems.length > 0) return { problems };
  const env = parsed.data;
  return {
    host: env.HOST ?? '127.0.0.1',
    port: env.PORT ?? 3000,
    metricsPort: env.METRICS_PORT,
    maxConnections: env.MAX_CONNECTIONS ?? 10_000,
    dataDir: env.DATA_DIR ?? './data',
    eventStoreUrl: env.EVENTSTORE_URL,
    databaseUrl: env.DATABASE_URL,
    embedded,
    webhookSecrets,
    adminKey: env.ADMIN_KEY,
    masterKey: env.MASTER_KEY,
    previousMasterKey: env.MASTER_KEY_PREVIOUS,
    masterKeyLost: env.MASTER_KEY_LOST ?? false,
    webhooks: {
      rateLimitPerMinute: env.WEBHOOK_RATE_LIMIT_PER_MINUTE ?? 50,
      rateLimitScope: env.WEBHOOK_RATE_LIMIT_SCOPE ?? 'unverified',
      bodyLimitBytes: env.WEBHOOK_BODY_LIMIT_BYTES ?? 10_485_760,
      trustProxy: env.TRUST_PROXY ?? 'nobody',
      publicHost: env.PUBLIC_HOST,
      keepTranscriptUpdates: env.KEEP_TRANSCRIPT_UPDATES ?? false,
    },
    retell: { apiKey: env.RETELL_API_KEY, baseUrl: env.RETELL_BASE_URL },
    consoleApiUrl: env.CONSOLE_API_URL,
    sessionMatchMinutes: env.SESSION_MATCH_MINUTES ?? 60,
    generationKeepHours: env.GENERATION_KEEP_HOURS ?? 24,
    rebuildMaxParked: env.REBUILD_MAX_PARKED ?? 100,
    retentionEveryMinutes: env.RETENTION_EVERY_MINUTES ?? 60,
    reconcile: {
      everyMinutes: env.RECONCILE_EVERY_MINUTES ?? 15,
      afterMinutes: env.RECONCILE_AFTER_MINUTES ?? 30,
      requestsPerSecond: env.RECONCILE_REQUESTS_PER_SECOND ?? 5,
    },
    mail: {
      smtpUrl: env.SMTP_URL,
      from: env.MAIL_FROM ?? 'Call Ledger <call-ledger@localhost>',
      waitSeconds: env.MAIL_WAIT_SECONDS ?? 120,
    },
    outgoing: {
      retrySeconds: env.WEBHOOK_RETRY_SECONDS ?? RETRY_SECONDS,
      allowPrivate: env.WEBHOOK_ALLOW_PRIVATE ?? false,
    },
    logLevel: env.LOG_LEVEL ?? 'info',
    roles: env.ROLES ?? roles,
  };
}
