import { TOMBSTONE } from './schema.ts';

/** What `$$stream` says about how much of a stream is shown. */
export type Limits = {
  readonly truncateBefore: number;
  readonly maxCount: number | undefined;
  /** seconds */
  readonly maxAge: number | undefined;
  /** `deleteStream` is nothing but a `$tb` of 2^63-1 */
  readonly softDeleted: boolean;
};

export const METADATA_TYPE = '$metadata';
/** Written as text: JavaScript cannot hold the number. */
export const SOFT_DELETED = '{"$tb":9223372036854775807}';
const SOFT_DELETED_AT = 2 ** 63;
const NO_LIMITS: Limits = { truncateBefore: 0, maxCount: undefined, maxAge: undefined, softDeleted: false };

export const isMetastream = (stream: string): boolean => stream.startsWith('$$');
export const metastreamOf = (stream: string): string => `$$${stream}`;
export const streamOf = (metastream: string): string => metastream.slice(2);

/** What cannot be understood limits nothing, as on a live server. */
export function limitsFrom(metadata: string | null): Limits {
  if (metadata === null) return NO_LIMITS;
  const set = parsed(metadata);
  const truncateBefore = whole(set.$tb) ?? 0;
  return {
    truncateBefore,
    maxCount: whole(set.$maxCount),
    maxAge: whole(set.$maxAge),
    softDeleted: truncateBefore >= SOFT_DELETED_AT,
  };
}

/** The metadata of a stream that was deleted and is appended to again at `revision`; everything else in it stays. */
export const undeleted = (metadata: string | null, revision: number): string =>
  JSON.stringify({ ...(metadata === null ? {} : parsed(metadata)), $tb: revision });

/** The first revision that is shown, ages left aside. A tombstone always is. */
export function firstShown(stream: string, last: number, limits: Limits): number {
  if (isMetastream(stream)) return last;
  const byCount = limits.maxCount === undefined || last === TOMBSTONE ? 0 : last - limits.maxCount + 1;
  return Math.min(Math.max(byCount, limits.truncateBefore), TOMBSTONE);
}

/** Events created before this instant are not shown. */
export const oldestShown = (limits: Limits, now: number): number =>
  limits.maxAge === undefined ? 0 : now - limits.maxAge * 1000;

const whole = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;

function parsed(metadata: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(metadata);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
