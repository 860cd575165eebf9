import { z } from '@hono/zod-openapi';
import { isJsonObject } from '../events/json.ts';
import { endpoints } from '../events/metadata.ts';
import type { TenantSettings } from '../events/tenant-facts.ts';
import { ticketStatuses } from '../events/ticket-facts.ts';
import { isTimeZone } from '../model/time.ts';

/** Codes that have a name but are no country that numbers could belong to. */
const NO_COUNTRY = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ']);
const regionNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
const isRegion = (value: string): boolean =>
  /^[A-Z]{2}$/.test(value) &&
  !NO_COUNTRY.has(value) &&
  regionNames.of(value) !== undefined &&
  Intl.getCanonicalLocales(`und-${value}`)[0] === `und-${value}`; // not an alias (UK) or a country of the past (YU)

export const oneLine = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/, 'must be one line');

/** A secret that can be sent in a header, as the API key at Retell is. */
export const PrintableSecret = (min: number) =>
  z
    .string()
    .min(min)
    .max(512)
    .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without spaces');

const recipients = z.array(z.email().max(254)).max(50);
const fieldNames = z.array(oneLine(200)).max(50);
const ticketStatus = z.enum(ticketStatuses);
const endpoint = z.enum(endpoints);
/** Of one tenant; each change of the settings is a fact that holds all of them. */
export const MAX_AGENTS = 500;
export const tooManyAgents = `must be at most ${MAX_AGENTS} agents`;
const byAgent = <E extends z.ZodType>(of: E) =>
  z.record(oneLine(200), of).refine((map) => Object.keys(map).length <= MAX_AGENTS, tooManyAgents);
const region = z.string().refine(isRegion, 'must be an ISO 3166 country code, as DE');
const limits = {
  countries: z.array(region).min(1).max(250),
  perDay: z.int().min(0).max(1_000_000),
  needsScope: z.boolean(),
};
const days = z.int().min(0).max(36_500);
const qualificationOf = <S extends z.ZodType>(status: S) =>
  z.strictObject({ qualified: status, successful: status, conversation: status, unanswered: status }).partial();

const fields = {
  name: oneLine(200),
  timeZone: z.string().max(64).refine(isTimeZone, 'must be an IANA time zone, as Europe/Berlin').openapi({
    example: 'Europe/Berlin',
  }),
  defaultRegion: region.openapi({ example: 'DE' }),
  mail: z.strictObject({ enabled: z.boolean(), recipients }),
  acceptUntimestampedSignature: z.boolean(),
  fieldNames: z
    .record(oneLine(100), fieldNames)
    .openapi({ description: "The tenant's own names of analysis fields: our name → theirs." }),
  qualification: qualificationOf(ticketStatus).openapi({
    description:
      'What an inbound ticket becomes when nobody knows whether something is to be done; of calls from now on.',
  }),
  agentEndpoints: byAgent(endpoint).openapi({
    description:
      'Agent id → the endpoint that its calls belong to where Retell had to be asked for them; a delivery of the call ' +
      'itself goes before. Absent: where the calls of the agent last came in.',
    example: { agent_5f0c2b1e: 'retell-inbound-ticket' },
  }),
  calls: z
    .strictObject(limits)
    .partial()
    .openapi({
      description:
        'Limits of placing calls: `countries` that may be called (absent: all), how many `perDay` of `timeZone` (absent: any ' +
        'number), and whether a key `needsScope` `call` for it (absent: `write` is enough).',
      example: { countries: ['GB', 'IE'], perDay: 500, needsScope: true },
    }),
  retention: z
    .strictObject({ personalDays: days, evidenceDays: days })
    .partial()
    .openapi({
      description:
        'Days after the end of a call until its personal data, or its signed bytes, are erased by themselves. Absent: never.',
      example: { personalDays: 365, evidenceDays: 90 },
    }),
  retellApiKey: PrintableSecret(1).openapi({ description: 'Stored encrypted; never shown again.' }),
} as const;

/** What PUT takes: the whole of a tenant's settings. What is absent is unset. */
export const Settings = z.strictObject(fields).partial();
export type Settings = z.infer<typeof Settings>;

/** What PATCH takes: what is absent stays, `null` unsets, objects merge (RFC 7396). */
export const SettingsPatch = z
  .strictObject({
    name: fields.name.nullable(),
    timeZone: fields.timeZone.nullable(),
    defaultRegion: fields.defaultRegion.nullable(),
    mail: z.strictObject({ enabled: z.boolean(), recipients }).partial().nullable(),
    acceptUntimestampedSignature: fields.acceptUntimestampedSignature.nullable(),
    fieldNames: z.record(oneLine(100), fieldNames.nullable()).nullable(),
    qualification: qualificationOf(ticketStatus.nullable()).nullable(),
    agentEndpoints: byAgent(endpoint.nullable()).nullable(),
    calls: z
      .strictObject({
        countries: limits.countries.nullable(),
        perDay: limits.perDay.nullable(),
        needsScope: limits.needsScope.nullable(),
      })
      .partial()
      .nullable(),
    retention: z.strictObject({ personalDays: days.nullable(), evidenceDays: days.nullable() }).partial().nullable(),
    retellApiKey: fields.retellApiKey.nullable(),
  })
  .partial();
export type SettingsPatch = z.infer<typeof SettingsPatch>;

/** What is shown: everything but the secret. */
export const { retellApiKey: _secret, ...shownFields } = fields;

/** How a Retell API key is to be stored; the same key again gives the text that is stored already. */
export type SealRetellApiKey = (key: string) => string;

/** The settings as they are stored, from a whole of them. */
export const replaced = (settings: Settings, seal: SealRetellApiKey): TenantSettings => merged({}, settings, seal);

/** The settings as they are stored, after a patch. Mail that is only half said is off and has no recipients. */
export function merged(
  before: TenantSettings,
  { retellApiKey, mail, ...patch }: SettingsPatch,
  seal: SealRetellApiKey,
): TenantSettings {
  return mergePatch(before, {
    ...patch,
    mail: mail && { enabled: false, recipients: [], ...before.mail, ...mail },
    sealedRetellApiKey: retellApiKey && seal(retellApiKey),
  });
}

/** RFC 7396, but that what is undefined stays as well. */
function mergePatch(before: unknown, patch: object): object {
  const merged = new Map<string, unknown>(Object.entries(isJsonObject(before) ? before : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else if (value !== undefined) merged.set(name, isJsonObject(value) ? mergePatch(merged.get(name), value) : value);
  }
  return Object.fromEntries(merged);
}
