import { z } from '@hono/zod-openapi';
import { isUsableId } from '../../events/identity.ts';
import { dialledNumber } from '../../model/phone.ts';
import { isPlaceholder, trimmed } from '../../model/words.ts';

/** What is asked of Retell: numbers in E.164, variables as text. */
export type CallOrder = {
  readonly fromNumber: string;
  readonly toNumber: string;
  readonly agentId?: string | undefined;
  readonly appointmentId?: string | undefined;
  readonly contactId?: string | undefined;
  readonly variables?: Readonly<Record<string, string>> | undefined;
};

const id = z
  .string()
  .transform(trimmed)
  .refine(isUsableId, { error: 'must be 1–512 bytes without control characters', abort: true })
  .refine((value) => !isPlaceholder(value), 'is a word that stands for nothing: whoever wrote it had no id')
  .openapi({ type: 'string' });
const phone = z.string().min(1).max(64).openapi({ example: '+442079460018' });
const text = z
  .string()
  .max(10_000)
  .refine((value) => value.isWellFormed(), 'must be well-formed text');
/** JSON parsing has rounded a larger number, so the agent would get another one. */
const exact = z.number().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value));
const variable = z.union([text, exact, z.boolean()], {
  error:
    'must be a string, a number within 2^53 or a boolean; write anything else as the text that the agent is to read',
});

export const CallBody = z
  .strictObject({
    fromNumber: phone.openapi({ description: 'A number of yours at Retell.' }),
    toNumber: phone.openapi({
      example: '+447700900123',
      description: "E.164, or national in the tenant's default region. Kept and dialled as E.164.",
    }),
    agentId: id.openapi({ description: 'Absent: the agent that is bound to `fromNumber`.' }),
    appointmentId: id,
    contactId: id,
    // `call:` begins the ids of sessions that nobody named.
    callSessionId: id
      .refine((value) => !value.startsWith('call:'), 'must not begin with "call:"')
      .openapi({
        description: 'One call session is dialled once, however often it is asked for. Absent: one is made.',
      }),
    variables: z
      .record(z.string().min(1).max(200), variable)
      .openapi({ description: 'Dynamic variables of the agent. Numbers and booleans are sent as text.' }),
  })
  .partial({ agentId: true, appointmentId: true, contactId: true, callSessionId: true, variables: true });
export type CallBody = z.infer<typeof CallBody>;

type OrderErrors = { readonly errors: readonly { readonly path: string; readonly message: string }[] };

/** The order that a body means, in a tenant's region; or what is wrong with its numbers. */
export function orderOf({ callSessionId: _, variables, ...body }: CallBody, region?: string): CallOrder | OrderErrors {
  const fromNumber = dialledNumber(body.fromNumber, region);
  const toNumber = dialledNumber(body.toNumber, region);
  if (fromNumber === undefined || toNumber === undefined) {
    const wrong = [...(fromNumber ? [] : ['fromNumber']), ...(toNumber ? [] : ['toNumber'])];
    return { errors: wrong.map((path) => ({ path, message: message(region) })) };
  }
  const texts = variables && Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, String(value)]));
  return { ...body, fromNumber, toNumber, ...(texts && { variables: texts }) };
}

const message = (region: string | undefined) =>
  `must be a possible phone number without extension, as +442079460018${
    region === undefined ? '; national numbers need a defaultRegion of the tenant' : ''
  }`;
