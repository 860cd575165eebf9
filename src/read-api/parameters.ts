import { z } from '@hono/zod-openapi';

/**
 * A parameter in a URL of which a careless client left the "+" as it is arrives with a space in its place.
 * Neither a number nor a time may hold a space, so it can only be that.
 */
export const plus = (text: string) => text.replaceAll(' ', '+');

/** An id of ours or of others. What cannot be one of ours is a parameter nobody meant. */
export const idParameter = z
  .string()
  .min(1)
  .max(517)
  .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'must hold no control characters');

const E164 = /^\+[1-9]\d{1,16}$/;
export const phoneParameter = z
  .string()
  .transform(plus)
  .pipe(z.string().regex(E164, 'must be an E.164 number such as +4930123456'))
  .openapi({ type: 'string', example: '+4930123456', description: 'Exactly this number, in E.164.' });

export const instantParameter = (description: string) =>
  z
    .string()
    .transform(plus)
    .pipe(z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with an offset or Z' }))
    .transform((text) => new Date(text))
    .openapi({ type: 'string', format: 'date-time', description });

/** One of the words, or several with commas between. */
export const wordsParameter = <const W extends readonly [string, ...string[]]>(words: W, description: string) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(words)))
    .openapi({
      type: 'string',
      example: words[0],
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

export const idPath = z.object({ id: z.string().openapi({ param: { name: 'id', in: 'path' } }) });
