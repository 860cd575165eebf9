import type { Cli } from './cli.ts';
import { Failure } from './failure.ts';
import { readSecret } from './secrets.ts';

/** What `tenants put` takes, as commander gives it. */
export type PutOptions = {
  readonly name?: string;
  readonly timeZone?: string;
  readonly defaultRegion?: string;
  readonly mail?: string;
  readonly mailTo?: readonly string[];
  readonly agentEndpoint?: readonly string[];
  readonly fieldName?: readonly string[];
  readonly qualification?: readonly string[];
  readonly acceptUntimestampedSignature?: string;
  readonly callCountries?: readonly string[];
  readonly callsPerDay?: string;
  readonly callsNeedScope?: string;
  /** False: --no-retell-api-key. */
  readonly retellApiKey?: boolean;
  readonly retellApiKeyFile?: string;
};

/** The word that takes something out, or lifts a limit. */
const NONE = 'none';

const onOff = (option: string, word: string): boolean => {
  if (word === 'on' || word === 'off') return word === 'on';
  throw new Failure(2, `${option} is on or off, not "${word}".`, { remedy: `For example ${option} on` });
};

/** From `name=value`, one or more; null takes a name out. */
const pairs = (option: string, example: string, given: readonly string[]): Readonly<Record<string, string | null>> =>
  Object.fromEntries(
    given.map((pair) => {
      const at = pair.lastIndexOf('=');
      if (at < 1)
        throw new Failure(2, `${option} is a name and a value, not "${pair}".`, { remedy: `${option} ${example}` });
      const value = pair.slice(at + 1);
      return [pair.slice(0, at), value === NONE ? null : value];
    }),
  );

const numberOf = (option: string, word: string): number | null => {
  if (word === NONE) return null;
  if (/^\d{1,7}$/.test(word)) return Number(word);
  throw new Failure(2, `${option} is a number or "none", not "${word}".`);
};

/** The named settings as PATCH takes them: what is not named is absent, null unsets. Throws a Failure. */
export function patchOf(options: PutOptions): Readonly<Record<string, unknown>> {
  const { name, timeZone, defaultRegion, mail, mailTo, agentEndpoint, fieldName, qualification } = options;
  const { acceptUntimestampedSignature: bare, callCountries, callsPerDay, callsNeedScope } = options;
  const mailChange = {
    ...(mail !== undefined && { enabled: onOff('--mail', mail) }),
    ...(mailTo && { recipients: mailTo }),
  };
  const calls = {
    ...(callCountries && { countries: callCountries.includes(NONE) ? null : callCountries }),
    ...(callsPerDay !== undefined && { perDay: numberOf('--calls-per-day', callsPerDay) }),
    ...(callsNeedScope !== undefined && { needsScope: onOff('--calls-need-scope', callsNeedScope) }),
  };
  const names = fieldName && Object.entries(pairs('--field-name', 'appointment_confirmed=bestaetigt', fieldName));
  return {
    ...(name !== undefined && { name }),
    ...(timeZone !== undefined && { timeZone }),
    ...(defaultRegion !== undefined && { defaultRegion }),
    ...(Object.keys(mailChange).length > 0 && { mail: mailChange }),
    ...(agentEndpoint && {
      agentEndpoints: pairs('--agent-endpoint', 'agent_5f0c2b1e=retell-inbound-ticket', agentEndpoint),
    }),
    ...(names && { fieldNames: Object.fromEntries(names.map(([ours, theirs]) => [ours, theirs?.split('|') ?? null])) }),
    ...(qualification && { qualification: pairs('--qualification', 'conversation=closed', qualification) }),
    ...(bare !== undefined && { acceptUntimestampedSignature: onOff('--accept-untimestamped-signature', bare) }),
    ...(Object.keys(calls).length > 0 && { calls }),
  };
}

/** The same as PUT takes it: without what a patch would take out. */
export function wholeOf(patch: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { mail, ...rest } = withoutNull(patch);
  return { ...rest, ...(mail !== undefined && { mail: { enabled: false, recipients: [], ...(mail as object) } }) };
}

const withoutNull = (value: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).flatMap(([name, of]) => {
      if (of === null) return [];
      const isObject = typeof of === 'object' && of !== undefined && !Array.isArray(of);
      return [[name, isObject ? withoutNull(of as Readonly<Record<string, unknown>>) : of]];
    }),
  );

/** The tenant's key at Retell, never from the command line; null unsets it, undefined: it is not named. */
export async function retellApiKeyOf(cli: Cli, options: PutOptions): Promise<string | null | undefined> {
  const { retellApiKey, retellApiKeyFile: file } = options;
  if (retellApiKey === false) return null;
  if (retellApiKey === undefined && file === undefined) return undefined;
  const { RETELL_API_KEY: inEnvironment } = cli.terminal.env;
  if (file === undefined && inEnvironment) {
    cli.remark('The Retell API key is the one in RETELL_API_KEY.');
    return inEnvironment;
  }
  return readSecret('Retell API key', { option: '--retell-api-key-file', file }, cli.terminal);
}
