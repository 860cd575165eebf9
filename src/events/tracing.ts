import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { EventLog } from './event-log.ts';
import type { NewEvent } from './recorded.ts';

// Attributes name routes, types of events and categories of streams: never ids, numbers or texts of a tenant.

let tracer: Tracer | undefined;

/** Turns spans on for this process, or off. Off, which is how a process begins, nothing here costs anything. */
export function traceWith(given: Tracer | undefined): void {
  tracer = given;
}

/** Does work in a span below the present one, or below `parent`; an error marks it, by its type alone. */
export function inSpan<T>(
  name: string,
  { parent = context.active(), kind, attributes = {} }: { parent?: Context; kind: SpanKind; attributes?: Attributes },
  work: (describe: (name: string, attributes: Attributes) => void) => Promise<T>,
): Promise<T> {
  if (tracer === undefined) return work(() => {});
  return tracer.startActiveSpan(name, { kind, attributes }, parent, async (span): Promise<T> => {
    try {
      return await work((rest, more) => span.updateName(rest).setAttributes(more));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'Error' });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The log with a span for each append; JSON events keep it in their metadata, as W3C's `traceparent`. */
export const tracedLog = (log: EventLog): EventLog =>
  tracer === undefined
    ? log
    : {
        ...log,
        append: (stream, expected, events, withinMs) => {
          const attributes = { 'event.types': events.map(({ type }) => type) };
          const name = `append ${stream.slice(0, stream.indexOf('-'))}`;
          return inSpan(name, { kind: SpanKind.PRODUCER, attributes }, () =>
            log.append(stream, expected, events.map(withTrace), withinMs),
          );
        },
      };

function withTrace(event: NewEvent): NewEvent {
  const span = trace.getActiveSpan();
  if (!span?.isRecording() || event.data instanceof Uint8Array) return event;
  const { traceId, spanId } = span.spanContext();
  return { ...event, metadata: { ...event.metadata, traceparent: `00-${traceId}-${spanId}-01` } };
}

/** Adds to the trace of each event what was done with it since `began` (ms since 1970). */
export function spansOfEvents(
  name: string,
  events: readonly { readonly type: string; readonly metadata: unknown }[],
  began: number,
): void {
  if (tracer === undefined) return;
  for (const { type, metadata } of events) {
    const [, traceId, spanId] =
      /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec((metadata as { traceparent?: string } | null)?.traceparent ?? '') ??
      [];
    if (traceId === undefined || spanId === undefined) continue;
    const parent = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, isRemote: true });
    tracer
      .startSpan(
        `${name} ${type}`,
        { kind: SpanKind.CONSUMER, startTime: began, attributes: { 'event.type': type } },
        parent,
      )
      .end();
  }
}
