import { trace } from '@opentelemetry/api';
import { tryGetContext } from 'hono/context-storage';
import { type DestinationStream, type Logger, pino } from 'pino';
import { originOf, safeErrorMessage } from './postgres/errors.ts';

/**
 * Structured logs on standard output, one JSON object a line (A11). Who logs names ids and reasons, never people:
 * the redaction is a second line of defence, not the first.
 */
export const createLogger = (level: string, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // What a request has logged is found by the id that its answer has, and by its trace.
      mixin: () => ({
        requestId: tryGetContext()?.get('requestId'),
        traceId: trace.getActiveSpan()?.spanContext().traceId,
      }),
      formatters: { level: (label) => ({ level: label }), log: inSnakeCase },
      serializers: { err: (error: unknown) => safeError(error) },
      redact: [
        'key',
        'secret',
        'authorization',
        'signature',
        'headers',
        '*.key',
        '*.secret',
        '*.authorization',
        '*.headers',
      ],
    },
    destination,
  );

/** Of all lines in one style, `tenant_id`, whatever the code calls it. Values stay as they are. */
function inSnakeCase(fields: Record<string, unknown>): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  for (const name in fields) named[snake(name)] = fields[name];
  return named;
}

const snake = (name: string): string => {
  let known = snakes.get(name);
  if (known === undefined) {
    known = name.replace(/(?<=[a-z\d])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    snakes.set(name, known);
  }
  return known;
};

/** The names of fields are the code's own, so they are few. */
const snakes = new Map<string, string>();

type SafeError = {
  readonly type?: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: SafeError;
};

const MAX_CAUSES = 3;

/** Leaves out the fields that quote values: Postgres puts rows into `detail`, `new URL` its text into `input`. */
function safeError(error: unknown, depth = 0): SafeError {
  const message = safeErrorMessage(error);
  if (!(error instanceof Error)) return { message };
  const { frames, ...origin } = originOf(error);
  return {
    type: error.constructor.name,
    message,
    ...origin,
    stack: frames.map((frame) => `    at ${frame}`).join('\n'),
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: safeError(error.cause, depth + 1) }),
  };
}
