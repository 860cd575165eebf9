/** A field of a form; undefined where nothing is in it. */
export const typed = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

/** A field that may come several times. */
export const every = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((one) => typed(one) ?? []);
