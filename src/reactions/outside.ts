import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { type AdminAccess, adminRoute } from '../http/bearer.ts';
import { json, problemResponse, uncached } from '../http/problem.ts';
import { pacer, retellCalls } from '../retell/list-calls.ts';
import type { OpenTenantDirectory } from '../tenants/directory.ts';
import { greet } from './ticket-mail/smtp.ts';

const Service = z
  .object({
    state: z.enum(['ok', 'refused', 'no_answer', 'off']).openapi({
      description: '`refused`: it does not take the key or the login. `off`: none is set.',
    }),
    reason: z.string().optional().openapi({ description: 'A code, such as `status_401` or `auth_plain_535`.' }),
  })
  .openapi('OutsideService');
export const Outside = z
  .object({
    retell: z.array(Service.extend({ tenants: z.array(z.string()).openapi({ description: 'Whose key it is.' }) })),
    keysNotTried: z.int().openapi({ description: 'Further Retell keys, of more tenants than are asked for at once.' }),
    mail: Service,
  })
  .openapi('Outside');
type Service = z.infer<typeof Service>;

export type OutsideDependencies = {
  readonly access: AdminAccess;
  readonly directory: Pick<OpenTenantDirectory, 'list'>;
  readonly retellApiKeyOf: (tenantId: string) => string | undefined;
  readonly retellBaseUrl: string | undefined;
  readonly smtpUrl: string | undefined;
};

const LIMIT_MS = 5000;
const MOST_KEYS = 20;

/** `GET /api/outside`: whether Retell and the mail server let this process in. Nothing is sent and no call is kept. */
export function outsideRoutes({ access, ...outside }: OutsideDependencies): OpenAPIHono {
  const app = new OpenAPIHono();
  app.openapi(
    createRoute({
      ...adminRoute(access, 'Operations', 'operations'),
      method: 'get',
      path: '/api/outside',
      operationId: 'examineOutside',
      summary: 'Whether Retell takes the keys, and the mail server the login',
      description:
        'Asks both now, for five seconds at most: Retell for one call of each key, which is not kept. Sends no mail.',
      responses: { 200: json(Outside, 'What they answered.'), 401: problemResponse('Not the admin key.') },
    }),
    async (c) => {
      const keys = [...keysOf(outside)];
      const [retell, mail] = await Promise.all([
        Promise.all(
          keys.slice(0, MOST_KEYS).map(async ([key, tenants]) => ({ ...(await askRetell(key, outside)), tenants })),
        ),
        askMailServer(outside),
      ]);
      return c.json({ retell, keysNotTried: Math.max(0, keys.length - MOST_KEYS), mail }, 200, uncached);
    },
  );
  return app;
}

/** Each key once, with the tenants that have it. */
const keysOf = ({ directory, retellApiKeyOf }: Omit<OutsideDependencies, 'access'>): Map<string, string[]> => {
  const tenantsOf = new Map<string, string[]>();
  for (const { id } of directory.list()) {
    const key = retellApiKeyOf(id);
    if (key !== undefined) tenantsOf.set(key, [...(tenantsOf.get(key) ?? []), id]);
  }
  return tenantsOf;
};

async function askRetell(apiKey: string, { retellBaseUrl: baseUrl }: { retellBaseUrl: string | undefined }) {
  const pace = { timeoutMs: LIMIT_MS, attempts: 1, backOffMs: 0, maxWaitMs: 0 };
  const calls = retellCalls({ apiKey, baseUrl, pacer: pacer(1000), pace, signal: AbortSignal.timeout(2 * LIMIT_MS) });
  const asked = await calls.list({ criteria: {}, order: 'descending', limit: 1 });
  if (asked.word === 'ok') return { state: 'ok' as const };
  if (asked.word === 'unknown') return { state: 'refused' as const, reason: 'status_404' };
  return { state: asked.word === 'refused' ? ('refused' as const) : ('no_answer' as const), reason: asked.cause };
}

async function askMailServer({ smtpUrl }: { readonly smtpUrl: string | undefined }): Promise<Service> {
  if (smtpUrl === undefined) return { state: 'off' };
  const reason = await greet(smtpUrl, { connectMs: LIMIT_MS, totalMs: LIMIT_MS });
  if (reason === undefined) return { state: 'ok' };
  return { state: reason.startsWith('auth') ? 'refused' : 'no_answer', reason };
}
