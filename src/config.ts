import { z } from 'zod';
import { proxyTrust } from './http/rate-limit.ts';
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

/** Every problem of the environment at once, each with the variable's name. */
type ConfigProblems = { readonly problems: readonly string[] };

/** Reads the configuration, or says all that is wrong with it. */
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
  return configOf(parsed.data, embedded, webhookSecrets);
}

export type Config = Readonly<ReturnType<typeof configOf>>;

/** With the documented defaults (docs/configuration.md). */
const configOf = (env: z.infer<typeof Environment>, embedded: boolean, webhookSecrets: readonly string[]) => ({
  host: env.HOST ?? '127.0.0.1',
  port: env.PORT ?? 3000,
  /** Absent: /metrics is at the port of everything else. */
  metricsPort: env.METRICS_PORT,
  /** More are closed as they come. */
  maxConnections: env.MAX_CONNECTIONS ?? 10_000,
  dataDir: env.DATA_DIR ?? './data',
  /** Absent: the embedded node under `dataDir`. */
  eventStoreUrl: env.EVENTSTORE_URL,
  /** Absent: the embedded Postgres under `dataDir`. */
  databaseUrl: env.DATABASE_URL,
  /** False: both stores are given, and nothing is kept or generated under `dataDir`. */
  embedded,
  /** Keys that verify webhooks of tenant `default`. Empty in embedded mode: one is generated. */
  webhookSecrets,
  adminKey: env.ADMIN_KEY,
  masterKey: env.MASTER_KEY,
  /** Opens what it sealed, until that is sealed anew. */
  previousMasterKey: env.MASTER_KEY_PREVIOUS,
  /** Starts although MASTER_KEY opens none of the secrets in the log. */
  masterKeyLost: env.MASTER_KEY_LOST ?? false,
  webhooks: {
    rateLimitPerMinute: env.WEBHOOK_RATE_LIMIT_PER_MINUTE ?? 50,
    rateLimitScope: env.WEBHOOK_RATE_LIMIT_SCOPE ?? ('unverified' as const),
    bodyLimitBytes: env.WEBHOOK_BODY_LIMIT_BYTES ?? 10_485_760,
    trustProxy: env.TRUST_PROXY ?? ('nobody' as const),
    publicHost: env.PUBLIC_HOST,
    keepTranscriptUpdates: env.KEEP_TRANSCRIPT_UPDATES ?? false,
  },
  /** Retell's API for tenant `default`; other tenants have a key of their own. */
  retell: { apiKey: env.RETELL_API_KEY, baseUrl: env.RETELL_BASE_URL },
  /** Whom the console asks what this process has not the role for. */
  consoleApiUrl: env.CONSOLE_API_URL,
  sessionMatchMinutes: env.SESSION_MATCH_MINUTES ?? 60,
  /** How long a generation of a projection that was replaced can be swapped back. */
  generationKeepHours: env.GENERATION_KEEP_HOURS ?? 24,
  /** How many streams may break in a generation that is built, beside those that the live one has parked. */
  rebuildMaxParked: env.REBUILD_MAX_PARKED ?? 100,
  /** How often what is due by a tenant's retention is looked for. */
  retentionEveryMinutes: env.RETENTION_EVERY_MINUTES ?? 60,
  /** How often Retell is asked, and how long a session may be pending before it is asked about. */
  reconcile: {
    everyMinutes: env.RECONCILE_EVERY_MINUTES ?? 15,
    afterMinutes: env.RECONCILE_AFTER_MINUTES ?? 30,
    requestsPerSecond: env.RECONCILE_REQUESTS_PER_SECOND ?? 5,
  },
  mail: {
    /** Absent: mails are recorded as not sent. */
    smtpUrl: env.SMTP_URL,
    from: env.MAIL_FROM ?? 'Call Ledger <call-ledger@localhost>',
    /** How long a transferred call's mail waits for an analysis after the call's end. */
    waitSeconds: env.MAIL_WAIT_SECONDS ?? 120,
  },
  /** What is sent to tenants' webhook endpoints. */
  outgoing: {
    /** Between the attempts. */
    retrySeconds: env.WEBHOOK_RETRY_SECONDS ?? RETRY_SECONDS,
    /** Also to addresses that are not of the public internet, and by plain http. */
    allowPrivate: env.WEBHOOK_ALLOW_PRIVATE ?? false,
  },
  logLevel: env.LOG_LEVEL ?? 'info',
  roles: env.ROLES ?? roles,
});
