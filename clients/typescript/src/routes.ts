import type { paths } from './schema.ts';

// What the OpenAPI document says, as types: which paths there are for a method, what each takes and what it answers.

export type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';

type OperationOf<P extends keyof paths, M extends Method> = M extends keyof paths[P] ? NonNullable<paths[P][M]> : never;

/** The paths that answer a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: [OperationOf<P, M>] extends [never] ? never : P;
}[keyof paths];

type ParametersOf<O> = O extends { readonly parameters: infer Parameters } ? Parameters : never;

/** `name`, required where something in it is, optional where all is, absent where there is none. */
type Part<Name extends string, Of> = [NonNullable<Of>] extends [never]
  ? { readonly [K in Name]?: never }
  : Record<never, never> extends NonNullable<Of>
    ? { readonly [K in Name]?: NonNullable<Of> }
    : { readonly [K in Name]: NonNullable<Of> };

type BodyOf<O> = O extends { readonly requestBody?: infer Body }
  ? NonNullable<Body> extends { readonly content: { readonly 'application/json': infer Json } }
    ? Json
    : never
  : never;

type TakesKey<O> =
  ParametersOf<O> extends { readonly header?: infer Header }
    ? 'idempotency-key' extends keyof NonNullable<Header>
      ? true
      : false
    : false;

/** What a request takes, by the document. */
export type RequestOf<P extends keyof paths, M extends Method> = Part<
  'path',
  ParametersOf<OperationOf<P, M>> extends { readonly path?: infer Path } ? Path : never
> &
  Part<'query', ParametersOf<OperationOf<P, M>> extends { readonly query?: infer Query } ? Query : never> &
  Part<'body', BodyOf<OperationOf<P, M>>> &
  (TakesKey<OperationOf<P, M>> extends true
    ? {
        /** The same key with the same body changes nothing more; with one, a lost answer is asked for again. */
        readonly idempotencyKey?: string;
      }
    : { readonly idempotencyKey?: never }) & { readonly signal?: AbortSignal };

type Json<Response> = Response extends { readonly content: { readonly 'application/json': infer Body } }
  ? Body
  : undefined;

/** What a success answers; undefined: a success without a body. */
export type AnswerOf<P extends keyof paths, M extends Method> =
  OperationOf<P, M> extends {
    readonly responses: infer Responses;
  }
    ? { [S in keyof Responses & (200 | 201 | 202 | 204)]: Json<Responses[S]> }[keyof Responses &
        (200 | 201 | 202 | 204)]
    : never;

/** The paths that answer lists page by page. */
export type ListPath = {
  [P in PathOf<'get'>]: AnswerOf<P, 'get'> extends {
    readonly items: readonly unknown[];
    readonly nextCursor: string | null;
  }
    ? P
    : never;
}[PathOf<'get'>];

/** What a list holds. */
export type ItemOf<P extends ListPath> =
  AnswerOf<P, 'get'> extends { readonly items: readonly (infer Item)[] } ? Item : never;
