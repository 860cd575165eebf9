/** As Postgres takes it. */
export const instant = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();
