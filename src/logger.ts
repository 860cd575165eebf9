import { type Logger, pino } from 'pino';

/**
 * Structured logs on standard output, one JSON object a line (A11). Who logs names ids and reasons, never people:
 * the redaction is a second line of defence, not the first.
 */
export const createLogger = (level: string): Logger =>
  pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
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
  });
