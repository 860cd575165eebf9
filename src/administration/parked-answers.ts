import { z } from '@hono/zod-openapi';
import type { ParkedItem, ParkedPlace } from '../projections/runtime/parked-items.ts';

/**
 * docs/rules.md, "API shapes": `{id, projection, stream, position, error, parkedAt, waiting}`, and what helps to judge
 * it.
 */
export const Parked = z
  .object({
    id: z.string().openapi({ example: 'call_sessions.1.1309' }),
    projection: z.string().openapi({ example: 'calls' }),
    stream: z.string().openapi({ example: 'call-acme.call_5f0c2b1e' }),
    position: z.string().openapi({ description: 'In the log, of the fact that breaks.', example: '1309' }),
    revision: z.int().openapi({ description: 'In its stream.' }),
    type: z.string().openapi({ example: 'CallEnded' }),
    error: z.string().openapi({
      description: 'Names, paths, codes and places in the code; nothing of what the fact says.',
      example: 'CallEnded at call-acme.call_5f0c2b1e@2 is broken: data.endedAt invalid_type',
    }),
    parkedAt: z.iso.datetime(),
    waiting: z.int().openapi({ description: 'Later events of the stream that queue behind it.' }),
    attempts: z.int().openapi({ description: 'Redrives that have failed.' }),
    redriveRequested: z.boolean(),
  })
  .openapi('Parked');

export const ParkedDetail = Parked.extend({
  waitingFacts: z
    .array(z.object({ position: z.string(), revision: z.int(), type: z.string(), recordedAt: z.string() }))
    .openapi({ description: 'What queues behind it, the first 200.' }),
}).openapi('ParkedDetail');

export const Redriven = Parked.extend({
  outcome: z.enum(['redriven', 'still_parked', 'requested']).openapi({
    description: '`still_parked`: it breaks again, as `error` and `position` say; what stands before that is applied.',
  }),
}).openapi('ParkedRedrive');

export const parkedOf = ({ place: _, position, revision, parkedAt, ...item }: ParkedItem): z.infer<typeof Parked> => ({
  ...item,
  position: `${position}`,
  revision: Number(revision),
  parkedAt: parkedAt.toISOString(),
});

const Place = z.tuple([z.iso.datetime({ precision: 6 }), z.string().max(200)]);

export const cursorOf = (place: ParkedPlace): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** Where the page before has ended. */
export const ParkedCursor = z
  .string()
  .max(1000)
  .transform((text, context): ParkedPlace => {
    try {
      const place = Place.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
      if (!place[0].startsWith('0000') && !place[1].includes('\0')) return place;
    } catch {}
    context.addIssue({ code: 'custom', message: 'must be a nextCursor of this list' });
    return z.NEVER;
  })
  .openapi({ type: 'string', description: 'The `nextCursor` of the page before.' });
