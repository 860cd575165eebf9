import { z } from '@hono/zod-openapi';
import { isTenantId } from '../events/identity.ts';
import { isPlaceholderId, isStorable, normalId, normalSessionId, normalTicketId } from '../model/ids.ts';
import { isRecordable } from '../model/time.ts';

/** A "+" that a client did not encode in a URL arrives as a space, which no number or time has. */
export const plus = (text: string) => text.replaceAll(' ', '+');

/** How an id is brought into the form in which ids are compared; undefined: it can be none (model/ids.ts). */
type Normal = (value: unknown) => string | undefined;
const NO_ID = 'must be an id: 1–512 bytes of Unicode text without control characters';

/** An id to filter by. What cannot be an id is a mistake, so it is refused. */
export const idParameter = (normal: Normal = normalId) =>
  z
    .string()
    .transform((text, context) => {
      const id = normal(text);
      if (id === undefined) context.addIssue({ code: 'custom', message: NO_ID });
      return id ?? z.NEVER;
    })
    .openapi({ type: 'string' });

/** An id in a path. What cannot be an id becomes the empty one, so that it is answered like any unknown id. */
export const pathId = (name = 'id', normal: Normal = normalId) =>
  z
    .string()
    .transform((text) => normal(text) ?? '')
    .openapi({ type: 'string', param: { name, in: 'path' } });

export const idPath = z.object({ id: pathId() });
export const sessionPath = z.object({ id: pathId('id', normalSessionId) });
export const ticketPath = z.object({ id: pathId('id', normalTicketId) });

/** The same for an id that facts are recorded under: a placeholder would join all things that have no id. */
export const chosenPathId = (normal: Normal = normalId) =>
  z
    .string()
    .transform((text, context) => {
      const id = normal(text) ?? '';
      const message =
        'stands for nothing: a word such as "undefined" or "null", a template that nobody has filled, or zeros';
      if (id !== '' && isPlaceholderId(id)) context.addIssue({ code: 'custom', message });
      return id;
    })
    .openapi({ type: 'string', param: { name: 'id', in: 'path' } });

/** An id under which something new may be recorded. */
export const newPathId = (normal: Normal = normalId) => chosenPathId(normal).refine((id) => id !== '', NO_ID);

/** Text to look for, as Postgres can hold it. */
export const plainText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => isStorable(text) && !/\p{Cc}/u.test(text), 'must hold no control characters or broken Unicode');

export const tenantParameter = z.string().refine(isTenantId, 'must be the id of a tenant');
export const ofTenant = tenantParameter.optional().openapi({ description: 'Of this tenant alone; absent: of all.' });

/** How many items, of at most 200. */
export const limitParameterOf = (byDefault: number) =>
  z
    .string()
    .regex(/^\d{1,4}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(200))
    .default(byDefault)
    .openapi({ type: 'integer', minimum: 1, maximum: 200, default: byDefault, description: 'Items per page.' });
export const limitParameter = limitParameterOf(50);

const E164 = /^\+[1-9]\d{1,16}$/;
export const phoneParameter = z
  .string()
  .transform(plus)
  .pipe(z.string().regex(E164, 'must be an E.164 number such as +4930123456'))
  .openapi({ type: 'string', description: 'Exactly this number, in E.164, e.g. +4930123456.' });

/** A moment, which must be one that can be recorded. */
export const instant = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time with an offset or Z' })
  .transform((text) => new Date(text))
  .refine((time) => isRecordable(time.getTime()), 'must lie in the years 1 to 9999 in UTC');

export const instantParameter = (description: string) =>
  z.string().transform(plus).pipe(instant).openapi({ type: 'string', format: 'date-time', description });

/** One of the words, or several with commas between. */
export const wordsParameter = <const W extends readonly [string, ...string[]]>(words: W, description: string) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(words)))
    .openapi({
      type: 'string',
      description: `${description} One of ${words.join(', ')}, or several with commas.`,
    });

export const booleanParameter = (description: string) =>
  z
    .enum(['true', 'false'])
    .transform((word) => word === 'true')
    .openapi({ type: 'string', enum: ['true', 'false'], description });

/** The parameters of a route and no others: a misspelt filter that were ignored would answer with everything. */
export const only = <S extends z.ZodRawShape>(shape: S) =>
  z.object(shape).catchall(z.undefined({ error: 'is not a parameter of this resource' }));

/** The header, as every command takes it. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1–255 printable ASCII characters')
  .optional()
  .openapi({ description: 'The same key with the same body changes nothing more; with another body: 409.' });
